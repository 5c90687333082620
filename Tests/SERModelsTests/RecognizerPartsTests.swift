// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import Testing

/// A standardisation that leaves features as they are, but for rounding.
private func noStandardization(_ columns: Int) throws -> Standardization {
    let numbers = [
        "mean": [Double](repeating: 0, count: columns), "standardDeviation": [Double](repeating: 1, count: columns),
    ]
    return try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers))
}

/// A recognizer is made of parts that fit, and what is made can be saved and read.
@Suite struct RecognizerPartsTests {
    private static func pipeline(
        _ arrangement: FeaturePipeline.Arrangement = .sequence, seconds: Double = 1, coefficients: Int = 20
    ) -> FeaturePipeline {
        FeaturePipeline(
            extractor: MFCC(.librosa, coefficients: coefficients), span: .atMost(seconds: seconds),
            arrangement: arrangement)
    }

    private static func error(
        _ model: Model, _ pipeline: FeaturePipeline = pipeline(), columns: Int = 20,
        labels: [String] = ["a", "b", "c"], output: String? = nil
    ) throws -> RecognizerError? {
        let standardization = try noStandardization(columns)
        do throws(RecognizerError) {
            _ = try Recognizer(
                model: model, pipeline: pipeline, standardization: standardization, labels: labels, output: output)
            return nil
        } catch { return error }
    }

    @Test func partsThatDoNotFitAreErrors() throws {
        let sound = try Model(input: [.time, 20]) {
            GRU(4); Dense(3)
        }
        #expect(try Self.error(sound) == nil)
        #expect(try Self.error(sound, labels: ["a", "b"]) == .labels(count: 2, output: [3]))
        #expect(try Self.error(sound, labels: ["a", "b", "a"]) == .repeatedLabel("a"))
        #expect(try Self.error(sound, columns: 19) == .standardization(columns: 19, features: 20))
        #expect(try Self.error(sound, Self.pipeline(seconds: 0)) == .seconds(0))
        #expect(try Self.error(sound, Self.pipeline(.image)) == .imageOfAnyLength)
        let vectors = Self.pipeline(.vector([.mean]))
        #expect(try Self.error(sound, vectors) == .input(features: [20], network: [.time, 20]))
        let many = Self.pipeline(coefficients: 40)
        #expect(try Self.error(sound, many, columns: 40) == .input(features: [.time, 40], network: [.time, 20]))
        guard case .features? = try Self.error(sound, Self.pipeline(coefficients: 400), columns: 400) else {
            Issue.record("400 coefficients of 128 bands were taken")
            return
        }
        let unpooled = try Self.error(try Model(input: [.time, 20]) { Dense(3) })
        #expect(unpooled == .labels(count: 3, output: [.time, 3]))
        #expect(unpooled?.description.contains("GlobalAveragePool") == true)
        let heads = try Model(input: [.time, 20], outputs: ["one", "two"]) {
            GRU(4)
            Dense(3).named("one")
            Dense(3).named("two")
        }
        #expect(try Self.error(heads) == nil, "the first output is of the emotions")
        let renamed = try Model(input: [.time, 20], outputs: ["one", "two"]) {
            GRU(4)
            Dense(5).named("one")
            Dense(3).named("two")
        }
        #expect(try Self.error(renamed) == .labels(count: 3, output: [5]))
        #expect(try Self.error(renamed, output: "two") == nil)
        #expect(try Self.error(renamed, output: "three") == .output("three", outputs: ["one", "two"]))
        let inputs = try Model(inputs: ["a": [.time, 20], "b": [3]]) {
            GRU(3).reading("a")
            Add().reading("gru1", "b")
        }
        #expect(try Self.error(inputs) == .inputs(2))
        // A head of another size belongs to other labels.
        #expect(try Self.error(try sound.replacingHead(classes: 5)) == .labels(count: 3, output: [5]))
    }

    @Test func largeSettingsAreRefusedWhenBuiltAsWhenRead() throws {
        let least = 1 << 20
        let error = #expect(throws: ShapeError.self) { try Model(input: [2]) { Dense(1_500_000) } }
        #expect(error?.got == "units 1500000" && error?.path == "dense1")
        for layer in [
            Dense(least + 1), Reshape([.fixed(least + 1)]), GRU(least + 1), MaxPool1D(least + 1),
            TimeDistributed(Dense(least + 1)), Bidirectional(LSTM(least + 1)),
        ] as [any Layer] {
            let error = #expect(throws: ShapeError.self) { try Model(input: [.time, 2]) { Block { layer } } }
            #expect(error?.expected.contains("1048576") == true, "\(layer): \(String(describing: error))")
        }
        // What builds at the bound is read.
        let graph = try Graph(input: [1], network: Block { Dense(least) })
        let text = try JSONEncoder().encode(graph)
        #expect(try JSONDecoder().decode(Graph.self, from: text).output == [.fixed(least)])
        let larger = String(decoding: text, as: UTF8.self).replacingOccurrences(of: "\(least)", with: "\(least + 1)")
        #expect(throws: ShapeError.self) { try JSONDecoder().decode(Graph.self, from: Data(larger.utf8)) }
    }

    @Test func graphsOfSeveralInputsAreMadeAndReadByAnyone() throws {
        let graph = try Graph(
            inputs: [.init(name: "left", shape: [.time, 3]), .init(name: "right", shape: [4])], outputs: [],
            network: Block {
                GRU(4).reading("left")
                Gate().reading("gru1", "right")
            })
        let text = try JSONEncoder().encode(graph)
        let decoder = JSONDecoder()
        #expect(throws: DecodingError.self) { try decoder.decode(Graph.self, from: text) }
        decoder.userInfo = try LayerRegistry.standard.adding(Gate.self).userInfo
        #expect(try decoder.decode(Graph.self, from: text).inputs == graph.inputs)
    }
}

/// Own layers whose kind is the library's, or each other's.
@Suite struct TakenKindTests {
    private struct OwnDense: UnaryLayer {
        static let kind = "dense"
        func outputShape(for input: Shape) -> Shape { input }
        func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { x }
    }

    private struct One: UnaryLayer {
        static let kind = "own"
        func outputShape(for input: Shape) -> Shape { input }
        func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { x }
    }

    private struct Other: UnaryLayer {
        static let kind = "own"
        func outputShape(for input: Shape) -> Shape { input }
        func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { 2 * x }
    }

    @Test func aKindThatIsTakenIsRefused() throws {
        let error = #expect(throws: KindTakenError.self) { try LayerRegistry.standard.adding(OwnDense.self) }
        #expect(error?.kind == "dense" && error?.owner == "SERCore.Dense")
        #expect(throws: KindTakenError.self) { try LayerRegistry.standard.adding(One.self).adding(Other.self) }
        let twice = try LayerRegistry.standard.adding(One.self).adding(One.self)
        #expect(twice.kinds.count == LayerRegistry.standard.kinds.count + 1)
        let built = #expect(throws: ShapeError.self) {
            try Model(input: [4]) {
                OwnDense(); Dense(2)
            }
        }
        #expect(built?.path == "dense1" && built?.hint.contains("OwnDense") == true)
        #expect(throws: ShapeError.self) {
            try Model(input: [4]) {
                One(); Other(); Dense(2)
            }
        }
    }

    /// Inside another layer a kind is told when the model is saved, and nothing is written.
    @Test func aTakenKindInsideAnotherLayerIsNotSaved() throws {
        let folder = try TemporaryFolder()
        let model = try Model(input: [.time, 13]) {
            TimeDistributed(OwnDense()); GRU(2)
        }
        let recognizer = try Recognizer(
            model: model,
            pipeline: FeaturePipeline(for: [.time, 13], extractor: MFCC(.librosa, coefficients: 13), seconds: 1),
            standardization: noStandardization(13),
            labels: ["a", "b"])
        let file = folder.path("model.safetensors")
        let error = #expect(throws: ModelFileError.self) { try recognizer.save(to: file) }
        guard case .unwritable(_, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("'dense'") && !FileManager.default.fileExists(atPath: file.path), "\(reason)")
    }

    @Test func anUnknownLayerInsideAnotherIsNamed() throws {
        let folder = try TemporaryFolder()
        let model = try Model(input: [.time, 13]) {
            TimeDistributed(One()).named("inside"); GRU(2)
        }
        let file = folder.path("model.safetensors")
        try Recognizer(
            model: model,
            pipeline: FeaturePipeline(for: [.time, 13], extractor: MFCC(.librosa, coefficients: 13), seconds: 1),
            standardization: noStandardization(13),
            labels: ["a", "b"]
        ).save(to: file)
        let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
        #expect(
            error == .unknownLayer(path: file.path, layer: "inside", kind: "own", known: LayerRegistry.standard.kinds))
        #expect(try Recognizer(contentsOf: file, layers: .standard.adding(One.self)).labels == ["a", "b"])
    }
}
