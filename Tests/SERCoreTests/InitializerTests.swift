// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

struct InitializerTests {
    static let all: [Initializer] = [
        .zeros, .ones, .constant(3), .uniform(-2, 5), .normal(mean: 1, standardDeviation: 2), .pytorchUniform,
        .glorotUniform, .glorotNormal, .heUniform, .heNormal, .orthogonal(), .orthogonal(gain: 2),
    ]

    @Test(arguments: all) func dependsOnTheKeyAlone(_ initializer: Initializer) throws {
        let decoded = try JSONDecoder().decode(Initializer.self, from: JSONEncoder().encode(initializer))
        #expect(decoded == initializer)
        let (key, other) = (RandomKey(seed: 1), RandomKey(seed: 2))
        let values = initializer([7, 5], key: key).scalars
        #expect(initializer([7, 5], key: key).scalars == values)
        #expect(decoded([7, 5], key: key).scalars == values)
        if Set(values).count > 1 { #expect(initializer([7, 5], key: other).scalars != values) }
    }

    @Test(arguments: all) func everyShapeWorks(_ initializer: Initializer) {
        for shape in [[], [0], [1], [5], [3, 0], [1, 1], [2, 3, 4], [4, 2, 3, 3]] {
            let tensor = initializer(shape, key: RandomKey(seed: 3))
            #expect(tensor.shape == shape)
            #expect(tensor.scalars.allSatisfy { $0.isFinite }, "\(initializer) \(shape)")
        }
    }

    /// Fans of a convolution's weight [64, 24, 3, 5]: 24 * 15 in, 64 * 15 out.
    @Test func variancesFollowTheFans() {
        let (input, output) = (360.0, 960.0)
        let expected: [(Initializer, Double, Double?)] = [
            (.pytorchUniform, 1 / input / 3, (1 / input).squareRoot()),
            (.glorotUniform, 2 / (input + output), (6 / (input + output)).squareRoot()),
            (.heUniform, 2 / input, (6 / input).squareRoot()),
            (.glorotNormal, 2 / (input + output), nil),
            (.heNormal, 2 / input, nil),
            (.normal(mean: 0, standardDeviation: 3), 9, nil),
            (.uniform(-2, 2), 4.0 / 3, 2),
        ]
        for (initializer, variance, bound) in expected {
            let values = initializer([64, 24, 3, 5], key: RandomKey(seed: 4)).scalars.map { Double($0) }
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
            // Five standard errors: of the mean, sqrt(v / n); of the variance, at most v sqrt(2 / n).
            #expect(abs(mean) < 5 * (variance / count).squareRoot(), "\(initializer): mean \(mean)")
            #expect(abs(spread - variance) < 5 * variance * (2 / count).squareRoot(), "\(initializer): \(spread)")
            let most = values.map { abs($0) }.max() ?? 0
            if let bound { #expect(most <= bound * (1 + 1e-6) && most > 0.99 * bound, "\(initializer): \(most)") }
            if bound == nil { #expect(most > 3.5 * variance.squareRoot(), "\(initializer) has no tails") }
        }
    }

    @Test func fansOfAMatrixAreItsSides() {
        let values = Initializer.pytorchUniform([400, 25], key: RandomKey(seed: 5)).scalars
        let most = values.map { abs($0) }.max() ?? 0
        #expect(most <= 0.2 && most > 0.198)
    }

    @Test(arguments: [[5, 5], [40, 7], [7, 40], [128, 128], [8, 3, 3, 3], [1, 9]])
    func orthogonalRowsOrColumns(_ shape: [Int]) {
        let gain: Float = 1.5
        let tensor = Initializer.orthogonal(gain: gain)(shape, key: RandomKey(seed: 6))
        let (rows, columns) = (shape[0], shape.dropFirst().reduce(1, *))
        let q = tensor.scalars.map { Double($0 / gain) }
        let vectors: [[Double]] =
            rows <= columns
            ? (0..<rows).map { r in (0..<columns).map { q[r * columns + $0] } }
            : (0..<columns).map { c in (0..<rows).map { q[$0 * columns + c] } }
        for (i, a) in vectors.enumerated() {
            for (j, b) in vectors.enumerated() {
                let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(product - (i == j ? 1 : 0)) < 5e-6, "\(shape): \(i), \(j): \(product)")
            }
        }
    }

    /// Without the sign correction, Householder's Q has a diagonal of one sign.
    @Test func orthogonalMatricesHaveNoPreferredSign() {
        let positive = (0..<200).count { seed in
            Initializer.orthogonal()([3, 3], key: RandomKey(seed: UInt64(seed))).scalars[0] > 0
        }
        #expect((60...140).contains(positive))
    }
}
