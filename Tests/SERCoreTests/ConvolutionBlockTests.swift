// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

@Suite struct ConvolutionBlockTests {
    private func run(_ c: WindowFixture.Block, _ t: [Tensor]) -> (Tensor, BatchStatistics) {
        let geometry = WindowGeometry(
            window: Extent([c.weight[2], c.weight[3]]), stride: Extent(c.stride), padding: Padding(c.pads))
        let statistics: NormalizationStatistics =
            c.frozen
            ? .fixed(mean: Tensor(c.mean.map { Float($0) }), variance: Tensor(c.variance.map { Float($0) })) : .batch
        return ConvolutionBlockOperation(
            x: t[0], weight: t[1], bias: c.bias ? t[4] : nil, gamma: t[2], beta: t[3], epsilon: 1e-5,
            geometry: geometry, groups: 1, rectifies: c.relu, pool: Extent(c.pool), lengths: c.lengths)(statistics)
    }

    /// The inputs of convolution.py: half of the first image silent, one channel with a gamma of 0.
    private func inputs(_ c: WindowFixture.Block) -> [Tensor] {
        let filters = c.weight[0]
        var x = pattern(c.x, 1).scalars
        let (plane, width) = (c.x[2] * c.x[3], c.x[3])
        for i in 0..<(c.x[1] * plane) where i % width >= width / 2 { x[i] = 0 }
        var gamma = pattern([filters], 5).scalars
        gamma[0] = 0
        let inputs = [Tensor(x, shape: c.x), pattern(c.weight, 2), Tensor(gamma), pattern([filters], 6)]
        return inputs + (c.bias ? [pattern([filters], 3)] : [])
    }

    @Test func equalsPyTorch() throws {
        for c in try WindowFixture.load().blocks {
            let inputs = inputs(c)
            withEachInstructionSet { set in
                let (y, used) = run(c, inputs)
                #expect(y.shape == c.outputShape, "\(c.name)")
                expectClose(y.scalars, c.output, "\(c.name), \(set)")
                expectClose(used.mean.scalars, c.mean, "\(c.name), \(set), mean")
                expectClose(used.variance.scalars, c.variance, "\(c.name), \(set), variance")
                expectGradients(gradients(inputs) { run(c, $0).0 }, c.gradients, "\(c.name), \(set)")
                // A constant image, as a network's input is, takes another way through the first layer.
                let others = gradients(Array(inputs.dropFirst())) { run(c, [inputs[0]] + $0).0 }
                expectGradients(others, Array(c.gradients.dropFirst()), "\(c.name), \(set), constant input")
            }
        }
    }

    @Test func equalsItsPartsOneByOne() {
        let inputs = [
            pattern([3, 4, 9, 10], 1), pattern([7, 4, 3, 3], 2), pattern([7], 5), pattern([7], 6), pattern([7], 3),
        ]
        let lengths = [10, 5, 8]
        func fused(_ t: [Tensor]) -> Tensor {
            ConvolutionBlockOperation(
                x: t[0], weight: t[1], bias: t[4], gamma: t[2], beta: t[3], epsilon: 1e-3,
                geometry: WindowGeometry(window: 3, padding: .same), groups: 1, rectifies: true,
                pool: Extent(height: 3, width: 2), lengths: lengths)(.batch).0
        }
        func parts(_ t: [Tensor]) -> Tensor {
            let y = convolution2D(t[0], weight: t[1], bias: t[4], padding: .same, lengths: lengths)
            let (z, _) = batchNormalization(
                y, gamma: t[2], beta: t[3], epsilon: 1e-3, statistics: .batch, lengths: lengths)
            return maxPooling2D(relu(z), window: Extent(height: 3, width: 2), lengths: lengths)
        }
        let expected = parts(inputs)
        #expect(fused(inputs).shape == expected.shape)
        expectClose(fused(inputs).scalars, expected.scalars.map(Double.init), relativeToMaximum: 1e-5)
        let reference = gradients(inputs, parts).map { $0.scalars.map(Double.init) }
        expectGradients(gradients(inputs, fused), reference, "fused")
    }

    /// A NaN in an image comes out of every window that it reaches, wherever in it, and out of no other: as of the
    /// parts one by one. Both ways through the block, that of a network's first layer and that of others.
    @Test(arguments: [1, 3, 20]) func aNaNComesOutOfEveryWindowThatItReaches(channels: Int) {
        let filters = 20, height = 6, width = 9
        let (weight, bias) = (pattern([filters, channels, 3, 3], 2), pattern([filters], 3))
        var gamma = pattern([filters], 5).scalars
        gamma[1] = -gamma[1].magnitude - 0.1  // the least of a window wins
        let (mean, variance) = (pattern([filters], 7), Tensor([Float](repeating: 0.5, count: filters)))
        let pool = Extent(height: 3, width: 2)
        for rectifies in [false, true] {
            for place in 0..<(height * width) {
                var x = pattern([2, channels, height, width], 1).scalars
                x[place] = .nan
                let inputs = [
                    Tensor(x, shape: [2, channels, height, width]), weight, Tensor(gamma), pattern([filters], 6), bias,
                ]
                func fused(_ t: [Tensor]) -> Tensor {
                    ConvolutionBlockOperation(
                        x: t[0], weight: t[1], bias: t[4], gamma: t[2], beta: t[3], epsilon: 1e-3,
                        geometry: WindowGeometry(window: 3, padding: .same), groups: 1, rectifies: rectifies,
                        pool: pool,
                        lengths: nil)(.fixed(mean: mean, variance: variance)).0
                }
                func parts(_ t: [Tensor]) -> Tensor {
                    let y = convolution2D(t[0], weight: t[1], bias: t[4], padding: .same)
                    let (z, _) = batchNormalization(
                        y, gamma: t[2], beta: t[3], epsilon: 1e-3, statistics: .fixed(mean: mean, variance: variance))
                    return maxPooling2D(rectifies ? relu(z) : z, window: pool)
                }
                let expected = parts(inputs).scalars.map(\.isNaN)
                #expect(expected.contains(true) && expected.contains(false))
                withEachInstructionSet { set in
                    #expect(fused(inputs).scalars.map { $0.isNaN } == expected, "\(set), place \(place)")
                    // The weights' gradients learn of it, with a constant image and without.
                    let own = gradients(inputs, fused), reference = gradients(inputs, parts)
                    let others = gradients(Array(inputs.dropFirst())) { fused([inputs[0]] + $0) }
                    for (index, gradient) in reference.enumerated() where (1...3).contains(index) {
                        let isNaN = gradient.scalars.contains { $0.isNaN }
                        #expect(own[index].scalars.contains { $0.isNaN } == isNaN, "\(set), \(index)")
                        #expect(others[index - 1].scalars.contains { $0.isNaN } == isNaN, "\(set), \(index)")
                    }
                    // Fixed statistics do not follow the values, which then have no part in what comes back to them.
                    #expect(own[0].scalars.allSatisfy { $0.isFinite }, "\(set)")
                    #expect(reference[0].scalars.allSatisfy { $0.isFinite })
                    // A sum of what came back, to which the values themselves are nothing.
                    #expect(own[4].scalars.allSatisfy { $0.isFinite }, "\(set)")
                }
            }
        }
    }

    @Test func resultsDoNotDependOnTheNumberOfThreads() {
        let inputs = [
            pattern([9, 3, 20, 37], 1), pattern([33, 3, 3, 3], 2), pattern([33], 5), pattern([33], 6), pattern([33], 3),
        ]
        func run() -> [[Float]] {
            func network(_ t: [Tensor]) -> Tensor {
                ConvolutionBlockOperation(
                    x: t[0], weight: t[1], bias: t[4], gamma: t[2], beta: t[3], epsilon: 1e-5,
                    geometry: WindowGeometry(window: 3, padding: .same), groups: 1, rectifies: true, pool: 2,
                    lengths: nil)(.batch).0
            }
            return [network(inputs).scalars] + gradients(inputs, network).map(\.scalars)
        }
        let threads = Parallelism.threads
        defer { Parallelism.threads = threads }
        Parallelism.threads = 1
        let one = run()
        for count in [2, 4] {
            Parallelism.threads = count
            #expect(run() == one, "\(count) threads")
        }
    }
}
