// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// The splittable random key that seeds everything random in the library.
public typealias RandomKey = SERSupport.RandomKey
/// The setting of how many threads the library's loops use.
public typealias Parallelism = SERSupport.Parallelism

/// A multi-dimensional array of 32-bit floats, row-major and immutable: operations make new tensors.
///
/// A tensor that comes out of operations on the parameters of `valueAndGradient(at:)` remembers how it was computed,
/// until that call returns.
public struct Tensor: Sendable {
    /// The length of each axis; empty for a scalar.
    public let shape: [Int]
    package let buffer: Buffer
    package let offset: Int
    package let trace: Trace?

    package init(buffer: Buffer, offset: Int = 0, shape: [Int], trace: Trace? = nil) {
        self.shape = shape
        self.buffer = buffer
        self.offset = offset
        self.trace = trace
    }

    /// A tensor of the given values in row-major order.
    ///
    /// Stops the program when the number of values is not the product of the shape.
    public init(_ values: [Float], shape: [Int]) {
        let count = Tensor.count(of: shape, in: "Tensor.init")
        require(values.count == count, "Tensor.init: \(values.count) values cannot fill shape \(shape)")
        self.init(shape: shape) { out in
            values.withUnsafeBufferPointer { if let base = $0.baseAddress { out.update(from: base, count: count) } }
        }
    }

    /// A one-dimensional tensor.
    public init(_ values: [Float]) { self.init(values, shape: [values.count]) }

    /// A scalar: a tensor without axes.
    public init(_ value: Float) { self.init([value], shape: []) }

    /// A tensor whose values `fill` writes, all of them.
    package init(shape: [Int], fill: (UnsafeMutablePointer<Float>) -> Void) {
        let buffer = Buffer(uninitialized: Tensor.count(of: shape, in: "Tensor"))
        fill(buffer.pointer)
        self.init(buffer: buffer, shape: shape)
    }

    /// How many values the tensor holds.
    public var count: Int { shape.reduce(1, *) }

    /// How many axes the tensor has.
    public var rank: Int { shape.count }

    /// The values in row-major order.
    public var scalars: [Float] {
        let count = count
        return [Float](unsafeUninitializedCapacity: count) { out, filled in
            withPointer { if let base = out.baseAddress { base.initialize(from: $0, count: count) } }
            filled = count
        }
    }

    /// The only value of a tensor that holds one.
    public var item: Float {
        require(count == 1, "Tensor.item: shape \(shape) holds \(count) values, not one")
        return withPointer { $0[0] }
    }

    /// The same values without the memory of how they were computed: a constant to differentiation.
    public var detached: Tensor {
        trace == nil ? self : Tensor(buffer: buffer, offset: offset, shape: shape)
    }

    /// Lends the address of the first value; it must not leave the closure.
    package func withPointer<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
        withExtendedLifetime(buffer) { body(UnsafePointer(buffer.pointer + offset)) }
    }

    package static func count(of shape: [Int], in operation: String) -> Int {
        var product = 1
        for length in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: length)
            require(length >= 0 && !overflow, "\(operation): \(shape) is not a shape")
            product = next
        }
        return product
    }

    /// The axis counted from the front; negative axes count from the back.
    package func axis(_ axis: Int, in operation: String) -> Int {
        let resolved = axis < 0 ? axis + rank : axis
        require((0..<rank).contains(resolved), "\(operation): axis \(axis) does not exist in shape \(shape)")
        return resolved
    }
}

/// Lends the addresses of two tensors.
package func withPointers<Result>(
    _ a: Tensor, _ b: Tensor, _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Result
) -> Result {
    a.withPointer { pa in b.withPointer { pb in body(pa, pb) } }
}

/// Lends the addresses of three tensors.
package func withPointers<Result>(
    _ a: Tensor, _ b: Tensor, _ c: Tensor,
    _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>) -> Result
) -> Result {
    a.withPointer { pa in b.withPointer { pb in c.withPointer { pc in body(pa, pb, pc) } } }
}
