// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERInterchange
import SERModels
import Testing

/// The files that onnx_forms.py made, with the logits that PyTorch or onnxruntime gives.
private enum Forms {
    struct Case: Decodable {
        let files: [String]
        let input: [Float]
        let shape: [Int]
        let logits: [Double]

        func difference(_ model: Model) -> Double {
            let logits = model(Tensor(input, shape: shape)).scalars
            guard logits.count == self.logits.count else { return .infinity }
            return zip(logits, self.logits).map { abs(Double($0) - $1) }.max() ?? .infinity
        }
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/interchange/forms")

    static func read() throws -> [String: Case] {
        try JSONDecoder().decode(
            [String: Case].self, from: Data(contentsOf: folder.appendingPathComponent("forms.json")))
    }

    static func recognizer(_ file: String) throws -> Recognizer {
        let numbers = ["mean": [Double](repeating: 0, count: 6), "standardDeviation": [Double](repeating: 1, count: 6)]
        let parts = RecognizerParts(
            features: MFCC(.librosa, coefficients: 3), seconds: 1,
            standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
            labels: ["a", "b", "c"])
        return try Recognizer(contentsOfONNX: folder.appendingPathComponent(file), parts: parts)
    }
}

@Suite struct ONNXFormsTests {
    /// The files that onnx_refused.py made.
    @Test(arguments: [
        ("constant-twice", "two constants are called 'w'"), ("output-twice", "'h2' is there before it"),
        ("slope-nan", "one of its settings is not a number"), ("variance-negative", "it holds a negative variance"),
    ]) func whatContradictsItselfIsRefused(_ name: String, _ reason: String) {
        let file = Forms.folder.deletingLastPathComponent().appendingPathComponent("refused/\(name).onnx")
        let error = #expect(throws: InterchangeError.self) { try Model(contentsOfONNX: file) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        "mean-over-time", "max-over-time", "average-over-time", "viewed", "viewed-by-parts", "mean-of-width",
        "max-of-height", "mean-of-channels", "pooled", "folding",
    ]) func everyFormOfANetworkIsRead(_ name: String) throws {
        let form = try #require(try Forms.read()[name])
        for file in form.files {
            let model = try Model(contentsOfONNX: Forms.folder.appendingPathComponent(file))
            #expect(form.difference(model) < 1e-5, "\(file)")
        }
    }

    @Test(arguments: ["softmax", "log-softmax"]) func aLastSoftmaxOrItsLogarithmIsLeftOut(_ name: String) throws {
        let form = try #require(try Forms.read()[name])
        #expect(form.files.count == 3)
        for file in form.files { #expect(form.difference(try Forms.recognizer(file).model) < 1e-5, "\(file)") }
    }

    @Test func aLogarithmThatMustStayIsRefused() throws {
        for file in try #require(try Forms.read()["log-softmax"]).files {
            let error = #expect(throws: InterchangeError.self) {
                try Model(contentsOfONNX: Forms.folder.appendingPathComponent(file))
            }
            guard case .node(_, _, "LogSoftmax", _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test func aLastSigmoidIsNoLogit() throws {
        for file in try #require(try Forms.read()["sigmoid"]).files {
            let error = #expect(throws: InterchangeError.self) { try Forms.recognizer(file) }
            #expect(error?.description.contains("export it without the sigmoid") == true, "\(error?.description ?? "")")
            // As a network by itself it is what it is.
            #expect(try Model(contentsOfONNX: Forms.folder.appendingPathComponent(file)).graph.output == [3])
        }
    }
}
