// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERTraining

/// Manifests in CSV, whose files are there or not.
struct ManifestTarget: FuzzTarget {
    private let file: InputFile

    init() throws {
        file = try InputFile("input.csv")
        let clip = AudioClip(samples: [Float](repeating: 0.1, count: 400), sampleRate: 8000)
        for name in ["a.wav", "b.wav"] {
            try AudioFile.write(clip, to: file.folder.appendingPathComponent(name), format: .wav16)
        }
    }

    func read(_ bytes: UnsafeRawBufferPointer) {
        file.fill(bytes)
        do throws(CorpusError) {
            let corpus = try Corpus.manifest(at: file.url, strict: bytes.count % 2 == 0)
            expect(!corpus.clips.isEmpty, "a corpus without clips")
            expect(corpus.clips.allSatisfy { !$0.emotion.isEmpty }, "a clip without a label")
        } catch { expect(!error.description.isEmpty, "an error without words") }
    }
}
