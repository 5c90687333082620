// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

/// What is no number comes out of every layer as no number, as in PyTorch: comparisons that are all false must not let
/// it pass for 0, for a bound, or for a neighbour.
@Suite struct NotANumberTests {
    /// Wide enough for whole vectors and a rest.
    private static let features = 37, steps = 11

    private static let overFeatures: [any Layer] = [
        Dense(5), ReLU(), LeakyReLU(), ELU(), GELU(), GELU(approximate: true), Tanh(), Sigmoid(), Softmax(),
        BatchNorm(), LayerNorm(), Dropout(0.5),
    ]
    private static let overTime: [any Layer] = [
        RNN(3), RNN(3, activation: .relu), LSTM(3), GRU(3), Conv1D(3, kernel: 3, padding: .same),
        MaxPool1D(3, stride: 1), AveragePool1D(3, stride: 1), GlobalAveragePool(), GlobalMaxPool(),
        AttentionPooling(), AttentiveStatisticsPooling(units: 3), StatisticsPooling(), MeanNormalization(),
        MultiHeadSelfAttention(heads: 1), AdditiveSelfAttention(units: 3), TimeDistributed(Dense(3)),
        Bidirectional(LSTM(3)), BatchNorm(), ReLU(), LayerNorm(), Softmax(),
    ]
    private static let overImages: [any Layer] = [
        Conv2D(3, kernel: 3, padding: .same), MaxPool2D(2, stride: 1), AveragePool2D(2, stride: 1), BatchNorm(),
        GlobalMaxPool(), GlobalAveragePool(), SqueezeExcitation(reduction: 1), ReLU(),
    ]

    /// A NaN at any place of the second row makes that row's output hold one, and no other row's.
    private func expectThatItComesOut(_ layer: any Layer, shape: [Int], input: Shape) throws {
        let runner = try LayerRunner(layer, input: input, seed: 1)
        let count = shape.reduce(1, *), row = count / shape[0]
        let isOverTime = input.timeAxis != nil
        try withEachInstructionSet { set in
            for place in Array(stride(from: 0, to: row, by: 7)) + [row - 1] {
                var values = Tensor.normal(shape, key: RandomKey(seed: 2)).scalars
                values[row + place] = .nan
                let x = Signal(
                    Tensor(values, shape: shape), lengths: isOverTime ? [11, 11, 7] : nil,
                    timeAxis: input.timeAxis.map { $0 + 1 })
                let y = runner.run(x).output.values
                let each = y.count / shape[0]
                try #require(each > 0)
                let rows = (0..<shape[0]).map { row in
                    y.scalars[row * each..<(row + 1) * each].contains { $0.isNaN }
                }
                #expect(rows == [false, true, false], "\(type(of: layer).kind), \(set), place \(place)")
            }
        }
    }

    @Test func itComesOutOfLayersOverFeatures() throws {
        for layer in Self.overFeatures {
            try expectThatItComesOut(layer, shape: [3, Self.features], input: [.fixed(Self.features)])
        }
    }

    @Test func itComesOutOfLayersOverTime() throws {
        for layer in Self.overTime {
            try expectThatItComesOut(
                layer, shape: [3, Self.steps, Self.features], input: [.time, .fixed(Self.features)])
        }
    }

    @Test func itComesOutOfLayersOverImages() throws {
        for layer in Self.overImages {
            try expectThatItComesOut(layer, shape: [3, 4, 6, Self.steps], input: [4, 6, .time])
        }
    }

    @Test(arguments: [(Float.nan, Float(1)), (1, .nan)]) func itComesOutOfComparisons(_ a: Float, _ b: Float) {
        let (x, y) = (Tensor([Float](repeating: a, count: 37)), Tensor([Float](repeating: b, count: 37)))
        for value in [maximum(x, y), minimum(x, y), (x + y).clamped(to: 0...1), abs(x + y), softplus(x + y)] {
            #expect(value.scalars.allSatisfy { $0.isNaN })
        }
    }

    /// PyTorch multiplies by the mask: what is dropped is 0 times its value, and no error is hidden by chance.
    @Test func dropoutDoesNotHideIt() {
        let count = 1000, key = RandomKey(seed: 3)
        let x = Tensor([Float](repeating: .nan, count: count))
        #expect(dropout(x, rate: 0.5, key: key).scalars.allSatisfy { $0.isNaN })
        let (ones, nan) = (Tensor.ones([count]), x)
        let gradient = gradients([ones]) { dropout($0[0], rate: 0.5, key: key) * nan }[0]
        #expect(gradient.scalars.allSatisfy { $0.isNaN })
        #expect(Set(dropout(ones, rate: 0.5, key: key).scalars) == [0, 2])
    }

    /// With fixed statistics dx is gamma / sqrt(variance + epsilon) dy, whatever x is (PyTorch, evaluation).
    @Test(arguments: [[5, 37], [2, 5, 37], [2, 5, 4, 9]]) func fixedStatisticsGiveItNoPartInTheGradient(shape: [Int]) {
        let channels = shape.count == 4 ? shape[1] : shape[shape.count - 1]
        let inner = shape.count == 4 ? shape[2] * shape[3] : 1
        let count = shape.reduce(1, *)
        var values = Tensor.normal(shape, key: RandomKey(seed: 4)).scalars
        for place in stride(from: 0, to: count, by: 3) { values[place] = .nan }
        let gamma = Tensor.normal([channels], key: RandomKey(seed: 5))
        let variance = Tensor([Float](repeating: 0.5, count: channels))
        // What `gradients` multiplies the output by.
        let upstream = pattern(shape, 4)
        let found = gradients([Tensor(values, shape: shape), gamma]) {
            batchNormalization(
                $0[0], gamma: $0[1], beta: Tensor.zeros([channels]), epsilon: 0,
                statistics: .fixed(mean: Tensor.ones([channels]), variance: variance)
            ).0
        }
        let expected = upstream.scalars.enumerated().map { place, dy in
            Double(dy) * Double(gamma.scalars[place / inner % channels]) / 0.5.squareRoot()
        }
        expectClose(found[0].scalars, expected, relativeToMaximum: 1e-6)
        #expect(found[1].scalars.contains { $0.isNaN })
    }

    /// The statistics of a batch that holds one are none, in the block of a network's first layer too.
    @Test(arguments: [1, 3]) func batchStatisticsAreNone(channels: Int) {
        var values = Tensor.normal([2, channels, 5, 6], key: RandomKey(seed: 7)).scalars
        values[8] = .nan
        let (_, used) = ConvolutionBlockOperation(
            x: Tensor(values, shape: [2, channels, 5, 6]),
            weight: Tensor.normal([4, channels, 3, 3], key: RandomKey(seed: 8)), bias: nil, gamma: Tensor.ones([4]),
            beta: Tensor.zeros([4]), epsilon: 1e-5, geometry: WindowGeometry(window: 3, padding: .same), groups: 1,
            rectifies: true, pool: 2, lengths: nil)(.batch)
        #expect((used.mean.scalars + used.variance.scalars).allSatisfy { $0.isNaN })
    }
}
