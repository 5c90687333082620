// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport
import SERTestSupport
import SERTraining

/// Noise of two colours by four speakers, each recorded at a level of their own, in more clips than it takes for a voice
/// to stand alone.
struct SpeakerRecordings {
    static let count = 96

    let folder: TemporaryFolder
    let corpus: Corpus

    /// The places of the clips of some speakers.
    static func clips(of speakers: Set<Int>) -> [Int] { (0..<count).filter { speakers.contains($0 / 2 % 4) } }

    /// - Parameters:
    ///   - louder: What the fourth speaker's samples are multiplied by.
    ///   - prefix: Before every speaker's name.
    init(louder: Float = 1, prefix: String? = "speaker") throws {
        folder = try TemporaryFolder()
        var clips: [Clip] = []
        for index in 0..<Self.count {
            let label = index % 2 == 0 ? "dull" : "bright", speaker = index / 2 % 4
            let level = Float([0.1, 0.2, 0.05, 0.1][speaker]) * (speaker == 3 ? louder : 1)
            var words = RandomKey(seed: UInt64(index)).generator
            var last: Float = 0
            let samples = (0..<3000 + index % 32 * 40).map { _ in
                let white = Float(words.next() >> 40) / Float(1 << 23) - 1
                last = label == "dull" ? 0.7 * last + 0.3 * white : white - 0.3 * last
                return level * last
            }
            let file = try folder.makeFolder(of: "\(label)\(index).wav")
            try AudioFile.write(AudioClip(samples: samples, sampleRate: 8000), to: file, format: .wavFloat)
            clips.append(
                Clip(
                    path: file, emotion: label, speaker: prefix.map { "\($0) \(speaker)" }, duration: 0.4,
                    sampleRate: 8000, corpus: "noise"))
        }
        corpus = Corpus(name: "noise", clips: clips)
    }

    /// Two speakers train, one validates, one tests.
    var split: DataSplit {
        get throws {
            try DataSplit(
                corpus: corpus, train: Self.clips(of: [0, 1]), validation: Self.clips(of: [2]),
                test: Self.clips(of: [3]))
        }
    }

    func only(_ indices: [Int]) -> Partition {
        Partition(.test, of: Corpus(name: "noise", clips: indices.map { corpus.clips[$0] }))
    }
}
