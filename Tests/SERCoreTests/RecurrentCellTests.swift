// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Layers made of a user's cell, beside their agreement with PyTorch (LayerParityTests) and their being blind to
/// padding (PaddingPropertyTests).
struct RecurrentCellTests {
    /// A GRU and an LSTM written as cells against the built-in layers: values and every gradient, with lengths,
    /// stacked, in both directions.
    @Test(arguments: [BidirectionalMerge?.none, .concatenate, .sum, .mean], [RecurrentOutput.lastStep, .allSteps])
    func cellsEqualTheBuiltInLayers(_ merge: BidirectionalMerge?, _ output: RecurrentOutput) throws {
        let pairs: [(any Layer, any Layer)] = [
            (
                GRU(12, layers: 2, bidirectional: merge, output: output),
                Recurrent(GRUCell(units: 12), layers: 2, merge, output: output)
            ),
            (
                LSTM(12, layers: 2, bidirectional: merge, output: output),
                Recurrent(LSTMCell(units: 12), layers: 2, merge, output: output)
            ),
        ]
        for (builtIn, own) in pairs {
            let runner = try LayerRunner(builtIn, input: [.time, 7], seed: 1)
            let other = try LayerRunner(own, input: [.time, 7], seed: 1)
            #expect(runner.parameters.paths == other.parameters.paths)
            let x = Tensor.normal([5, 11, 7], key: RandomKey(seed: 2))
            let leaves = Parameters(
                [("input", x)] + zip(runner.parameters.paths, runner.parameters.tensors).map { ($0, $1) })
            let results = [runner, other].map { runner in
                pullBack(at: leaves, upstream: { pattern($0.shape, 4) }) { leaves in
                    let input = Signal(leaves["input"], lengths: [3, 11, 1, 8, 0], timeAxis: 1)
                    return runner.run(input, leaves: leaves).output.values
                }
            }
            expectClose(results[1].value.scalars, results[0].value.scalars.map { Double($0) }, "\(own)")
            let gradients = results[0].gradient.tensors.map { $0.scalars.map { Double($0) } }
            expectGradients(results[1].gradient.tensors, gradients, "\(own)")
        }
    }

    /// Reading backwards is reading the turned row forward.
    @Test func theReverseReadsEachRowFromItsLastValidStep() throws {
        let x = Tensor.normal([3, 6, 4], key: RandomKey(seed: 3))
        let lengths = [6, 2, 5]
        let turned = reversingTime(x, lengths: lengths, axis: 1)
        for output in [RecurrentOutput.lastStep, .allSteps] {
            let cell = MinimalGatedUnit(units: 5)
            let layers = [RecurrentDirection.forward, .reverse].map { Recurrent(cell, direction: $0, output: output) }
            let forward = try LayerRunner(layers[0], input: [.time, 4], seed: 4)
            let reverse = try LayerRunner(layers[1], input: [.time, 4], seed: 4)
            var expected = forward.run(Signal(turned, lengths: lengths, timeAxis: 1)).output.values
            if output == .allSteps { expected = reversingTime(expected, lengths: lengths, axis: 1) }
            let found = reverse.run(Signal(x, lengths: lengths, timeAxis: 1)).output.values
            expectClose(found.scalars, expected.scalars.map { Double($0) }, relativeToMaximum: 1e-6)
        }
    }

    @Test(arguments: [RecurrentDirection.forward, .reverse, .bidirectional])
    func notANumberInThePaddingStaysThere(_ direction: RecurrentDirection) throws {
        let runner = try LayerRunner(
            Recurrent(MinimalGatedUnit(units: 5), layers: 2, direction: direction), input: [.time, 4], seed: 5)
        let values = Tensor.normal([3, 6, 4], key: RandomKey(seed: 6))
        let lengths = [6, 0, 3]
        let spoilt = `where`(validity([3, 6, 4], lengths, 1), values, Tensor(.nan))
        let (value, gradient) = valueAndGradient(at: runner.parameters) { leaves in
            runner.run(Signal(spoilt, lengths: lengths, timeAxis: 1), leaves: leaves).output.values.sum()
        }
        #expect(value.item.isFinite && gradient.tensors.allSatisfy { $0.scalars.allSatisfy(\.isFinite) })
    }

    @Test func namesShapesAndMisfits() throws {
        let layer = Recurrent(MinimalGatedUnit(units: 64), layers: 2, direction: .bidirectional)
        let declared = layer.parameters(for: [.time, 40] as Shape)
        #expect(declared.count == 16)
        #expect(declared.map(\.name).prefix(2) == ["weight_ih_l0", "bias_ih_l0"])
        #expect(declared[12].name == "weight_ih_l1_reverse" && declared[12].shape == [128, 128])
        #expect(try layer.outputShape(for: [.time, 40] as Shape) == [128])
        #expect(Recurrent<MinimalGatedUnit>.kind == "minimalGatedUnit")
        let misfits: [(any Layer, Shape)] = [
            (Recurrent(MinimalGatedUnit(units: 0)), [.time, 4]),
            (Recurrent(MinimalGatedUnit(units: 4), layers: 0), [.time, 4]),
            (Recurrent(MinimalGatedUnit(units: 4), dropout: 1), [.time, 4]),
            (Recurrent(MinimalGatedUnit(units: 4)), [4]),
        ]
        for (layer, input) in misfits {
            #expect(throws: ShapeError.self) { try layer.outputShape(for: [input]) }
        }
    }

    @Test func dropoutBetweenLayersOnlyInTraining() throws {
        let cell = MinimalGatedUnit(units: 8)
        let plain = try LayerRunner(Recurrent(cell, layers: 2), input: [.time, 4], seed: 7)
        let dropping = try LayerRunner(Recurrent(cell, layers: 2, dropout: 0.5), input: [.time, 4], seed: 7)
        let x = Signal(Tensor.normal([3, 6, 4], key: RandomKey(seed: 8)), timeAxis: 1)
        let training = Mode.training(RandomKey(seed: 9))
        let reference = plain.run(x).output.values.scalars
        #expect(dropping.run(x).output.values.scalars == reference)
        #expect(plain.run(x, mode: training).output.values.scalars == reference)
        #expect(dropping.run(x, mode: training).output.values.scalars != reference)
    }

    @Test func configurationSurvivesCoding() throws {
        let layer = Recurrent(
            MinimalGatedUnit(units: 6), layers: 3, direction: .both(merge: .mean), dropout: 0.25, output: .allSteps)
        let copy = try JSONDecoder().decode(
            Recurrent<MinimalGatedUnit>.self, from: JSONEncoder().encode(layer))
        #expect(copy.cell.units == 6 && copy.layers == 3 && copy.direction == .both(merge: .mean))
        #expect(copy.dropout == 0.25 && copy.output == .allSteps)
    }
}
