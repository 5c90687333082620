// SPDX-License-Identifier: Apache-2.0

/// The mean over all valid positions: `[time, features]` to `[features]`, or `[channels, height, width]` to `[channels]`.
public struct GlobalAveragePool: UnaryLayer {
    public static let kind = "globalAveragePool"

    /// A mean over all positions.
    public init() {}

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try GlobalPoolRules.output(Self.kind, input)
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        Signal(globalAveragePooling(input.values, lengths: input.partialLengths))
    }
}

/// The greatest valid value: `[time, features]` to `[features]`, or `[channels, height, width]` to `[channels]`.
public struct GlobalMaxPool: UnaryLayer {
    public static let kind = "globalMaxPool"

    /// The greatest value over all positions.
    public init() {}

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try GlobalPoolRules.output(Self.kind, input)
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        Signal(globalMaxPooling(input.values, lengths: input.partialLengths))
    }
}

private enum GlobalPoolRules {
    static func output(_ kind: String, _ input: Shape) throws(ShapeError) -> Shape {
        if input.rank == 3 { return [.fixed(try ImageRules.check(kind, input))] }
        return [.fixed(try SequenceRules.check(kind, input, .valid))]
    }
}
