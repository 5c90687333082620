// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// The element-wise sum of its inputs: shapes that agree to the same shape.
public struct Add: Layer {
    public static let kind = "add"

    /// A layer that adds its inputs.
    public init() {}

    public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
        try MergeRules.common(Self.kind, inputs)
    }

    public func callAsFunction(_ inputs: [Signal], in context: inout Context) -> Signal {
        MergeRules.elementwise(Self.kind, inputs, +)
    }
}

/// The element-wise product of its inputs: shapes that agree to the same shape.
public struct Multiply: Layer {
    public static let kind = "multiply"

    /// A layer that multiplies its inputs.
    public init() {}

    public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
        try MergeRules.common(Self.kind, inputs)
    }

    public func callAsFunction(_ inputs: [Signal], in context: inout Context) -> Signal {
        MergeRules.elementwise(Self.kind, inputs, *)
    }
}

/// The element-wise mean of its inputs: shapes that agree to the same shape.
public struct Mean: Layer {
    public static let kind = "mean"

    /// A layer that takes the mean of its inputs.
    public init() {}

    public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
        try MergeRules.common(Self.kind, inputs)
    }

    public func callAsFunction(_ inputs: [Signal], in context: inout Context) -> Signal {
        var sum = MergeRules.elementwise(Self.kind, inputs, +)
        if inputs.count > 1 { sum.values = sum.values * (1 / Float(inputs.count)) }
        return sum
    }
}

/// Its inputs side by side along one axis: `[.time, 8]` and `[.time, 3]` to `[.time, 11]`. All other axes must agree.
public struct Concatenate: Layer {
    public static let kind = "concatenate"

    /// The axis along which inputs are joined, the batch axis left out; -1 is the last.
    public var axis: Int

    /// A layer that joins its inputs along an axis, which cannot be time: rows of a batch differ in length.
    public init(axis: Int = -1) { self.axis = axis }

    public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
        guard let first = inputs.first else { throw MergeRules.none(Self.kind) }
        guard (-first.rank..<first.rank).contains(axis) else {
            throw ShapeError(
                layer: Self.kind, expected: "inputs with an axis \(axis)", got: MergeRules.list(inputs),
                hint: "Axes are counted from 0, the batch axis left out; -1 is the last.")
        }
        let joined = axis < 0 ? axis + first.rank : axis
        var output = first
        for input in inputs.dropFirst() {
            var rest = input
            if input.rank == first.rank { rest[joined] = output[joined] }
            guard let shape = MergeRules.unified(output, rest) else {
                throw ShapeError(
                    layer: Self.kind, expected: "inputs that agree in every axis but \(joined)",
                    got: MergeRules.list(inputs),
                    hint: "Pool branches over time alike, or bring the other axes to the same lengths.")
            }
            output = shape
        }
        guard !inputs.contains(where: { $0[joined] == .time }) else {
            throw ShapeError(
                layer: Self.kind, expected: "an axis other than time to join along", got: MergeRules.list(inputs),
                hint: "Clips differ in length; pool over time first, or give another axis.")
        }
        let lengths = inputs.compactMap { $0[joined].length }
        var total = 0
        for length in lengths {
            let (sum, isTooLarge) = total.addingReportingOverflow(length)
            total = isTooLarge ? .max : sum
        }
        output[joined] = lengths.count == inputs.count ? .fixed(total) : .any
        return output
    }

    public func callAsFunction(_ inputs: [Signal], in context: inout Context) -> Signal {
        let axis = axis < 0 ? axis : axis + 1
        var output = MergeRules.agreed(Self.kind, inputs)
        if inputs.count > 1 { output.values = concatenate(inputs.map(\.values), axis: axis) }
        return output
    }
}

/// What layers with several inputs have in common.
package enum MergeRules {
    /// The kinds of layers whose inputs must agree in their time axes.
    package static func needsEqualTimes(_ layer: any Layer) -> Bool {
        layer is Add || layer is Multiply || layer is Mean || layer is Concatenate
    }

    static func none(_ kind: String) -> ShapeError {
        ShapeError(layer: kind, expected: "at least one input", got: "none", hint: "Give it layers to read.")
    }

    static func list(_ shapes: [Shape]) -> String { shapes.map(\.description).joined(separator: " and ") }

    /// The shape that all inputs have.
    static func common(_ kind: String, _ inputs: [Shape]) throws(ShapeError) -> Shape {
        guard var shape = inputs.first else { throw none(kind) }
        for input in inputs.dropFirst() {
            guard let next = unified(shape, input) else {
                throw ShapeError(
                    layer: kind, expected: "inputs of one shape", got: list(inputs),
                    hint: "Bring them to one shape, say by a Dense layer or a convolution of kernel 1.")
            }
            shape = next
        }
        return shape
    }

    /// The shape that fits both, nil when none does: an unknown length may turn out to be any number, time only time.
    static func unified(_ a: Shape, _ b: Shape) -> Shape? {
        guard a.rank == b.rank else { return nil }
        var result: [Shape.Dimension] = []
        for (left, right) in zip(a.dimensions, b.dimensions) {
            switch (left, right) {
            case _ where left == right: result.append(left)
            case (.any, .fixed): result.append(right)
            case (.fixed, .any): result.append(left)
            default: return nil
            }
        }
        return Shape(result)
    }

    static func elementwise(_ kind: String, _ inputs: [Signal], _ combine: (Tensor, Tensor) -> Tensor) -> Signal {
        var output = agreed(kind, inputs)
        for input in inputs.dropFirst() {
            require(
                input.values.shape == output.values.shape,
                "\(kind): inputs of shapes \(inputs.map(\.values.shape)); time axes and unknown lengths must agree")
            output.values = combine(output.values, input.values)
        }
        return output
    }

    /// The first input with the lengths that all share.
    static func agreed(_ kind: String, _ inputs: [Signal]) -> Signal {
        guard var output = inputs.first else { stop("\(kind): no inputs") }
        for input in inputs.dropFirst() where input.lengths != output.lengths {
            // Lengths that are all full say no more than none.
            require(
                input.partialLengths == output.partialLengths,
                "\(kind): the rows of its inputs have different lengths: \(input.lengths ?? []), \(output.lengths ?? [])"
            )
            output.lengths = output.lengths ?? input.lengths
            output.timeAxis = output.timeAxis ?? input.timeAxis
        }
        return output
    }
}
