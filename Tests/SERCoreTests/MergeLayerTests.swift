// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Layers with several inputs: what they compute, their gradients, lengths, and what they refuse.
struct MergeLayerTests {
    private static let layers: [any Layer] = [Add(), Multiply(), Mean(), Concatenate(), Concatenate(axis: 1)]
    private let shapes: [Shape] = [[.time, 3], [.time, 3], [.time, 3]]

    private func run(_ layer: any Layer, _ inputs: [Signal]) -> Signal {
        var context = Context(
            mode: .inference, parameters: Parameters([]), state: Parameters([]),
            scope: LayerScope(path: type(of: layer).kind, parameters: [], states: []))
        return layer(inputs, in: &context)
    }

    private let x = (0..<3).map { Tensor.normal([4, 9, 3], key: RandomKey(seed: UInt64($0))) }

    @Test func theyComputeWhatTheirNamesSay() throws {
        let inputs = x.map { Signal($0) }
        #expect(run(Add(), inputs).values.scalars == (x[0] + x[1] + x[2]).scalars)
        #expect(run(Multiply(), inputs).values.scalars == (x[0] * x[1] * x[2]).scalars)
        expectClose(run(Mean(), inputs).values.scalars, ((x[0] + x[1] + x[2]) / 3).scalars.map { Double($0) })
        for (axis, tensorAxis) in [(-1, 2), (1, 2), (0, 1), (-2, 1)] {
            let joined = run(Concatenate(axis: axis), inputs).values
            #expect(joined.scalars == concatenate(x, axis: tensorAxis).scalars)
            #expect(
                joined.slice(axis: tensorAxis, x[0].shape[tensorAxis]..<2 * x[0].shape[tensorAxis]).scalars
                    == x[1].scalars)
        }
        // The order of what is added or multiplied does not matter beyond rounding; one input comes out as it is.
        for layer: any Layer in [Add(), Multiply(), Mean()] {
            expectClose(
                run(layer, inputs.reversed()).values.scalars, run(layer, inputs).values.scalars.map { Double($0) },
                relativeToMaximum: 1e-6)
        }
        for layer in Self.layers { #expect(run(layer, [inputs[0]]).values.scalars == x[0].scalars) }
    }

    @Test(arguments: layers) func gradientsAreRight(layer: any Layer) throws {
        try checkGradients(at: x) { tensors in run(layer, tensors.map { Signal($0) }).values }
        // An input that is given twice gathers both gradients.
        try checkGradients(at: [x[0]]) { tensors in run(layer, [Signal(tensors[0]), Signal(tensors[0])]).values }
    }

    @Test(arguments: layers) func aPaddedBatchGivesEachRowWhatItGetsAlone(layer: any Layer) throws {
        let lengths = [9, 4, 2, 7]
        let valid = validity([4, 9, 3], lengths, 1)
        let padded = run(
            layer, x.map { Signal(`where`(valid, $0, Tensor(1000)), lengths: lengths, timeAxis: 1) })
        #expect(padded.lengths == lengths)
        for (row, length) in lengths.enumerated() {
            let alone = run(layer, x.map { Signal($0.slice(axis: 0, row..<(row + 1)).slice(axis: 1, 0..<length)) })
                .values
            let found = padded.values.slice(axis: 0, row..<(row + 1)).slice(axis: 1, 0..<length)
            #expect(found.scalars == alone.scalars, "row \(row)")
        }
    }

    @Test func fullLengthsAgreeWithNone() {
        let merged = run(Add(), [Signal(x[0], timeAxis: 1), Signal(x[1], lengths: [9, 9, 9, 9], timeAxis: 1)])
        #expect(merged.lengths == [9, 9, 9, 9])
    }

    @Test func shapesAreInferred() throws {
        for layer: any Layer in [Add(), Multiply(), Mean()] {
            #expect(try layer.outputShape(for: shapes) == [.time, 3])
            #expect(try layer.outputShape(for: [[.any, 3], [5, .any]]) == [5, 3])
            for wrong: [Shape] in [
                [], [[3], [4]], [[3], [3, 1]], [[.time, 3], [9, 3]], [[.time, 3], [.any, 3]],
            ] {
                #expect(throws: ShapeError.self, "\(wrong)") { try layer.outputShape(for: wrong) }
            }
        }
        #expect(try Concatenate().outputShape(for: shapes) == [.time, 9])
        #expect(try Concatenate(axis: 0).outputShape(for: [[2, .time], [3, .time]]) == [5, .time])
        #expect(try Concatenate().outputShape(for: [[4, .any], [4, 3]]) == [4, .any])
        #expect(try Concatenate(axis: -2).outputShape(for: [[.any, 2], [3, .any], [1, 2]]) == [.any, 2])
        let wrong: [(Concatenate, [Shape])] = [
            (Concatenate(), []), (Concatenate(axis: 0), shapes), (Concatenate(axis: 2), shapes),
            (Concatenate(axis: -3), shapes), (Concatenate(), [[4, 3], [5, 3]]), (Concatenate(), [[3], [3, 3]]),
            (Concatenate(), [[]]),
        ]
        for (layer, shapes) in wrong {
            #expect(throws: ShapeError.self, "\(shapes)") { try layer.outputShape(for: shapes) }
        }
        #expect(try Concatenate().outputShape(for: [[.fixed(.max)], [.fixed(.max)]]) == [.fixed(.max)])
    }

    @Test func configurationSurvivesCoding() throws {
        let copy = try JSONDecoder().decode(Concatenate.self, from: JSONEncoder().encode(Concatenate(axis: 1)))
        #expect(copy.axis == 1)
        _ = try JSONDecoder().decode(Mean.self, from: JSONEncoder().encode(Mean()))
    }
}
