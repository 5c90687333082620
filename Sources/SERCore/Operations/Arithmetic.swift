// SPDX-License-Identifier: Apache-2.0

import CSERKernels

extension Tensor {
    /// Element-wise sum; shapes broadcast as in NumPy.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        binary("+", ser_binary_add, a, b) { aShape, bShape, shape in
            { upstream, cotangents in
                cotangents.addSum(of: upstream, to: 0, shape: aShape)
                cotangents.addSum(of: upstream, to: 1, shape: bShape)
            }
        }
    }

    /// Element-wise difference; shapes broadcast as in NumPy.
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        binary("-", ser_binary_subtract, a, b) { aShape, bShape, shape in
            { upstream, cotangents in
                cotangents.addSum(of: upstream, to: 0, shape: aShape)
                cotangents.addSum(of: upstream, to: 1, shape: bShape, scale: -1)
            }
        }
    }

    /// Element-wise product; shapes broadcast as in NumPy.
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        let shape = Broadcasting.shape(a.shape, b.shape, in: "*")
        return Tensor.operation(shape: shape, [a, b]) { out in
            withPointers(a, b) {
                Broadcasting.apply(ser_binary_multiply, shape: shape, into: out, $0, a.shape, $1, b.shape)
            }
        } pullback: { [aShape = a.shape, bShape = b.shape] _ in
            let savedA = b.trace == nil ? nil : a.detached
            let savedB = a.trace == nil ? nil : b.detached
            return { upstream, cotangents in
                if let savedB { cotangents.addSum(ser_binary_multiply, upstream, savedB, to: 0, shape: aShape) }
                if let savedA { cotangents.addSum(ser_binary_multiply, upstream, savedA, to: 1, shape: bShape) }
            }
        }
    }

    /// Element-wise quotient; shapes broadcast as in NumPy.
    public static func / (a: Tensor, b: Tensor) -> Tensor {
        let shape = Broadcasting.shape(a.shape, b.shape, in: "/")
        return Tensor.operation(shape: shape, [a, b]) { out in
            withPointers(a, b) {
                Broadcasting.apply(ser_binary_divide, shape: shape, into: out, $0, a.shape, $1, b.shape)
            }
        } pullback: { [b = b.detached, aShape = a.shape] quotient in
            { upstream, cotangents in
                cotangents.addSum(ser_binary_divide, upstream, b, to: 0, shape: aShape)
                guard cotangents.isWanted(1) else { return }
                cotangents.addSum(ser_binary_divide, -(upstream * quotient), b, to: 1, shape: b.shape)
            }
        }
    }

    /// The negative of each element.
    public static prefix func - (a: Tensor) -> Tensor { a * -1 }

    /// Each element plus a number.
    public static func + (a: Tensor, b: Float) -> Tensor {
        let count = a.count
        return Tensor.operation(shape: a.shape, [a]) { out in
            a.withPointer { pa in inChunks(count) { ser_add_constant(out + $0, pa + $0, b, Int64($1)) } }
        } pullback: { _ in
            { upstream, cotangents in cotangents.add(upstream, to: 0) }
        }
    }

    /// Each element times a number.
    public static func * (a: Tensor, b: Float) -> Tensor {
        let count = a.count
        return Tensor.operation(shape: a.shape, [a]) { out in
            a.withPointer { pa in inChunks(count) { ser_scale(out + $0, pa + $0, b, Int64($1), false) } }
        } pullback: { _ in
            { upstream, cotangents in
                cotangents.write(0, shape: upstream.shape) { out, accumulate in
                    upstream.withPointer { dy in
                        inChunks(count) { ser_scale(out + $0, dy + $0, b, Int64($1), accumulate) }
                    }
                }
            }
        }
    }

    /// A number divided by each element.
    public static func / (a: Float, b: Tensor) -> Tensor {
        unary(b, ser_unary_reciprocal, ser_unary_reciprocal_backward, .input, a)
    }

    /// Each element less a number.
    public static func - (a: Tensor, b: Float) -> Tensor { a + -b }
    /// Each element divided by a number.
    public static func / (a: Tensor, b: Float) -> Tensor {
        unary(a, ser_unary_quotient, ser_unary_quotient_backward, .input, b)
    }
    /// A number plus each element.
    public static func + (a: Float, b: Tensor) -> Tensor { b + a }
    /// A number less each element.
    public static func - (a: Float, b: Tensor) -> Tensor { b * -1 + a }
    /// A number times each element.
    public static func * (a: Float, b: Tensor) -> Tensor { b * a }

    /// Adds, element by element; the shapes broadcast.
    public static func += (a: inout Tensor, b: Tensor) { a = a + b }
    /// Subtracts, element by element; the shapes broadcast.
    public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
    /// Multiplies, element by element; the shapes broadcast.
    public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
    /// Divides, element by element; the shapes broadcast.
    public static func /= (a: inout Tensor, b: Tensor) { a = a / b }

    /// An element-wise operation on two tensors that broadcast, whose backward pass needs shapes alone, no values.
    private static func binary(
        _ name: String, _ kernel: ser_binary_kernel, _ a: Tensor, _ b: Tensor,
        pullback: (_ a: [Int], _ b: [Int], _ shape: [Int]) -> Pullback
    ) -> Tensor {
        let shape = Broadcasting.shape(a.shape, b.shape, in: name)
        return Tensor.operation(shape: shape, [a, b]) { out in
            withPointers(a, b) { Broadcasting.apply(kernel, shape: shape, into: out, $0, a.shape, $1, b.shape) }
        } pullback: { _ in
            pullback(a.shape, b.shape, shape)
        }
    }
}

extension Cotangents {
    /// Adds `scale * gradient`, summed over the axes along which the input was repeated, so that it has the input's
    /// shape.
    package mutating func addSum(of gradient: Tensor, to position: Int, shape: [Int], scale: Float = 1) {
        guard isWanted(position) else { return }
        if gradient.shape == shape, scale == 1 { return add(gradient, to: position) }
        write(position, shape: shape) { out, accumulate in
            gradient.withPointer {
                Reduction.sum($0, gradient.shape, downTo: shape, into: out, scale: scale, accumulate: accumulate)
            }
        }
    }

    /// Adds kernel(upstream, operand), summed over the axes along which the input was repeated.
    package mutating func addSum(
        _ kernel: ser_binary_kernel, _ upstream: Tensor, _ operand: Tensor, to position: Int, shape: [Int]
    ) {
        guard isWanted(position) else { return }
        if upstream.shape == shape {
            return write(position, shape: shape) { out, accumulate in
                withPointers(upstream, operand) {
                    Broadcasting.apply(
                        kernel, shape: shape, into: out, accumulate: accumulate, $0, shape, $1, operand.shape)
                }
            }
        }
        let full = Tensor(shape: upstream.shape) { out in
            withPointers(upstream, operand) {
                Broadcasting.apply(kernel, shape: upstream.shape, into: out, $0, upstream.shape, $1, operand.shape)
            }
        }
        addSum(of: full, to: position, shape: shape)
    }
}
