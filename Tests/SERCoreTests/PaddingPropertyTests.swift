// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// A padded batch gives each clip the output it gets alone, whatever the padding holds.
struct PaddingPropertyTests {
    struct Entry: Sendable, CustomTestStringConvertible {
        var layer: any Layer
        var input: Shape
        var testDescription: String { "\(layer)" }

        init(_ layer: any Layer, _ input: Shape) {
            self.layer = layer
            self.input = input
        }
    }

    static let entries: [Entry] =
        [
            Entry(Dense(4), [.time, 3]),
            Entry(LayerNorm(), [.time, 3]),
            Entry(BatchNorm(), [.time, 3]),
            Entry(BatchNorm(), [2, 3, .time]),
            Entry(Dropout(0.5), [.time, 3]),
            Entry(GELU(), [.time, 3]),
            Entry(Softmax(), [.time, 3]),
            Entry(Flatten(startAxis: 1), [.time, 3, 2]),
            Entry(Reshape([1, .time, 3]), [.time, 3]),
            Entry(Permute([1, 0]), [.time, 3]),
            Entry(Conv1D(5, kernel: 4, padding: .same), [.time, 3]),
            Entry(Conv1D(5, kernel: 3, stride: 2, padding: .causal, dilation: 2), [.time, 3]),
            Entry(Conv1D(5, kernel: 2, padding: .valid), [.time, 3]),
            Entry(Conv2D(5, kernel: 3, padding: .same), [2, 3, .time]),
            Entry(Conv2D(5, kernel: 3, stride: 2, padding: .same), [2, 3, .time]),
            Entry(MaxPool1D(2), [.time, 3]),
            Entry(MaxPool1D(3, stride: 1, padding: .same), [.time, 3]),
            Entry(MaxPool2D(2), [2, 4, .time]),
            Entry(AveragePool1D(2), [.time, 3]),
            Entry(AveragePool1D(3, stride: 1, padding: .same), [.time, 3]),
            Entry(AveragePool2D(2), [2, 4, .time]),
            Entry(GlobalAveragePool(), [.time, 3]),
            Entry(GlobalAveragePool(), [2, 3, .time]),
            Entry(GlobalMaxPool(), [.time, 3]),
            Entry(GlobalMaxPool(), [2, 3, .time]),
            Entry(AttentionPooling(), [.time, 3]),
            Entry(AttentionPooling(units: 4), [.time, 3]),
            Entry(StatisticsPooling(), [.time, 3]),
            Entry(AttentiveStatisticsPooling(units: 4, heads: 3), [.time, 3]),
            Entry(MeanNormalization(), [.time, 3]),
            Entry(MultiHeadSelfAttention(), [.time, 3]),
            Entry(MultiHeadSelfAttention(heads: 2), [.time, 4]),
            Entry(AdditiveSelfAttention(units: 4), [.time, 3]),
            Entry(SqueezeExcitation(reduction: 2), [.time, 3]),
            Entry(SqueezeExcitation(reduction: 2), [4, 3, .time]),
            Entry(Conv2D(5, kernel: 3, padding: .causal, dilation: 2), [2, 3, .time]),
            Entry(TimeDistributed(Conv1D(3, kernel: 3)), [.time, 5, 2]),
            Entry(TimeDistributed(BatchNorm()), [.time, 3]),
            Entry(TimeDistributed(Flatten()), [.time, 5, 2]),
            Entry(Bidirectional(Conv1D(4, kernel: 3, padding: .causal)), [.time, 3]),
            Entry(Bidirectional(Conv1D(4, kernel: 3, stride: 2, padding: .same), merge: .mean), [.time, 3]),
            Entry(Bidirectional(Conv2D(4, kernel: 3, padding: .same)), [2, 3, .time]),
            Entry(Bidirectional(GRU(4, layers: 2), merge: .sum), [.time, 3]),
            Entry(Bidirectional(TimeDistributed(Dense(4))), [.time, 3]),
            Entry(Lambda { x in x * sigmoid(x) }, [.time, 3]),
        ]
        + [RecurrentOutput.lastStep, .allSteps].flatMap { output in
            [RecurrentDirection.forward, .reverse, .bidirectional, .both(merge: .mean)].flatMap { direction in
                [
                    Recurrent(MinimalGatedUnit(units: 5), layers: 2, direction: direction, output: output),
                    Recurrent(LSTMCell(units: 5), direction: direction, output: output),
                ].map { (layer: any Layer) in Entry(layer, [.time, 3]) }
            }
        }
        + [RecurrentOutput.lastStep, .allSteps].flatMap { output in
            [BidirectionalMerge?.none, .concatenate, .sum, .mean].flatMap { merge in
                [
                    LSTM(5, layers: 2, bidirectional: merge, output: output),
                    GRU(5, layers: 2, bidirectional: merge, output: output),
                    RNN(5, layers: 2, bidirectional: merge, output: output),
                    RNN(5, activation: .relu, bidirectional: merge, output: output),
                ].map { (layer: any Layer) in Entry(layer, [.time, 3]) }
            }
        }

    @Test(arguments: entries) func eachRowGetsWhatItGetsAlone(_ entry: Entry) throws {
        let runner = try LayerRunner(entry.layer, input: entry.input, seed: 1)
        let lengths = [9, 4, 2, 7]
        let axis = try #require(entry.input.timeAxis) + 1
        let shape = [lengths.count] + entry.input.dimensions.map { $0.length ?? 9 }
        let values = Tensor.normal(shape, key: RandomKey(seed: 2))
        let valid = validity(shape, lengths, axis)
        let (padded, _) = runner.run(
            Signal(`where`(valid, values, Tensor(1000)), lengths: lengths, timeAxis: axis))
        for (row, length) in lengths.enumerated() {
            let alone = values.slice(axis: 0, row..<(row + 1)).slice(axis: axis, 0..<length)
            let expected = runner.run(Signal(alone, timeAxis: axis)).output.values
            var found = padded.values.slice(axis: 0, row..<(row + 1))
            if let time = runner.outputTimeAxis {
                let outputs = entry.layer.outputLength(for: length)
                #expect(padded.lengths?[row] == outputs && expected.shape[time] == outputs, "row \(row)")
                found = found.slice(axis: time, 0..<outputs)
            }
            #expect(found.shape == expected.shape, "row \(row)")
            expectClose(
                found.scalars, expected.scalars.map { Double($0) }, relativeToMaximum: 1e-5,
                "\(entry.layer), row \(row)")
        }
    }

    @Test(arguments: entries) func gradientsDoNotSeeThePadding(_ entry: Entry) throws {
        let runner = try LayerRunner(entry.layer, input: entry.input, seed: 3)
        let lengths = [9, 4, 2, 7]
        let axis = try #require(entry.input.timeAxis) + 1
        let shape = [lengths.count] + entry.input.dimensions.map { $0.length ?? 9 }
        let values = Tensor.normal(shape, key: RandomKey(seed: 4))
        let valid = validity(shape, lengths, axis)
        let gradients = [Float(0), 50].map { padding -> [Tensor] in
            let x = `where`(valid, values, Tensor(padding))
            let leaves = Parameters(
                [("input", x)] + zip(runner.parameters.paths, runner.parameters.tensors).map { ($0, $1) })
            return pullBack(at: leaves, upstream: { pattern($0.shape, 4) }) { leaves in
                runner.run(Signal(leaves["input"], lengths: lengths, timeAxis: axis), leaves: leaves).output.values
            }.gradient.tensors
        }
        #expect((gradients[0][0] * (1 - valid)).scalars.allSatisfy { $0 == 0 }, "a gradient reaches the padding")
        expectGradients(gradients[1], gradients[0].map { $0.scalars.map { Double($0) } }, "\(entry.layer)")
    }
}
