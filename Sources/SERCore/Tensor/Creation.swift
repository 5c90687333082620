// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

extension Tensor {
    /// A tensor of equal values.
    public static func full(_ shape: [Int], _ value: Float) -> Tensor {
        let count = Tensor.count(of: shape, in: "Tensor.full")
        return Tensor(shape: shape) { $0.update(repeating: value, count: count) }
    }

    /// A tensor of zeros.
    public static func zeros(_ shape: [Int]) -> Tensor { full(shape, 0) }

    /// A tensor of ones.
    public static func ones(_ shape: [Int]) -> Tensor { full(shape, 1) }

    /// Values drawn uniformly from low..<high.
    public static func uniform(_ shape: [Int], low: Float = 0, high: Float = 1, key: RandomKey) -> Tensor {
        let count = Tensor.count(of: shape, in: "Tensor.uniform")
        return Tensor(shape: shape) { out in
            ser_random_uniform(out, Int64(count), key.bits)
            for i in 0..<count { out[i] = low + (high - low) * out[i] }
        }
    }

    /// Values drawn from a normal distribution (Box and Muller, 1958).
    public static func normal(
        _ shape: [Int], mean: Float = 0, standardDeviation: Float = 1, key: RandomKey
    ) -> Tensor {
        let count = Tensor.count(of: shape, in: "Tensor.normal")
        let uniform = Tensor.uniform([count + count % 2, 1], key: key)
        return Tensor(shape: shape) { out in
            uniform.withPointer { u in
                for i in stride(from: 0, to: count, by: 2) {
                    let radius = (-2 * log(1 - Double(u[i]))).squareRoot()
                    let angle = 2 * Double.pi * Double(u[i + 1])
                    out[i] = mean + standardDeviation * Float(radius * cos(angle))
                    if i + 1 < count { out[i + 1] = mean + standardDeviation * Float(radius * sin(angle)) }
                }
            }
        }
    }
}
