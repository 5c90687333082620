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
