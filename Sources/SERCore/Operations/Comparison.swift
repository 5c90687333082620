// SPDX-License-Identifier: Apache-2.0

import CSERKernels

// Masks are tensors of 0 and 1: constants to differentiation.
extension Tensor {
    /// 1 where a < b, else 0; shapes broadcast.
    public static func .< (a: Tensor, b: Tensor) -> Tensor { compare(".<", ser_binary_less, a, b) }
    /// 1 where a <= b, else 0; shapes broadcast.
    public static func .<= (a: Tensor, b: Tensor) -> Tensor { compare(".<=", ser_binary_less_equal, a, b) }
    /// 1 where a > b, else 0; shapes broadcast.
    public static func .> (a: Tensor, b: Tensor) -> Tensor { compare(".>", ser_binary_less, b, a) }
    /// 1 where a >= b, else 0; shapes broadcast.
    public static func .>= (a: Tensor, b: Tensor) -> Tensor { compare(".>=", ser_binary_less_equal, b, a) }
    /// 1 where a equals b, else 0; shapes broadcast.
    public static func .== (a: Tensor, b: Tensor) -> Tensor { compare(".==", ser_binary_equal, a, b) }
    /// 1 where a differs from b, else 0; shapes broadcast.
    public static func .!= (a: Tensor, b: Tensor) -> Tensor { compare(".!=", ser_binary_not_equal, a, b) }

    /// 1 where a < b, else 0.
    public static func .< (a: Tensor, b: Float) -> Tensor { a .< Tensor(b) }
    /// 1 where a <= b, else 0.
    public static func .<= (a: Tensor, b: Float) -> Tensor { a .<= Tensor(b) }
    /// 1 where a > b, else 0.
    public static func .> (a: Tensor, b: Float) -> Tensor { a .> Tensor(b) }
    /// 1 where a >= b, else 0.
    public static func .>= (a: Tensor, b: Float) -> Tensor { a .>= Tensor(b) }
    /// 1 where a equals b, else 0.
    public static func .== (a: Tensor, b: Float) -> Tensor { a .== Tensor(b) }
    /// 1 where a differs from b, else 0.
    public static func .!= (a: Tensor, b: Float) -> Tensor { a .!= Tensor(b) }

    private static func compare(_ name: String, _ kernel: ser_binary_kernel, _ a: Tensor, _ b: Tensor) -> Tensor {
        let shape = Broadcasting.shape(a.shape, b.shape, in: name)
        return Tensor(shape: shape) { out in
            withPointers(a, b) { Broadcasting.apply(kernel, shape: shape, into: out, $0, a.shape, $1, b.shape) }
        }
    }
}

/// Elements of `a` where the mask is not 0, of `b` where it is; all three shapes broadcast.
///
/// Gradients pass only to the side chosen, so NaN and infinity on the other do not spread.
public func `where`(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let pair = Broadcasting.shape(a.shape, b.shape, in: "where")
    let shape = Broadcasting.shape(mask.shape, pair, in: "where")
    let m = mask.detached.repeated(to: shape)
    let (wideA, wideB) = (a.detached.repeated(to: shape), b.detached.repeated(to: shape))
    return Tensor.operation(shape: shape, [a, b]) { out in
        withPointers(m, wideA, wideB) { pm, pa, pb in
            inChunks(m.count) { ser_where(out + $0, pm + $0, pa + $0, pb + $0, Int64($1)) }
        }
    } pullback: { [aShape = a.shape, bShape = b.shape] _ in
        { upstream, cotangents in
            cotangents.addSum(ser_binary_masked, upstream, m, to: 0, shape: aShape)
            guard cotangents.isWanted(1) else { return }
            cotangents.addSum(ser_binary_masked, upstream, m .== 0, to: 1, shape: bShape)
        }
    }
}

/// x where the mask is not 0, else 0, even where x is NaN; a constant to differentiation.
func masked(_ x: Tensor, by mask: Tensor) -> Tensor {
    let shape = Broadcasting.shape(x.shape, mask.shape, in: "where")
    return Tensor(shape: shape) { out in
        withPointers(x, mask) {
            Broadcasting.apply(ser_binary_masked, shape: shape, into: out, $0, x.shape, $1, mask.shape)
        }
    }
}

extension Tensor {
    /// The values repeated along axes of length 1 until the shape is `target`. Shapes align at their last axes.
    public func repeated(to target: [Int]) -> Tensor {
        if shape == target { return self }
        let result = Broadcasting.shape(shape, target, in: "repeated")
        require(result == target, "repeated: shape \(shape) cannot be repeated to \(target)")
        return Tensor.operation(shape: target, [self]) { out in
            let loop = StridedLoop(
                target, contiguousStrides(of: target), Broadcasting.strides(of: shape, broadcastTo: target))
            withPointer { x in loop.copy(x, to: out, accumulate: false) }
        } pullback: { [shape] _ in
            { upstream, cotangents in cotangents.addSum(of: upstream, to: 0, shape: shape) }
        }
    }
}
