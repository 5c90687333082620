// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERTraining

/// Two kinds of tones that differ in pitch, a few clips of each, of different lengths.
package struct ToneCorpus {
    package let folder: TemporaryFolder
    package let corpus: Corpus

    package init(clips: Int = 24) throws {
        folder = try TemporaryFolder()
        for index in 0..<clips {
            let label = index % 2 == 0 ? "low" : "high"
            let pitch = (label == "low" ? 200.0 : 900) + Double(index) * 7
            let count = 2400 + index * 137
            let samples = (0..<count).map { Float(0.3 * sin(2 * .pi * pitch * Double($0) / 8000)) }
            let file = try folder.makeFolder(of: "\(label)/clip\(index).wav")
            try AudioFile.write(AudioClip(samples: samples, sampleRate: 8000), to: file)
        }
        corpus = try Corpus.folders(at: folder.url)
    }

    package var split: DataSplit {
        get throws { try corpus.split(.stratified(train: 0.6, validation: 0.2, test: 0.2), seed: 1) }
    }
}
