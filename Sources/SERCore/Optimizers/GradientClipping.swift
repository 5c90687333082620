// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// How gradients are bounded before a step.
public enum GradientClipping: Sendable, Hashable, Codable {
    /// All gradients are scaled together so that their common Euclidean norm is at most this, as PyTorch's
    /// `clip_grad_norm_`.
    case norm(Double)
    /// Every single value is brought into -bound...bound, as PyTorch's `clip_grad_value_`.
    case value(Double)

    /// Throws an ``OptimizerError`` when the bound is not above 0.
    public func validate() throws(OptimizerError) {
        let bound: Double
        switch self {
        case .norm(let limit), .value(let limit): bound = limit
        }
        guard bound > 0 else { throw .setting(name: "gradient clipping", value: bound, expected: "above 0") }
    }

    /// Bounds the gradients.
    public func apply(to gradients: inout Parameters) {
        switch self {
        case .norm(let limit): gradients.clip(norm: limit)
        case .value(let limit): gradients.clip(value: limit)
        }
    }
}

extension Parameters {
    /// The Euclidean norm of all values together, summed in double precision and always in the same order.
    public var norm: Double { withPointer { ser_sum_of_squares($0, Int64(layout.scalarCount)) }.squareRoot() }

    /// Scales all values together by min(1, limit / (norm + 1e-6)), so that their norm is at most `limit`.
    ///
    /// - Returns: The norm before; when it is not finite, every value becomes NaN or 0, as in PyTorch.
    @discardableResult
    public mutating func clip(norm limit: Double) -> Double {
        let norm = norm
        let factor = limit / (norm + 1e-6)
        if !(factor >= 1) {
            let count = Int64(layout.scalarCount)
            withMutablePointer { ser_scale_in_place($0, count, Float(factor)) }
            if norm.isNaN { clearPadding() }
        }
        return norm
    }

    /// Brings every value into -limit...limit.
    public mutating func clip(value limit: Double) {
        let count = Int64(layout.scalarCount)
        withMutablePointer { ser_clamp_in_place($0, count, Float(limit)) }
    }

    private mutating func clearPadding() {
        let layout = layout
        withMutablePointer { layout.clearPadding(of: $0) }
    }
}
