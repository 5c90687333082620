// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

@Suite struct GradientAccumulatorTests {
    private func gradients(_ seed: UInt64) -> Parameters {
        [
            "a": Tensor.normal([7, 3], key: RandomKey(seed: seed)),
            "b": Tensor.normal([50_001], key: RandomKey(seed: seed + 100)),
        ]
    }

    @Test func theMeanIsWeightedAndTakenAnew() {
        var accumulator = GradientAccumulator()
        var places: Set<UnsafePointer<Float>> = []
        for round in 0..<3 {
            let parts = (0..<3).map { gradients(UInt64(10 * round + $0)) }
            let weights = [4.0, 1, 2.5]
            for (part, weight) in zip(parts, weights) { accumulator.add(part, weight: weight) }
            #expect(accumulator.weight == 7.5)
            var calls = 0
            accumulator.takeMean { mean in
                calls += 1
                places.insert(mean.withPointer { $0 })
                for path in mean.paths {
                    let values = parts.map { $0[path].scalars }
                    let found = mean[path].scalars
                    let worst = found.indices.reduce(0.0) { worst, index in
                        let sum = zip(values, weights).reduce(0.0) { $0 + Double($1.0[index]) * $1.1 }
                        return max(worst, abs(Double(found[index]) - sum / 7.5))
                    }
                    #expect(worst < 1e-6, "\(path) in round \(round)")
                }
                // Whoever is lent it may change it.
                mean.clip(norm: 1e-3)
            }
            #expect(calls == 1 && accumulator.weight == 0)
        }
        #expect(places.count == 1, "the sum has one buffer")
        accumulator.takeMean { _ in Issue.record("there is nothing to take the mean of") }
    }
}
