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
        } catch { expect(error.description.contains(file.url.lastPathComponent), error.description) }
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
