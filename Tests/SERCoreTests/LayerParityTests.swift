// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Every layer against PyTorch in double precision (Tests/Fixtures/layers.py): forward values within 1e-4 of the largest,
/// each gradient within 1e-4 of its norm.
struct LayerParityTests {
    struct Case: Decodable {
        struct Parameter: Decodable {
            var name: String
            var shape: [Int]
        }

        var name: String
        var x: [Int]
        var lengths: [Int]?
        var scale: Float
        var kinks: Bool
        var parameters: [Parameter]
        var output: [Double]
        var outputShape: [Int]
        var gradients: [[Double]]
        var state: [String: [Double]]?
    }

    /// A layer and the shape that it is built for; time where the case has lengths.
    struct Entry: Sendable, CustomTestStringConvertible {
        var name: String
        var layer: any Layer
        var input: Shape
        var isTraining = false

        init(_ name: String, _ layer: any Layer, _ input: Shape, training: Bool = false) {
            self.name = name
            self.layer = layer
            self.input = input
            isTraining = training
        }

        var testDescription: String { name }
    }

    static let entries: [Entry] =
        [
            Entry("dense", Dense(5), [4]),
            Entry("dense one of all", Dense(1), [1]),
            Entry("dense no bias", Dense(3, bias: false), [9]),
            Entry("dense over time", Dense(6), [.time, 4]),
            Entry("dense wide", Dense(33), [17]),

            Entry("conv1d", Conv1D(4, kernel: 3), [.time, 5]),
            Entry("conv1d length 1", Conv1D(2, kernel: 3, padding: .same), [.time, 3]),
            Entry("conv1d same even", Conv1D(5, kernel: 4, padding: .same), [.time, 3]),
            Entry(
                "conv1d causal dilated groups", Conv1D(6, kernel: 3, padding: .causal, dilation: 2, groups: 2), [8, 4]),
            Entry("conv1d stride lengths", Conv1D(4, kernel: 4, stride: 2, padding: .same, bias: false), [.time, 3]),
            Entry("conv2d", Conv2D(4, kernel: Extent(height: 3, width: 2)), [3, 6, 7]),
            Entry("conv2d same", Conv2D(9, kernel: 3, padding: .same), [1, 5, 7]),
            Entry("conv2d length 1", Conv2D(3, kernel: 3, padding: .same), [2, 1, .time]),
            Entry(
                "conv2d all settings",
                Conv2D(
                    6, kernel: Extent(height: 3, width: 2), stride: Extent(height: 2, width: 1),
                    padding: .explicit(top: 2, bottom: 1, left: 3, right: 0), dilation: Extent(height: 1, width: 2),
                    groups: 2),
                [4, 7, 8]),
            Entry("conv2d lengths", Conv2D(5, kernel: 3, padding: .same), [2, 4, .time]),

            Entry("maxpool1d", MaxPool1D(2), [.time, 5]),
            Entry("maxpool1d overlapping", MaxPool1D(3, stride: 2, padding: .all1D(1)), [.time, 4]),
            Entry("maxpool1d lengths", MaxPool1D(2), [.time, 4]),
            Entry("maxpool2d", MaxPool2D(2), [3, 5, 7]),
            Entry(
                "maxpool2d overlapping",
                MaxPool2D(Extent(height: 3, width: 2), stride: Extent(height: 1, width: 2), padding: .all(1)),
                [3, 6, 7]),
            Entry("maxpool2d lengths", MaxPool2D(2), [2, 4, .time]),
            Entry("averagepool1d", AveragePool1D(3), [.time, 5]),
            Entry("averagepool1d overlapping", AveragePool1D(3, stride: 2, padding: .all1D(1)), [.time, 4]),
            Entry("averagepool1d lengths", AveragePool1D(2), [.time, 4]),
            Entry("averagepool2d", AveragePool2D(2), [3, 5, 7]),
            Entry(
                "averagepool2d overlapping",
                AveragePool2D(Extent(height: 3, width: 2), stride: Extent(height: 1, width: 2), padding: .all(1)),
                [3, 6, 7]),
            Entry("averagepool2d lengths", AveragePool2D(2), [2, 4, .time]),
            Entry("globalaveragepool sequence", GlobalAveragePool(), [.time, 5]),
            Entry("globalaveragepool image", GlobalAveragePool(), [4, 3, .time]),
            Entry("globalaveragepool", GlobalAveragePool(), [4, 3, 5]),
            Entry("globalmaxpool sequence", GlobalMaxPool(), [.time, 5]),
            Entry("globalmaxpool image", GlobalMaxPool(), [4, 3, .time]),
            Entry("globalmaxpool", GlobalMaxPool(), [4, 3, 5]),

            Entry("batchnorm training", BatchNorm(), [5], training: true),
            Entry("batchnorm training sequence", BatchNorm(), [.time, 5], training: true),
            Entry("batchnorm training image", BatchNorm(momentum: 0.25), [3, 4, 5], training: true),
            Entry("batchnorm training lengths", BatchNorm(), [.time, 5], training: true),
            Entry("batchnorm training image lengths", BatchNorm(), [2, 3, .time], training: true),
            Entry("batchnorm inference", BatchNorm(), [5]),
            Entry("batchnorm inference image", BatchNorm(), [3, 4, 5]),
            Entry("batchnorm inference lengths", BatchNorm(), [.time, 5]),
            Entry("batchnorm frozen", BatchNorm(isFrozen: true), [3, 4, 5], training: true),
            Entry("layernorm", LayerNorm(), [7]),
            Entry("layernorm sequence", LayerNorm(), [.time, 33]),

            Entry("attention pooling", AttentionPooling(), [.time, 5]),
            Entry("attention pooling lengths", AttentionPooling(), [.time, 5]),
            Entry("attention pooling length 1", AttentionPooling(), [.time, 1]),
            Entry("attention pooling additive", AttentionPooling(units: 4), [.time, 5]),
            Entry("attention pooling additive lengths", AttentionPooling(units: 4), [.time, 5]),
            Entry("statistics pooling", StatisticsPooling(), [.time, 5]),
            Entry("statistics pooling lengths", StatisticsPooling(), [.time, 5]),
            Entry("statistics pooling length 1", StatisticsPooling(), [.time, 3]),
            Entry("attentive statistics", AttentiveStatisticsPooling(units: 4), [.time, 5]),
            Entry("attentive statistics heads", AttentiveStatisticsPooling(units: 4, heads: 3), [.time, 6]),
            Entry("attentive statistics lengths", AttentiveStatisticsPooling(units: 4, heads: 3), [.time, 6]),
            Entry("mean normalization", MeanNormalization(), [.time, 5]),
            Entry("mean normalization lengths", MeanNormalization(), [.time, 5]),
            Entry("multi-head self-attention", MultiHeadSelfAttention(), [.time, 6]),
            Entry("multi-head self-attention heads", MultiHeadSelfAttention(heads: 4, dropout: 0.3), [.time, 8]),
            Entry("multi-head self-attention no bias", MultiHeadSelfAttention(heads: 2, bias: false), [.time, 6]),
            Entry("multi-head self-attention length 1", MultiHeadSelfAttention(heads: 2), [.time, 2]),
            Entry("additive self-attention", AdditiveSelfAttention(units: 3), [.time, 4]),
            Entry("additive self-attention wide", AdditiveSelfAttention(units: 35), [.time, 3]),
            Entry("additive self-attention lengths", AdditiveSelfAttention(units: 5), [.time, 4]),
            Entry("squeeze-excitation", SqueezeExcitation(reduction: 2), [8, 3, 4]),
            Entry("squeeze-excitation lengths", SqueezeExcitation(reduction: 3), [6, 2, .time]),
            Entry("squeeze-excitation sequence", SqueezeExcitation(reduction: 2), [.time, 5]),

            Entry("time distributed", TimeDistributed(Conv1D(4, kernel: 3)), [.time, 6, 3]),
            Entry("time distributed image", TimeDistributed(Conv2D(3, kernel: 3, padding: .same)), [.time, 2, 4, 4]),
            Entry(
                "bidirectional mean", Bidirectional(Conv1D(4, kernel: 3, padding: .causal), merge: .mean), [.time, 3]),
            Entry(
                "bidirectional stride", Bidirectional(Conv1D(4, kernel: 3, stride: 2, padding: .causal), merge: .sum),
                [.time, 3]),
            Entry("bidirectional image", Bidirectional(Conv2D(3, kernel: 3, padding: .same)), [2, 3, .time]),
            Entry("bidirectional pooling", Bidirectional(AttentionPooling()), [.time, 4]),
            Entry("gru wrapped", Bidirectional(GRU(4, output: .allSteps)), [.time, 3]),
            Entry("gru wrapped last step", Bidirectional(GRU(4)), [.time, 3]),
            Entry("gru mean of directions", GRU(4, layers: 2, bidirectional: .mean), [.time, 3]),
            Entry("lstm wrapped", Bidirectional(LSTM(4, output: .allSteps)), [.time, 3]),
            Entry("lstm wrapped last step", Bidirectional(LSTM(4)), [.time, 3]),
            Entry("lstm mean of directions", LSTM(4, layers: 2, bidirectional: .mean), [.time, 3]),

            Entry("relu", ReLU(), [7]),
            Entry("leakyrelu", LeakyReLU(slope: 0.2), [7]),
            Entry("elu", ELU(alpha: 1.5), [7]),
            Entry("gelu", GELU(), [7]),
            Entry("gelu approximate", GELU(approximate: true), [7]),
            Entry("tanh", Tanh(), [7]),
            Entry("sigmoid", Sigmoid(), [7]),
            Entry("softmax", Softmax(), [.time, 7]),
            Entry("dropout off", Dropout(0.5), [7]),
            Entry("flatten", Flatten(), [2, 5, 3]),
            Entry("flatten from 1", Flatten(startAxis: 1), [.time, 5, 3]),
            Entry("reshape", Reshape([1, .time, 4]), [.time, 4]),
            Entry("permute", Permute([1, 0]), [.time, 4]),
            Entry("permute image", Permute([2, 0, 1]), [2, 3, 4]),
        ] + recurrent("lstm") { LSTM($0, layers: $1, bidirectional: $2, dropout: 0.3, output: $3) }
        + recurrent("gru") { GRU($0, layers: $1, bidirectional: $2, dropout: 0.3, output: $3) }
        + recurrent("rnn") { RNN($0, layers: $1, bidirectional: $2, dropout: 0.3, output: $3) }
        + recurrent("rnn relu") { RNN($0, layers: $1, activation: .relu, bidirectional: $2, dropout: 0.3, output: $3) }

    /// The same cases with PyTorch's equations written as cells of a user's own.
    static let cells: [Entry] =
        recurrent("gru") { Recurrent(GRUCell(units: $0), layers: $1, $2, dropout: 0.3, output: $3) }
        + recurrent("lstm") { Recurrent(LSTMCell(units: $0), layers: $1, $2, dropout: 0.3, output: $3) }
        + ["wrapped", "wrapped last step"].flatMap { name in
            let output: RecurrentOutput = name == "wrapped" ? .allSteps : .lastStep
            let (gru, lstm) = (GRUCell(units: 4), LSTMCell(units: 4))
            return [
                Entry("gru \(name)", Recurrent(gru, direction: .bidirectional, output: output), [.time, 3]),
                Entry("lstm \(name)", Recurrent(lstm, direction: .bidirectional, output: output), [.time, 3]),
                Entry("gru \(name)", Bidirectional(Recurrent(gru, output: output)), [.time, 3]),
            ]
        } + [
            Entry("gru mean of directions", Recurrent(GRUCell(units: 4), layers: 2, .mean), [.time, 3]),
            Entry("lstm mean of directions", Recurrent(LSTMCell(units: 4), layers: 2, .mean), [.time, 3]),
        ]

    private static func recurrent(
        _ kind: String, _ make: (Int, Int, BidirectionalMerge?, RecurrentOutput) -> any Layer
    ) -> [Entry] {
        let shapes: [(String, Int, Int, BidirectionalMerge?, RecurrentOutput, Int)] = [
            ("one of all", 1, 1, nil, .lastStep, 1),
            ("length 1", 3, 1, nil, .allSteps, 2),
            ("batch 1", 5, 1, nil, .allSteps, 3),
            ("last step", 7, 1, nil, .lastStep, 4),
            ("lengths", 5, 1, nil, .allSteps, 3),
            ("lengths last step", 5, 1, nil, .lastStep, 3),
            ("stacked", 4, 3, nil, .lastStep, 3),
            ("both directions", 4, 2, .concatenate, .allSteps, 3),
            ("both directions last step", 4, 2, .concatenate, .lastStep, 3),
            ("sum of directions", 4, 2, .sum, .allSteps, 3),
            ("sum of directions last step", 4, 2, .sum, .lastStep, 3),
        ]
        return shapes.map { name, units, layers, merge, output, features in
            Entry("\(kind) \(name)", make(units, layers, merge, output), [.time, .fixed(features)])
        }
    }

    private func cases() throws -> [Case] { try Fixture.json("layers") + Fixture.json("layers_time") }

    @Test func everyCaseOfTheFixtureIsRun() throws {
        let cases = try cases()
        #expect(cases.map(\.name).sorted() == Self.entries.map(\.name).sorted())
    }

    @Test func agreesWithPyTorch() throws {
        let cases = Dictionary(uniqueKeysWithValues: try cases().map { ($0.name, $0) })
        for entry in Self.entries { try compare(entry, try #require(cases[entry.name])) }
    }

    @Test(arguments: cells) func cellsOfOnesOwnAgreeWithPyTorch(_ entry: Entry) throws {
        let item = try cases().first { $0.name == entry.name }
        try compare(entry, try #require(item))
    }

    private func compare(_ entry: Entry, _ item: Case) throws {
        #expect(entry.input.accepts(item.x), "\(item.name)")
        let layer = try decoded(entry.layer)  // what a file would hold
        let declared = layer.parameters(for: [entry.input])
        #expect(declared.map(\.name) == item.parameters.map(\.name), "\(item.name)")
        #expect(declared.map(\.shape) == item.parameters.map(\.shape), "\(item.name)")
        let runner = try LayerRunner(layer, input: entry.input) { index, declaration in
            scaledPattern(declaration.shape, UInt32(10 + index), item.scale)
        } state: { declaration in
            let values = pattern(declaration.shape, declaration.name == "running_mean" ? 30 : 31).scalars
            return Tensor(declaration.name == "running_mean" ? values : values.map { abs($0) + 0.5 })
        }
        var x = pattern(item.x, 1)
        if item.kinks { x = Tensor(x.scalars.map { abs($0) < 1e-3 ? $0 + 0.01 : $0 }, shape: x.shape) }

        var after = runner.state
        let mode: Mode = entry.isTraining ? .training(RandomKey(seed: 1)) : .inference
        let names = runner.parameters.paths
        let leaves = Parameters([("input", x)] + zip(names, runner.parameters.tensors).map { ($0, $1) })
        let (value, gradient) = pullBack(at: leaves, upstream: { pattern($0.shape, 4) }) { leaves in
            let (signal, state) = runner.run(
                Signal(leaves["input"], lengths: item.lengths, timeAxis: entry.input.timeAxis.map { $0 + 1 }),
                leaves: leaves, mode: mode)
            after = state
            return signal.values
        }
        #expect(value.shape == item.outputShape, "\(item.name)")
        expectClose(value.scalars, item.output, item.name)
        expectGradients(gradient.tensors, item.gradients, item.name)
        for (name, values) in item.state ?? [:] {
            expectClose(after[name].scalars, values, relativeToMaximum: 1e-5, "\(item.name), \(name)")
        }
    }

    /// Where a direction crosses the kinks of a ReLU or a maximum it is dropped; spread inputs keep most directions clear.
    @Test(arguments: entries + cells) func gradientsPassTheCheck(_ entry: Entry) throws {
        let runner = try LayerRunner(entry.layer, input: entry.input, seed: 7)
        let axis = entry.input.timeAxis.map { $0 + 1 }
        let x = Tensor.normal([3] + entry.input.dimensions.map { $0.length ?? 6 }, key: RandomKey(seed: 8))
        let leaves = Parameters(
            [("input", x)] + zip(runner.parameters.paths, runner.parameters.tensors).map { ($0, $1) })
        let mode: Mode = entry.isTraining ? .training(RandomKey(seed: 1)) : .inference
        try checkGradients(at: leaves) { leaves in
            let input = Signal(leaves["input"], lengths: axis == nil ? nil : [6, 3, 5], timeAxis: axis)
            return runner.run(input, leaves: leaves, mode: mode).output.values
        }
    }

    private func scaledPattern(_ shape: [Int], _ seed: UInt32, _ scale: Float) -> Tensor {
        Tensor(pattern(shape, seed).scalars.map { $0 * scale }, shape: shape)
    }

    private func decoded<L: Layer>(_ layer: L) throws -> any Layer {
        let decoder = JSONDecoder()
        decoder.userInfo = try LayerRegistry.standard.adding(Recurrent<GRUCell>.self).userInfo
        return try decoder.decode(L.self, from: JSONEncoder().encode(layer))
    }
}

extension Padding {
    /// As many positions at each end of a sequence.
    fileprivate static func all1D(_ count: Int) -> Padding { .explicit(top: 0, bottom: 0, left: count, right: count) }
}
