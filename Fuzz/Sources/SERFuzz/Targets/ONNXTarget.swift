import Foundation
import SERInterchange
import SERModels

/// ONNX files.
struct ONNXTarget: FuzzTarget {
    private let file: InputFile

    init() throws { file = try InputFile("input.onnx") }

    func read(_ bytes: UnsafeRawBufferPointer) {
        file.fill(bytes)
        do throws(InterchangeError) {
            let model = try Model(contentsOfONNX: file.url)
            let isFinite = model.parameters.tensors.allSatisfy { $0.scalars.allSatisfy(\.isFinite) }
            expect(isFinite, "weights that are not finite")
        } catch { expect(!error.description.isEmpty, "an error without words") }
    }

    func seeds() throws -> [String: Data] {
        try Networks.all().mapValues { try $0.onnx() }
    }
}
