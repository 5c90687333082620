// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

/// What layers that weigh steps do beside agreeing with PyTorch (LayerParityTests) and being blind to padding
/// (PaddingPropertyTests).
struct AttentionTests {
    @Test func softAttentionHasTheParametersOfItsForm() throws {
        #expect(AttentionPooling().parameters(for: [.time, 64] as Shape).map(\.shape) == [[64]])
        let additive = AttentionPooling(units: 16).parameters(for: [.time, 64] as Shape)
        #expect(additive.map(\.shape) == [[16, 64], [16], [16]])
        #expect(try AttentionPooling().outputShape(for: [.time, 64] as Shape) == [64])
        for input in [[64], [1, 40, .time], [40, .time]] as [Shape] {
            #expect(throws: ShapeError.self) { try AttentionPooling().outputShape(for: input) }
        }
        #expect(throws: ShapeError.self) { try AttentionPooling(units: 0).outputShape(for: [.time, 64]) }
    }

    /// The softmax of each row over its first positions is the softmax of those alone, even beside NaN.
    @Test func softmaxOverLengthsIsThatOfTheValidPart() {
        let x = Tensor.normal([3, 2, 6], key: RandomKey(seed: 1)).scalars
        let lengths = [6, 0, 2]
        var spoilt = x
        for place in x.indices where place % 6 >= lengths[place / 12] { spoilt[place] = .nan }
        let y = softmax(Tensor(spoilt, shape: [3, 2, 6]), lengths: lengths).scalars
        for row in 0..<6 {
            let count = lengths[row / 2]
            let alone = softmax(Tensor(Array(x[(row * 6)..<(row * 6 + count)]))).scalars
            #expect(Array(y[(row * 6)..<(row * 6 + 6)]) == alone + [Float](repeating: 0, count: 6 - count))
        }
        let whole = Tensor(x, shape: [3, 2, 6])
        #expect(softmax(whole, lengths: nil).scalars == softmax(whole).scalars)
    }

    @Test func softmaxOverLengthsPassesTheCheck() throws {
        let x = Tensor.normal([3, 2, 6], key: RandomKey(seed: 2))
        try checkGradients(at: [x]) { softmax($0[0], lengths: [6, 1, 4]) }
        try checkGradients(at: [x]) { softmax($0[0], lengths: [6, 1, 4]) * $0[0] }
    }

    static let layers: [PaddingPropertyTests.Entry] = [
        .init(AttentionPooling(), [.time, 4]),
        .init(AttentionPooling(units: 3), [.time, 4]),
        .init(StatisticsPooling(), [.time, 4]),
        .init(AttentiveStatisticsPooling(units: 3, heads: 2), [.time, 4]),
        .init(MeanNormalization(), [.time, 4]),
        .init(MultiHeadSelfAttention(heads: 2), [.time, 4]),
        .init(AdditiveSelfAttention(units: 3), [.time, 4]),
        .init(SqueezeExcitation(reduction: 2), [.time, 4]),
        .init(SqueezeExcitation(reduction: 2), [4, 1, .time]),
    ]

    /// Padding that holds NaN reaches neither values nor gradients.
    @Test(arguments: layers) func notANumberInThePaddingStaysThere(_ entry: PaddingPropertyTests.Entry) throws {
        let runner = try LayerRunner(entry.layer, input: entry.input, seed: 1)
        let axis = try #require(entry.input.timeAxis) + 1
        let shape = [2] + entry.input.dimensions.map { $0.length ?? 5 }
        let values = Tensor.normal(shape, key: RandomKey(seed: 2))
        let spoilt = `where`(validity(shape, [5, 2], axis), values, Tensor(.nan))
        let leaves = Parameters(
            [("input", spoilt)] + zip(runner.parameters.paths, runner.parameters.tensors).map { ($0, $1) })
        let (value, gradient) = valueAndGradient(at: leaves) { leaves in
            let input = Signal(leaves["input"], lengths: [5, 2], timeAxis: axis)
            return square(runner.run(input, leaves: leaves).output.values).sum()
        }
        #expect(value.item.isFinite)
        #expect(gradient.tensors.allSatisfy { $0.scalars.allSatisfy(\.isFinite) })
    }

    /// Nothing here is random without dropout: training gives the bits of inference.
    @Test(arguments: layers) func trainingGivesTheBitsOfInference(_ entry: PaddingPropertyTests.Entry) throws {
        let runner = try LayerRunner(entry.layer, input: entry.input, seed: 3)
        let axis = try #require(entry.input.timeAxis) + 1
        let x = Tensor.normal([3] + entry.input.dimensions.map { $0.length ?? 7 }, key: RandomKey(seed: 4))
        let input = Signal(x, lengths: [7, 1, 4], timeAxis: axis)
        let inference = runner.run(input).output.values.scalars
        let training = valueAndGradient(at: runner.parameters) { leaves in
            let y = runner.run(input, leaves: leaves, mode: .training(RandomKey(seed: 5))).output.values
            return (y.sum(), y)
        }.auxiliary
        #expect(training.scalars == inference)
    }

    @Test func droppedAttentionWeightsDifferByKeyAndOnlyInTraining() throws {
        let x = Signal(Tensor.normal([3, 7, 4], key: RandomKey(seed: 6)), timeAxis: 1)
        let dropping = try LayerRunner(MultiHeadSelfAttention(heads: 2, dropout: 0.5), input: [.time, 4], seed: 7)
        let plain = try LayerRunner(MultiHeadSelfAttention(heads: 2), input: [.time, 4], seed: 7)
        #expect(dropping.run(x).output.values.scalars == plain.run(x).output.values.scalars)
        let drawn = [1, 1, 2].map { seed in
            dropping.run(x, mode: .training(RandomKey(seed: seed))).output.values.scalars
        }
        #expect(drawn[0] == drawn[1] && drawn[0] != drawn[2])
    }

    @Test func layersThatCannotWorkAreErrors() throws {
        let misfits: [(any Layer, Shape)] = [
            (MultiHeadSelfAttention(heads: 3), [.time, 4]), (MultiHeadSelfAttention(heads: 0), [.time, 4]),
            (MultiHeadSelfAttention(dropout: 1), [.time, 4]), (MultiHeadSelfAttention(), [4]),
            (AdditiveSelfAttention(units: 0), [.time, 4]), (AdditiveSelfAttention(units: 4), [4, .time]),
            (AttentiveStatisticsPooling(units: 0), [.time, 4]),
            (AttentiveStatisticsPooling(units: 3, heads: 3), [.time, 4]),
            (AttentiveStatisticsPooling(units: 3, epsilon: 0), [.time, 4]), (MeanNormalization(), [3, 4, .time]),
            (StatisticsPooling(epsilon: 0), [.time, 4]), (StatisticsPooling(epsilon: .nan), [.time, 4]),
            (StatisticsPooling(), [4, 3, .time]), (SqueezeExcitation(reduction: 0), [.time, 4]),
            (SqueezeExcitation(), [4]), (SqueezeExcitation(), [4, .time, 3]),
        ]
        for (layer, input) in misfits {
            #expect(throws: ShapeError.self, "\(layer) on \(input)") { try layer.outputShape(for: [input]) }
        }
        #expect(try StatisticsPooling().outputShape(for: [.time, 64] as Shape) == [128])
        #expect(
            SqueezeExcitation().parameters(for: [8, 4, .time] as Shape).map(\.shape) == [[1, 8], [1], [8, 1], [8]])
    }

    @Test func channelsAreScaledAsByAProduct() throws {
        let x = Tensor.normal([3, 2, 4, 37], key: RandomKey(seed: 11))
        let scales = Tensor.normal([3, 2], key: RandomKey(seed: 12))
        let lengths = [37, 0, 18]
        let valid = validity(x.shape, lengths, 3)
        let product = { (t: [Tensor]) in t[0] * t[1].reshaped([3, 2, 1, 1]) * valid }
        let one = { (t: [Tensor]) in scalingChannels(t[0], by: t[1], lengths: lengths) }
        let results = [product, one].map { function in
            valueAndGradient(at: [x, scales]) { t in (square(function(t)) * 0.5).sum() + t[0].sum() }
        }
        #expect(one([x, scales]).scalars == product([x, scales]).scalars)
        #expect(abs(results[0].value.item - results[1].value.item) < 1e-3)
        for (a, b) in zip(results[1].gradients, results[0].gradients) {
            expectClose(a.scalars, b.scalars.map { Double($0) }, relativeToMaximum: 1e-5)
        }
        try checkGradients(at: [scales]) { scalingChannels(x, by: $0[0], lengths: nil) }
        try checkGradients(at: [x]) { scalingChannels($0[0], by: scales, lengths: lengths) }
    }

    /// Bits do not depend on the number of threads, at sizes at which several are used.
    @Test func threadsChangeNothing() {
        let q = Tensor.normal([5, 60, 40], key: RandomKey(seed: 8))
        let k = Tensor.normal([5, 60, 40], key: RandomKey(seed: 9))
        let v = Tensor.normal([40], key: RandomKey(seed: 10))
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        let results = [1, 3].map { threads -> [[Float]] in
            Parallelism.threads = threads
            let (value, gradients) = valueAndGradient(at: [q, k, v]) { x in
                softmax(
                    additiveScores(queries: x[0], keys: x[1], vector: x[2], lengths: [60, 3, 20, 60, 41]),
                    lengths: [60, 3, 20, 60, 41]
                ).maximum(axes: [2]).sum()
            }
            return [value.scalars] + gradients.map(\.scalars)
        }
        #expect(results[0] == results[1])
    }
}
