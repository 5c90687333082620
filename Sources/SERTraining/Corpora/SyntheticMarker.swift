// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// What says that a folder holds speech of the library's own making: a file in it, with the settings it was made by.
///
/// `SERSyntheticSpeech` writes it; corpora are read by it, so that made-up voices never pass for recordings.
package struct SyntheticMarker: Codable, Sendable, Equatable {
    /// What ``Corpus`` calls such a corpus.
    package static let corpusName = "synthetic (TESS-shaped)"
    /// The file.
    package static let fileName = "synthetic-corpus.json"

    /// Words said by each voice in each emotion.
    package let words: Int
    /// Where all chance in the corpus comes from.
    package let seed: UInt64
    /// Changes when the synthesiser does.
    package let version: Int

    /// The marker of a corpus.
    package init(words: Int, seed: UInt64, version: Int) {
        self.words = words
        self.seed = seed
        self.version = version
    }

    /// Whether a folder says of itself that it holds a synthetic corpus, whether or not its settings can be read.
    package static func isIn(_ folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(fileName).path)
    }

    /// The marker of a folder; nil where it holds none.
    package init?(of folder: URL) {
        let file = folder.appendingPathComponent(Self.fileName)
        guard let data = try? Data(ofFile: file, most: 4095),
            let marker = try? JSONDecoder().decode(SyntheticMarker.self, from: data)
        else { return nil }
        self = marker
    }
}
