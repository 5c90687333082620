// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERInterchange
import SERModels

/// ONNX files, of networks and of recognizers.
struct ONNXTarget: FuzzTarget {
    private let file: InputFile
    private let parts: RecognizerParts

    init() throws {
        file = try InputFile("input.onnx")
        guard let recognizer = try Networks.recognizers()["recurrent"] else {
            throw FuzzFailure("there is no such network")
        }
        parts = RecognizerParts(of: recognizer)
    }

    func read(_ bytes: UnsafeRawBufferPointer) {
        file.fill(bytes)
        do throws(InterchangeError) {
            let model: Model
            switch bytes.count % 4 {
            case 0: model = try Recognizer(contentsOfONNX: file.url).model
            case 1: model = try Recognizer(contentsOfONNX: file.url, parts: parts).model
            default: model = try Model(contentsOfONNX: file.url)
            }
            let isFinite = model.parameters.tensors.allSatisfy { $0.scalars.allSatisfy(\.isFinite) }
            expect(isFinite, "weights that are not finite")
        } catch { expect(!error.description.isEmpty, "an error without words") }
    }

    func seeds() throws -> [String: Data] {
        var seeds = try Networks.all().mapValues { try $0.onnx() }
        for (name, recognizer) in try Networks.recognizers() {
            try recognizer.exportONNX(to: file.url)
            seeds["\(name)-recognizer"] = try Data(contentsOf: file.url)
        }
        return seeds
    }
}
