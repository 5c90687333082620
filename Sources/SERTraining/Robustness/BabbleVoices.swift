// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

/// The voices that babble is made of: some decoded clips of each speaker of a corpus.
struct BabbleVoices: Sendable {
    /// All that is kept in memory, in clips, and of each clip in seconds.
    static let mostClips = 60
    static let mostSeconds = 5.0

    private let ofSpeaker: [GroupIdentity: [AudioClip]]
    private let speakers: [GroupIdentity]
    /// Chosen clips that cannot be read, and why.
    let unheard: [RobustnessResults.Failure]

    /// Decodes voices of a corpus, as many of each speaker.
    init(_ corpus: Corpus, key: RandomKey) {
        var generator = key.generator
        let spoken = corpus.clips.compactMap { clip in clip.identity(by: .speaker).map { (speaker: $0, clip: clip) } }
        let known = Dictionary(grouping: spoken, by: \.speaker)
        let names = Array(generator.shuffled(known.keys.sorted()).prefix(Self.mostClips))
        let each = max(1, Self.mostClips / max(1, names.count))
        var chosen: [(speaker: GroupIdentity, clip: Clip)] = []
        for name in names { chosen += generator.shuffled(known[name] ?? []).prefix(each) }
        let clips = chosen.map(\.clip)
        let decoded = parallelMap(clips.count) { index in
            Result { () throws(AudioError) in try clips[index].sound(duration: Self.mostSeconds) }
        }
        var voices: [GroupIdentity: [AudioClip]] = [:]
        var unheard: [RobustnessResults.Failure] = []
        for (choice, clip) in zip(chosen, decoded) {
            switch clip {
            // Silence is no voice.
            case .success(let clip):
                if clip.activeSpeechLevel != nil { voices[choice.speaker, default: []].append(clip) }
            case .failure(let error):
                unheard.append(.init(clip: choice.clip.path.lastPathComponent, reason: error.description))
            }
        }
        ofSpeaker = voices
        self.unheard = unheard
        speakers = voices.keys.sorted()
    }

    /// Why a clip cannot be given babble of others' voices; nil where all can.
    static func obstacle(_ clips: [Clip], in corpus: Corpus) -> String? {
        let unknown = clips.count { $0.identity(by: .speaker) == nil }
        if unknown > 0 {
            return "babble is made of the voices of others, and the speaker of \(unknown) "
                + "\(unknown == 1 ? "clip" : "clips") is not known"
        }
        guard Set(corpus.clips.compactMap { $0.identity(by: .speaker) }).count > 1 else {
            return "babble is made of the voices of others, and the corpus has one speaker"
        }
        return nil
    }

    /// `count` clips of others than the clip's own speaker, of as many speakers as there are; fewer where there are
    /// fewer.
    func others(than clip: Clip, count: Int, key: RandomKey) -> [AudioClip] {
        var generator = key.generator
        let own = clip.identity(by: .speaker)
        let others = generator.shuffled(speakers.filter { $0 != own })
        var rest = others.map { generator.shuffled(ofSpeaker[$0] ?? []) }
        var chosen: [AudioClip] = []
        while chosen.count < count, rest.contains(where: { !$0.isEmpty }) {
            for place in rest.indices where chosen.count < count {
                if let voice = rest[place].popLast() { chosen.append(voice) }
            }
        }
        return chosen
    }
}
