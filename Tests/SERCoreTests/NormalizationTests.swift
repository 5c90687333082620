// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

@Suite struct NormalizationTests {
    @Test func batchNormalizationEqualsPyTorch() throws {
        for c in try WindowFixture.load().batchNormalizations {
            let channels = c.x.count == 4 ? c.x[1] : c.x[c.x.count - 1]
            let shifted = Tensor(pattern(c.x, 1).scalars.map { $0 + 3 }, shape: c.x)
            let inputs = [shifted, pattern([channels], 5), pattern([channels], 6)]
            func run(_ t: [Tensor]) -> (Tensor, BatchStatistics) {
                batchNormalization(
                    t[0], gamma: t[1], beta: t[2], epsilon: 1e-5, statistics: .batch, lengths: c.lengths)
            }
            let (y, used) = run(inputs)
            expectClose(y.scalars, c.output, c.name)
            expectClose(used.mean.scalars, try #require(c.mean), "\(c.name), mean")
            expectClose(used.variance.scalars, try #require(c.variance), "\(c.name), variance")
            expectGradients(gradients(inputs) { run($0).0 }, c.gradients, c.name)
        }
    }

    @Test func varianceSurvivesALargeMean() {
        let values = (0..<4000).map { Float(4096 + $0 % 2) }  // variance 1/4, exactly representable
        for shape in [[4000, 1], [4, 1000, 1], [4, 1, 10, 100]] {
            let (_, used) = batchNormalization(
                Tensor(values, shape: shape), gamma: .ones([1]), beta: .zeros([1]), epsilon: 0, statistics: .batch)
            expectClose(used.variance.scalars, [0.25], "\(shape)")
        }
    }

    @Test func frozenStatisticsAreConstants() {
        let inputs = [pattern([4, 3], 1), pattern([3], 5), pattern([3], 6)]
        let (mean, variance) = (Tensor([1, 2, 3]), Tensor([4, 9, 16]))
        func run(_ t: [Tensor]) -> Tensor {
            batchNormalization(
                t[0], gamma: t[1], beta: t[2], epsilon: 0, statistics: .fixed(mean: mean, variance: variance)
            ).0
        }
        let (x, gamma, beta) = (inputs[0].scalars, inputs[1].scalars, inputs[2].scalars)
        let expected = (0..<12).map { i in
            let c = i % 3
            return Double(gamma[c] * (x[i] - Float(c + 1)) / Float(c + 2) + beta[c])
        }
        expectClose(run(inputs).scalars, expected)
        let upstream = pattern([4, 3], 4).scalars
        let dx = (0..<12).map { i in Double(upstream[i] * gamma[i % 3] / Float(i % 3 + 2)) }
        expectClose(gradients(inputs, run)[0].scalars, dx)
    }

    @Test func layerNormalizationEqualsPyTorch() throws {
        for c in try WindowFixture.load().layerNormalizations {
            let features = c.x[c.x.count - 1]
            let inputs = [pattern(c.x, 1), pattern([features], 5), pattern([features], 6)]
            func run(_ t: [Tensor]) -> Tensor { layerNormalization(t[0], gamma: t[1], beta: t[2]) }
            expectClose(run(inputs).scalars, c.output, c.name)
            expectGradients(gradients(inputs, run), c.gradients, c.name)
        }
    }

    @Test func runningStatisticsMoveAsPyTorchs() throws {
        let layer = BatchNorm(momentum: 0.25)
        let x = Tensor([1, 2, 3, 6], shape: [4, 1])  // mean 3, unbiased variance 14/3
        let scope = LayerScope(
            path: "norm", parameters: [("weight", 0), ("bias", 1)], states: [("running_mean", 0), ("running_var", 1)])
        func context(_ mode: Mode) -> Context {
            Context(
                mode: mode, parameters: ["norm.weight": .ones([1]), "norm.bias": .zeros([1])],
                state: ["norm.running_mean": .zeros([1]), "norm.running_var": .ones([1])], scope: scope)
        }
        var training = context(.training(RandomKey(seed: 1)))
        _ = layer(Signal(x), in: &training)
        expectClose(training.state("running_mean").scalars, [0.75])
        expectClose(training.state("running_var").scalars, [0.75 + 0.25 * 14 / 3])
        var inference = context(.inference)
        expectClose(layer(Signal(x), in: &inference).values.scalars, [1, 2, 3, 6].map { $0 / (1 + 1e-5).squareRoot() })
        #expect(inference.state("running_mean").scalars == [0])
        var frozen = context(.training(RandomKey(seed: 1)))
        _ = BatchNorm(isFrozen: true)(Signal(x), in: &frozen)
        #expect(frozen.state("running_var").scalars == [1])
    }
}
