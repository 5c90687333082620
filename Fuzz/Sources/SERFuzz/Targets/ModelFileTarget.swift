// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels

/// Model files: the safetensors container, its header and the metadata in it.
struct ModelFileTarget: FuzzTarget {
    private let file: InputFile

    init() throws { file = try InputFile("input.safetensors") }

    func read(_ bytes: UnsafeRawBufferPointer) {
        file.fill(bytes)
        do throws(ModelFileError) {
            let recognizer = try Recognizer(contentsOf: file.url)
            let isFinite = recognizer.model.parameters.tensors.allSatisfy { $0.scalars.allSatisfy(\.isFinite) }
            expect(isFinite, "weights that are not finite")
            expect(!recognizer.labels.isEmpty, "no labels")
            if bytes.count % 8 == 0 { try writeAndRead(recognizer) }
        } catch { expect(error.description.contains(file.url.lastPathComponent), error.description) }
    }

    /// What was read can be written, and is read again as it was.
    private func writeAndRead(_ recognizer: Recognizer) throws(ModelFileError) {
        try recognizer.save(to: file.url)
        let again = try Recognizer(contentsOf: file.url)
        expect(again.labels == recognizer.labels, "other labels")
        let pairs = zip(again.model.parameters.tensors, recognizer.model.parameters.tensors)
        expect(pairs.allSatisfy { $0.scalars == $1.scalars }, "other weights")
    }

    func seeds() throws -> [String: Data] {
        var seeds: [String: Data] = [:]
        for (name, recognizer) in try Networks.recognizers() {
            try recognizer.save(to: file.url)
            seeds[name] = try Data(contentsOf: file.url)
        }
        return seeds
    }
}
