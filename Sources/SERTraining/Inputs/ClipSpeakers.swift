// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// Who speaks in the clips of one part of a split.
struct ClipSpeakers: Sendable {
    /// For each clip, the place of its speaker, in the order in which they first occur.
    let places: [Int]
    /// For each speaker, the clips.
    let clips: [[Int]]

    /// - Throws: ``TrainingError/setting(_:)`` for a clip whose speaker is not known.
    init(of clips: [Clip]) throws(TrainingError) {
        var known: [GroupIdentity: Int] = [:]
        var places: [Int] = []
        for clip in clips {
            guard let speaker = clip.identity(by: .speaker) else { throw .unknownSpeaker(of: clip) }
            let place = known[speaker] ?? known.count
            known[speaker] = place
            places.append(place)
        }
        self.init(places: places, count: known.count)
    }

    private init(places: [Int], count: Int) {
        var members = [[Int]](repeating: [], count: count)
        for (clip, place) in places.enumerated() { members[place].append(clip) }
        self.places = places
        self.clips = members
    }

    /// Those of the clips at some places, which then have the places of the list.
    func only(_ clips: [Int]) -> ClipSpeakers {
        ClipSpeakers(places: clips.map { places[$0] }, count: self.clips.count)
    }
}

/// What a network knows of the speakers of a part once it has heard all their clips there; labels are not looked at.
struct SpeakerStates {
    /// For each clip, the place of its speaker.
    let places: [Int]
    /// For each speaker, the network's running state.
    let states: [Parameters]

    /// Those of some of the clips.
    func only(_ clips: some Sequence<Int>) -> SpeakerStates {
        SpeakerStates(places: clips.map { places[$0] }, states: states)
    }

    private init(places: [Int], states: [Parameters]) {
        self.places = places
        self.states = states
    }

    /// - Parameters:
    ///   - model: A network that normalises by speaker.
    ///   - examples: The clips of the part.
    ///   - speakers: Who speaks in them.
    init(of model: Model, hearing examples: Examples, by speakers: ClipSpeakers) {
        places = speakers.places
        states = speakers.clips.map { clips in
            var voice = Voice()
            for batch in BatchOrder(evaluating: examples, clips: clips, batchSize: Model.evaluatedTogether).batches {
                voice.hear(embeddings: model.embeddings(of: examples.batch(batch)))
            }
            return model.state(for: voice)
        }
    }
}

extension Partition {
    /// Makes sure, before any sound is read, that every clip's speaker is known where that decides what the network reads.
    func checkSpeakers(for model: Model, _ scope: Standardization.Scope) throws(TrainingError) {
        guard scope == .speaker || model.normalizesSpeakers, let clip = clips.first(where: { $0.speaker == nil })
        else { return }
        throw .unknownSpeaker(of: clip)
    }
}

extension TrainingError {
    fileprivate static func unknownSpeaker(of clip: Clip) -> TrainingError {
        .setting(
            "nobody says who speaks in \(clip.name), and voices are standardised by speaker: name the speaker of every "
                + "clip in a manifest, or use a network that is trained with features standardised by corpus or by clip"
        )
    }
}
