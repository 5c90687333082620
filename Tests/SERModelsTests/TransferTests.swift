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

    @Test func knownClassesKeepTheirRows() throws {
        var model = try network(classes: 3, seed: 1)
        try model.freeze("features")
        let known = ["a", "b", "c"], labels = ["c", "new", "a", "x"]
        let mine = try model.replacingHead(labels: labels, knowing: known, seed: 5)
        let fresh = try model.replacingHead(classes: 4, seed: 5)
        func row(_ model: Model, _ place: Int) -> [Float] {
            Array(model.parameters["head.weight"].scalars[place * 5..<(place + 1) * 5])
                + [model.parameters["head.bias"].scalars[place]]
        }
        #expect(row(mine, 0) == row(model, 2) && row(mine, 2) == row(model, 0))
        #expect(row(mine, 1) == row(fresh, 1) && row(mine, 3) == row(fresh, 3))
        #expect(mine.frozenPaths == model.frozenPaths)
        let (before, after) = (model(x).scalars, mine(x).scalars)
        func near(_ a: [Float], _ b: [Float]) -> Bool {
            zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 } && a.count == b.count
        }
        #expect(near([after[0], after[2], after[4], after[6]], [before[2], before[0], before[5], before[3]]))
        // The same classes in another order are the same network with its outputs exchanged; in their order, itself.
        let turned = try model.replacingHead(labels: ["b", "a", "c"], knowing: known)
        #expect(near(turned(x).scalars, [1, 0, 2, 4, 3, 5].map { before[$0] }))
        #expect(try model.replacingHead(labels: known, knowing: known).parameters.paths == model.parameters.paths)
        let misfit = #expect(throws: ShapeError.self) { try model.replacingHead(labels: labels, knowing: ["a"]) }
        #expect(misfit?.path == "head")
    }

    @Test func aChoiceFreezesJustWhatItSays() throws {
        var model = try network(classes: 3, seed: 1)
        try model.freeze("rnn")
        try model.freeze(.allButHead)
        #expect(model.frozenPaths.count == 10 && !model.frozenPaths.contains { $0.hasPrefix("head") })
        try model.freeze(.paths(["features"]))
        #expect(model.frozenPaths.count == 6 && model.frozenPaths.allSatisfy { $0.hasPrefix("features.") })
        #expect(throws: UnknownPathError.self) { try model.freeze(.paths(["rnn", "featurs"])) }
        #expect(model.frozenPaths.count == 6, "a refused choice changes nothing")
        try model.freeze(.nothing)
        #expect(model.frozenPaths.isEmpty)
        var headless = try Model(input: [.time, 6]) { LSTM(5) }
        #expect(throws: ShapeError.self) { try headless.freeze(.allButHead) }
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
