// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport
import SERTraining

/// A file or folder that could not be written, and why.
public typealias FileWriteError = SERSupport.FileWriteError

/// The folder that a comparison fills: `results.json`, and for each network a figure and the model itself.
///
/// Every file appears whole or not at all.
public struct ComparisonFolder: Sendable {
    /// The folder.
    public let url: URL

    /// A folder that is there, or is made now, and can be written.
    ///
    /// - Throws: ``FileWriteError``, before any training.
    public init(at url: URL) throws(FileWriteError) {
        try AtomicFile.prepare(folder: url)
        self.url = url
    }

    /// Writes `results.json`.
    public func write(_ results: ComparisonResults) throws {
        try AtomicFile.write(try results.json(), to: url.appendingPathComponent("results.json"))
    }

    /// Writes the figure and the model of one network, such as `gru.svg` and `gru.safetensors`. What file names cannot
    /// hold of a candidate's name is percent-encoded.
    public func write(_ outcome: Comparison.Outcome) throws {
        let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_ "))
        let name = outcome.name.addingPercentEncoding(withAllowedCharacters: plain) ?? outcome.name
        let figure = TrainingFigure(
            title: "\(outcome.name.uppercased()): test accuracy \(outcome.entry.testAccuracy.fixed(4))",
            history: outcome.trained.history)
        try AtomicFile.write(Data(figure.svg.utf8), to: url.appendingPathComponent("\(name).svg"))
        try outcome.recognizer.save(to: url.appendingPathComponent("\(name).safetensors"))
    }
}
