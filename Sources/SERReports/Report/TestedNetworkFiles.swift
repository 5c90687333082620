// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport
import SERTraining

extension TestedNetwork {
    /// Writes the figure of the training and the model into a folder, such as `gru.svg` and `gru.safetensors`, each whole
    /// or not at all. What file names cannot hold of the network's name is percent-encoded.
    /// - Throws: `FileWriteError` or `ModelFileError`.
    public func write(to folder: URL) throws {
        let name = fileName(for: name)
        let figure = TrainingFigure(
            title: "\(self.name.uppercased()): test accuracy \(test.metrics.accuracy.fixed(4))",
            history: trained.history)
        try AtomicFile.write(Data(figure.svg.utf8), to: folder.appendingPathComponent("\(name).svg"))
        try recognizer.save(to: folder.appendingPathComponent("\(name).safetensors"))
    }
}
