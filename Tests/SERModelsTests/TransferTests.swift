// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels
import Testing

/// Weights move between models, and heads are replaced.
@Suite struct TransferTests {
    private func network(classes: Int, seed: UInt64, depth: Int = 1) throws -> Model {
        try Model(input: [.time, 6], seed: seed) {
            Block("features") {
                Conv1D(8, kernel: 3, padding: .same); BatchNorm(); ReLU()
            }
            LSTM(5, layers: depth).named("rnn")
            Dense(classes).named("head")
            Dropout(0.2)
        }
    }

    private let x = Tensor.normal([2, 7, 6], key: RandomKey(seed: 9))

    @Test func everythingMovesOrNothing() throws {
        let source = try network(classes: 3, seed: 1)
        var model = try network(classes: 3, seed: 2)
        #expect(model(x).scalars != source(x).scalars)
        let report = try model.transfer(from: source)
        #expect(report.isComplete && report.matched.count == 12)
        #expect(model(x).scalars == source(x).scalars)

        var other = try network(classes: 4, seed: 3, depth: 2)
        let before = other(x).scalars
        let error = #expect(throws: TransferError.self) { try other.transfer(from: source) }
        #expect(error?.report.missing == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map { "rnn.\($0)_l1" })
        #expect(error?.report.mismatched.map(\.path) == ["head.weight", "head.bias"])
        #expect(error?.report.mismatched.first?.expected == [4, 5] && error?.report.mismatched.first?.got == [3, 5])
        #expect(error?.description.contains("rnn.weight_ih_l1") == true)
        #expect(other(x).scalars == before, "a refused transfer changes nothing")
        var back = source
        #expect(throws: TransferError.self) { try back.transfer(from: other) }

        let lenient = try other.transfer(from: source, isStrict: false)
        #expect(lenient.matched.count == 10 && !lenient.isComplete)
        #expect(other.parameters["rnn.weight_hh_l0"].scalars == source.parameters["rnn.weight_hh_l0"].scalars)
        let reverse = try back.transfer(from: other, isStrict: false)
        #expect(reverse.unexpected.count == 4)
    }

    @Test func partsAndOtherNames() throws {
        var source = try network(classes: 3, seed: 1)
        source.state["features.batchNorm1.running_mean"] = Tensor.full([8], 0.5)
        var model = try network(classes: 9, seed: 2)
        let report = try model.transfer(from: source, under: "features")
        #expect(report.matched.count == 6 && report.isComplete)
        #expect(model.state["features.batchNorm1.running_mean"].scalars == [Float](repeating: 0.5, count: 8))
        #expect(model.parameters["rnn.weight_hh_l0"].scalars != source.parameters["rnn.weight_hh_l0"].scalars)
        #expect(throws: TransferError.self) { try model.transfer(from: source, under: "featurs") }

        let weights: Parameters = [
            "lstm.weight": Tensor.full([9, 5], 2), "lstm.b": Tensor.full([9], 3), "extra": Tensor(1),
        ]
        let named = try model.transfer(
            from: weights, under: "head", renaming: ["lstm": "head", "lstm.b": "head.bias"])
        #expect(named.matched == ["head.weight", "head.bias"])
        #expect(model.parameters["head.bias"].scalars == [Float](repeating: 3, count: 9))
        // Two that come to one name.
        let clash = #expect(throws: TransferError.self) {
            try model.transfer(from: weights, under: "head", renaming: ["lstm": "head", "lstm.b": "head.weight"])
        }
        #expect(clash?.report.isComplete == false)
    }

    @Test func headsAreReplaced() throws {
        var model = try network(classes: 3, seed: 1)
        try model.freeze("features", "head.bias")
        let wider = try model.replacingHead(classes: 8, seed: 5)
        #expect(wider.graph.output == [8] && wider.parameters["head.weight"].shape == [8, 5])
        for path in model.parameters.paths where !path.hasPrefix("head") {
            #expect(wider.parameters[path].scalars == model.parameters[path].scalars, "\(path)")
        }
        #expect(wider.frozenPaths == model.frozenPaths.filter { $0 != "head.bias" })
        #expect(wider.parameters["head.bias"].scalars.contains { $0 != 0 })
        let same = try network(classes: 8, seed: 5)
        #expect(
            wider.parameters["head.weight"].scalars == same.parameters["head.weight"].scalars, "fresh from the seed")

        let gru = try model.replacing("rnn", with: GRU(5), seed: 2)
        #expect(
            gru.parameters.contains("rnn.weight_ih_l0")
                && gru.parameters["head.weight"].scalars
                    == model.parameters["head.weight"].scalars
        )
        let misfit = #expect(throws: ShapeError.self) { try model.replacing("rnn", with: GRU(6)) }
        #expect(misfit?.path == "head.weight" && misfit?.hint.contains("'rnn'") == true)
        let unknown = #expect(throws: ShapeError.self) { try model.replacing("hed", with: Dense(2)) }
        #expect(unknown?.hint == "Did you mean 'head'?")
        let headless = try Model(input: [.time, 6]) { LSTM(5) }
        #expect(throws: ShapeError.self) { try headless.replacingHead(classes: 2) }
        #expect(throws: ShapeError.self) { try model.replacingHead(classes: 0) }
    }
}
