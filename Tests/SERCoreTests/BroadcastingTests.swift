// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

struct BroadcastingTests {
    /// Every pair of shapes against a plain loop over coordinates.
    @Test(arguments: [
        ([2, 3], [2, 3]), ([2, 3], [3]), ([2, 3], [2, 1]), ([2, 3], []), ([], [2, 3]), ([3], [2, 3]),
        ([2, 1], [2, 3]),
        ([2, 1], [1, 3]), ([4, 1, 5], [2, 1]), ([2, 3, 4], [3, 1]), ([2, 1, 4], [1, 3, 1]), ([0, 3], [3]), ([1], [0]),
        ([2, 3, 1, 5], [3, 4, 1]), ([70, 5], [5]), ([5], [5, 1]), ([1, 1], [1]), ([2, 3, 4, 5], [2, 1, 4, 1]),
        ([600, 500], [500]), ([600, 500], [600, 1]), ([300, 1, 900], [7, 1]),
    ])
    func agreesWithALoop(a: [Int], b: [Int]) {
        let x = Tensor.uniform(a, key: RandomKey(seed: 1))
        let y = Tensor.uniform(b, low: 1, high: 2, key: RandomKey(seed: 2))
        let difference = x - y, quotient = x / y
        let rank = max(a.count, b.count)
        let wideA = [Int](repeating: 1, count: rank - a.count) + a
        let wideB = [Int](repeating: 1, count: rank - b.count) + b
        let shape = zip(wideA, wideB).map { $0 == 1 ? $1 : $0 }
        #expect(difference.shape == shape)
        let (xs, ys) = (x.scalars, y.scalars)
        var expected: [Float] = [], divided: [Float] = []
        for place in 0..<shape.reduce(1, *) {
            var (rest, i, j, strideA, strideB) = (place, 0, 0, 1, 1)
            for axis in shape.indices.reversed() {
                let coordinate = rest % shape[axis]
                rest /= shape[axis]
                if wideA[axis] > 1 { i += coordinate * strideA }
                if wideB[axis] > 1 { j += coordinate * strideB }
                strideA *= wideA[axis]
                strideB *= wideB[axis]
            }
            expected.append(xs[i] - ys[j])
            divided.append(xs[i] / ys[j])
        }
        #expect(difference.scalars == expected)
        #expect(quotient.scalars == divided)
    }

    @Test func shapesThatDoNotFitStopTheProgram() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.zeros([2, 3]) + Tensor.zeros([2])
        }
        let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(message.contains("+: shapes [2, 3] and [2] do not broadcast: axis 1 has 3 and 2"))
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).matmul(Tensor.zeros([2, 3])) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).sum(axes: [2]) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).reshaped([4]) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([0]).maximum() }
    }
}
