// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Which value the derivative of a function of one number is written in.
enum SavedValue {
    case input, output
}

/// A function of one number with two constants, applied to each element.
func unary(
    _ x: Tensor, _ kernel: ser_unary_kernel, _ backward: @escaping ser_unary_backward_kernel, _ saved: SavedValue,
    _ p: Float = 0, _ q: Float = 0
) -> Tensor {
    let count = x.count
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { px in inChunks(count) { kernel(out + $0, px + $0, p, q, Int64($1)) } }
    } pullback: { output in
        let s = saved == .input ? x.detached : output
        return { upstream, cotangents in
            cotangents.write(0, shape: s.shape) { out, accumulate in
                withPointers(upstream, s) { dy, ps in
                    inChunks(count) { backward(out + $0, dy + $0, ps + $0, p, q, Int64($1), accumulate) }
                }
            }
        }
    }
}

/// e to the power of each element.
public func exp(_ x: Tensor) -> Tensor { unary(x, ser_unary_exp, ser_unary_exp_backward, .output) }

/// Natural logarithm of each element: -infinity at 0, NaN below.
public func log(_ x: Tensor) -> Tensor { unary(x, ser_unary_log, ser_unary_log_backward, .input) }

/// Square root of each element: NaN below 0; the derivative at 0 is infinite.
public func sqrt(_ x: Tensor) -> Tensor { unary(x, ser_unary_sqrt, ser_unary_sqrt_backward, .output) }

/// Square of each element.
public func square(_ x: Tensor) -> Tensor { unary(x, ser_unary_square, ser_unary_square_backward, .input) }

/// Magnitude of each element; the derivative at 0 is 0.
public func abs(_ x: Tensor) -> Tensor { unary(x, ser_unary_abs, ser_unary_abs_backward, .input) }

/// Each element to a constant power.
public func power(_ x: Tensor, _ exponent: Float) -> Tensor {
    switch exponent {
    case 2: square(x)
    case 0.5: sqrt(x)
    case 1: x
    case -1: 1 / x
    default: unary(x, ser_unary_power, ser_unary_power_backward, .input, exponent)
    }
}

/// Each element of `base` to the power of the element of `exponent`; shapes broadcast as in NumPy.
///
/// The derivative with respect to an exponent at base 0 is 0, as in PyTorch.
public func power(_ base: Tensor, _ exponent: Tensor) -> Tensor {
    let shape = Broadcasting.shape(base.shape, exponent.shape, in: "power")
    return Tensor.operation(shape: shape, [base, exponent]) { out in
        withPointers(base, exponent) {
            Broadcasting.apply(ser_binary_power, shape: shape, into: out, $0, base.shape, $1, exponent.shape)
        }
    } pullback: { [base = base.detached, exponent = exponent.detached] output in
        { upstream, cotangents in
            if cotangents.isWanted(0) {
                let slope = masked(exponent * power(base, exponent - 1), by: exponent .!= 0)
                cotangents.addSum(ser_binary_multiply, upstream, slope, to: 0, shape: base.shape)
            }
            if cotangents.isWanted(1) {
                let slope = masked(output * log(base), by: (base .!= 0) + (exponent .< 0))
                cotangents.addSum(ser_binary_multiply, upstream, slope, to: 1, shape: exponent.shape)
            }
        }
    }
}

/// The larger element of each pair, NaN if either is; shapes broadcast. Equal elements share the derivative.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { extreme("maximum", ser_binary_maximum, a, b) { $0 .> $1 } }

/// The smaller element of each pair, NaN if either is; shapes broadcast. Equal elements share the derivative.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { extreme("minimum", ser_binary_minimum, a, b) { $0 .< $1 } }

private func extreme(
    _ name: String, _ kernel: @escaping ser_binary_kernel, _ a: Tensor, _ b: Tensor,
    _ wins: @escaping (Tensor, Tensor) -> Tensor
) -> Tensor {
    let shape = Broadcasting.shape(a.shape, b.shape, in: name)
    return Tensor.operation(shape: shape, [a, b]) { out in
        withPointers(a, b) { Broadcasting.apply(kernel, shape: shape, into: out, $0, a.shape, $1, b.shape) }
    } pullback: { [a = a.detached, b = b.detached] _ in
        { upstream, cotangents in
            let half = (a .== b) * 0.5
            cotangents.addSum(ser_binary_multiply, upstream, wins(a, b) + half, to: 0, shape: a.shape)
            cotangents.addSum(ser_binary_multiply, upstream, wins(b, a) + half, to: 1, shape: b.shape)
        }
    }
}

extension Tensor {
    /// Each element moved to the nearest bound if it lies outside; there the derivative is 0.
    public func clamped(to bounds: ClosedRange<Float>) -> Tensor {
        unary(self, ser_unary_clamp, ser_unary_clamp_backward, .input, bounds.lowerBound, bounds.upperBound)
    }
}
