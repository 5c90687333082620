// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Layers that hold others, beside their agreement with PyTorch (LayerParityTests) and their being blind to padding
/// (PaddingPropertyTests).
struct WrapperTests {

    /// Statistics of a batch normalisation at each step are those of the valid steps alone, and its state moves by
    /// them.
    @Test func timeDistributedNormalisesValidStepsOnly() throws {
        let x = Tensor.normal([3, 5, 4], key: RandomKey(seed: 1))
        let lengths = [5, 1, 3]
        let spoilt = `where`(validity([3, 5, 4], lengths, 1), x, Tensor(100))
        let runner = try LayerRunner(TimeDistributed(BatchNorm()), input: [.time, 4], seed: 2)
        let inner = try LayerRunner(BatchNorm(), input: [4], seed: 2)
        let training = Mode.training(RandomKey(seed: 3))
        let (found, state) = runner.run(Signal(spoilt, lengths: lengths, timeAxis: 1), mode: training)
        let (packed, expected) = inner.run(Signal(packingSteps(x, lengths: lengths)), mode: training)
        #expect(packingSteps(found.values, lengths: lengths).scalars == packed.values.scalars)
        #expect(state["running_mean"].scalars == expected["running_mean"].scalars)
        #expect(state["running_var"].scalars == expected["running_var"].scalars)
        #expect(state["running_var"].scalars != [1, 1, 1, 1])
    }

    @Test func bidirectionalCarriesTheStateOfBothWays() throws {
        let runner = try LayerRunner(Bidirectional(BatchNorm(), merge: .mean), input: [.time, 4], seed: 4)
        #expect(runner.state.paths == ["running_mean", "running_var", "running_mean_reverse", "running_var_reverse"])
        let x = Signal(Tensor.normal([3, 5, 4], mean: 2, key: RandomKey(seed: 5)), lengths: [5, 1, 3], timeAxis: 1)
        let (output, state) = runner.run(x, mode: .training(RandomKey(seed: 6)))
        // The same values in another order have the same mean, and both ways are the same layer here.
        let means = state["running_mean"].scalars.map { Double($0) }
        expectClose(state["running_mean_reverse"].scalars, means, relativeToMaximum: 1e-5)
        #expect(state["running_mean"].scalars.allSatisfy { $0 > 0.05 })
        #expect(output.values.shape == [3, 5, 4])
    }

    @Test func wrappersHoldWrappers() throws {
        let layer = Bidirectional(TimeDistributed(Dense(4)), merge: .sum)
        let decoder = JSONDecoder()
        let text = try JSONEncoder().encode(layer)
        let copy = try decoder.decode(Bidirectional.self, from: text)
        let inner = try #require(copy.layer as? TimeDistributed)
        #expect((inner.layer as? Dense)?.units == 4 && copy.merge == .sum)
    }

    /// A file may nest wrappers as deep as its decoder goes; that must neither hang nor end the program.
    @Test func deepNestsAreReadOrRefusedAtOnce() throws {
        func nested(_ kind: String, _ rest: String, depth: Int) -> Data {
            let open = "{\(rest)\"inner\":{\"kind\":\"\(kind)\",\"configuration\":"
            let last = "{\(rest)\"inner\":{\"kind\":\"relu\",\"configuration\":{}}}"
            let text = String(repeating: open, count: depth) + last + String(repeating: "}}", count: depth)
            return Data(text.utf8)
        }
        let both = try JSONDecoder().decode(
            Bidirectional.self, from: nested("bidirectional", "\"merge\":\"sum\",", depth: 100))
        #expect(throws: ShapeError.self) { try both.outputShape(for: [.time, 4]) }
        let steps = try JSONDecoder().decode(TimeDistributed.self, from: nested("timeDistributed", "", depth: 100))
        #expect(throws: ShapeError.self) { try steps.outputShape(for: [.time, 4]) }
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(TimeDistributed.self, from: nested("timeDistributed", "", depth: 100_000))
        }
    }

    /// Layers of a user's own inside a wrapper come from the registry, and are named when it lacks them.
    @Test func wrappersReadTheRegistry() throws {
        let data = try JSONEncoder().encode(TimeDistributed(Recurrent(MinimalGatedUnit(units: 3))))
        let error = #expect(throws: DecodingError.self) { try JSONDecoder().decode(TimeDistributed.self, from: data) }
        #expect("\(String(describing: error))".contains("minimalGatedUnit"))
        let decoder = JSONDecoder()
        decoder.userInfo = try LayerRegistry.standard.adding(Recurrent<MinimalGatedUnit>.self).userInfo
        let copy = try decoder.decode(TimeDistributed.self, from: data)
        #expect((copy.layer as? Recurrent<MinimalGatedUnit>)?.cell.units == 3)
    }

    @Test func shapesThatCannotWorkAreErrors() throws {
        let misfits: [(any Layer, Shape)] = [
            (TimeDistributed(Dense(4)), [.time]), (TimeDistributed(Dense(4)), [1, 40, .time]),
            (TimeDistributed(GRU(4)), [.time, 40]), (TimeDistributed(Dense(0)), [.time, 40]),
            (Bidirectional(Dense(4)), [40]), (Bidirectional(Dense(4)), [1, 40, 130]),
            (Bidirectional(GRU(4, bidirectional: .sum)), [.time, 40]), (Bidirectional(GRU(0)), [.time, 40]),
        ]
        for (layer, input) in misfits {
            #expect(throws: ShapeError.self, "\(layer) on \(input)") { try layer.outputShape(for: [input]) }
        }
        #expect(try TimeDistributed(Flatten()).outputShape(for: [.time, 5, 2] as Shape) == [.time, 10])
        #expect(try TimeDistributed(GRU(4)).outputShape(for: [9, 30, 2] as Shape) == [9, 4])
        #expect(try Bidirectional(GRU(4)).outputShape(for: [130, 40] as Shape) == [8])
        #expect(try Bidirectional(GRU(4, output: .allSteps)).outputShape(for: [130, 40] as Shape) == [130, 8])
        #expect(try Bidirectional(Conv2D(4, kernel: 3)).outputShape(for: [1, 40, .time] as Shape) == [8, 38, .time])
    }

    /// A sequence of fixed length is read both ways as one of unknown length is.
    @Test func bidirectionalOverAFixedNumberOfSteps() throws {
        let layer = Bidirectional(GRU(4, output: .allSteps))
        let x = Tensor.normal([2, 6, 3], key: RandomKey(seed: 7))
        let fixed = try LayerRunner(layer, input: [6, 3], seed: 8).run(Signal(x)).output.values
        let timed = try LayerRunner(layer, input: [.time, 3], seed: 8).run(Signal(x, timeAxis: 1)).output.values
        #expect(fixed.scalars == timed.scalars)
    }

    @Test func aLambdaChangesShapesAsItStates() throws {
        let layer = Lambda(outputShape: { Shape($0.dimensions + [1]) }) { $0.expandingDimension(at: -1) }
        #expect(try layer.outputShape(for: [.time, 3] as Shape) == [.time, 3, 1])
        let output = try LayerRunner(layer, input: [.time, 3], seed: 1)
            .run(Signal(Tensor.ones([2, 4, 3]), lengths: [4, 2], timeAxis: 1)).output
        #expect(output.values.shape == [2, 4, 3, 1] && output.lengths == [4, 2] && output.timeAxis == 1)
        let refusing = Lambda(outputShape: { (shape: Shape) throws(ShapeError) -> Shape in
            guard shape.rank == 1 else {
                throw ShapeError(layer: "mine", expected: "[features]", got: "\(shape)", hint: "Pool first.")
            }
            return shape
        }) { $0 }
        #expect(throws: ShapeError.self) { try refusing.outputShape(for: [.time, 3] as Shape) }
        try checkGradients(at: [Tensor.normal([2, 4, 3], key: RandomKey(seed: 2))]) { x in
            var context = Context(
                mode: .inference, parameters: Parameters([]), state: Parameters([]),
                scope: LayerScope(path: "lambda1", parameters: [], states: []))
            return Lambda { $0 * sigmoid($0) }(Signal(x[0], timeAxis: 1), in: &context).values
        }
    }

    @Test func aLambdaCannotBeSavedAndSaysWhy() {
        let error = #expect(throws: UnsavableLayerError.self) { try JSONEncoder().encode(Lambda { $0 * 2 }) }
        #expect(error?.layer == "lambda" && error?.description.contains("UnaryLayer") == true)
        #expect(throws: UnsavableLayerError.self) { try JSONEncoder().encode(TimeDistributed(Lambda { $0 * 2 })) }
        #expect(throws: UnsavableLayerError.self) { try JSONDecoder().decode(Lambda.self, from: Data("{}".utf8)) }
    }

    @Test func rowsArePackedAndUnpacked() throws {
        let x = Tensor((0..<24).map { Float($0) }, shape: [3, 4, 2])
        let packed = packingSteps(x, lengths: [2, 0, 3])
        #expect(packed.shape == [5, 2] && packed.scalars == [0, 1, 2, 3, 16, 17, 18, 19, 20, 21])
        let back = unpackingSteps(packed, lengths: [2, 0, 3], time: 4)
        #expect(back.scalars == clearingPadding(x, lengths: [2, 0, 3], axis: 1).scalars)
        #expect(back.scalars[4...15].allSatisfy { $0 == 0 })
        let turned = reversingTime(x, lengths: [2, 0, 3], axis: 1)
        #expect(Array(turned.scalars.prefix(6)) == [2, 3, 0, 1, 0, 0])
        #expect(reversingTime(turned, lengths: [2, 0, 3], axis: 1).scalars == back.scalars)
        let z = Tensor.normal([3, 2, 4], key: RandomKey(seed: 3))
        try checkGradients(at: [z]) { packingSteps($0[0] * $0[0], lengths: [2, 0, 1]) }
        try checkGradients(at: [z]) { unpackingSteps($0[0] * $0[0], lengths: [1, 2], time: 3) }
        try checkGradients(at: [z]) { clearingPadding($0[0], lengths: [4, 0, 1], axis: 2) * $0[0] }
        try checkGradients(at: [z]) { reversingTime($0[0], lengths: [4, 0, 1], axis: 2) * $0[0] }
    }
}
