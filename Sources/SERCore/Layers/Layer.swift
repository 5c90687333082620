// SPDX-License-Identifier: Apache-2.0

/// A tensor that a layer learns or carries: its name within the layer, its shape and how it begins.
public struct Declaration: Sendable {
    /// The name within the layer, such as `weight`.
    public var name: String
    /// The length of each axis.
    public var shape: [Int]
    /// How the tensor begins.
    public var initializer: Initializer

    /// A tensor of the given name, shape and beginning.
    public init(_ name: String, shape: [Int], initializer: Initializer) {
        self.name = name
        self.shape = shape
        self.initializer = initializer
    }
}

/// A description of one step of a network: configuration only. Weights live outside, in ``Parameters``.
///
/// Most layers have one input and conform to ``UnaryLayer`` instead.
public protocol Layer: Sendable, Codable {
    /// The name of the layer in paths, summaries and files, such as `dense`.
    static var kind: String { get }

    /// The shape that comes out, or an error that says what does not fit.
    func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape

    /// The tensors the layer learns. Called only with shapes that ``outputShape(for:)-swift.method`` accepted.
    func parameters(for inputs: [Shape]) -> [Declaration]

    /// The tensors the layer carries from step to step without learning them.
    func state(for inputs: [Shape]) -> [Declaration]

    /// Computes the layer.
    func callAsFunction(_ inputs: [Signal], in context: inout Context) -> Signal

    /// Lengths of the rows after the layer, from those before, where the layer keeps a time axis.
    func outputLength(for inputLength: Int) -> Int
}

extension Layer {
    public func parameters(for inputs: [Shape]) -> [Declaration] { [] }
    public func state(for inputs: [Shape]) -> [Declaration] { [] }
    public func outputLength(for inputLength: Int) -> Int { inputLength }
}

/// A layer with one input.
///
/// ```swift
/// struct Swish: UnaryLayer {
///     static let kind = "swish"
///     func outputShape(for input: Shape) -> Shape { input }
///     func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { x * sigmoid(x) }
/// }
/// ```
/// A layer that needs the lengths of padded rows implements `callAsFunction` over ``Signal`` instead.
public protocol UnaryLayer: Layer {
    /// The shape that comes out, or an error that says what does not fit.
    func outputShape(for input: Shape) throws(ShapeError) -> Shape

    /// The tensors the layer learns.
    func parameters(for input: Shape) -> [Declaration]

    /// The tensors the layer carries from step to step without learning them.
    func state(for input: Shape) -> [Declaration]

    /// Computes the layer on values whose axis 0 is the batch.
    func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor

    /// Computes the layer on values with their lengths.
    func callAsFunction(_ input: Signal, in context: inout Context) -> Signal
}

extension UnaryLayer {
    public func parameters(for input: Shape) -> [Declaration] { [] }
    public func state(for input: Shape) -> [Declaration] { [] }

    public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
        guard inputs.count == 1 else {
            throw ShapeError(
                layer: Self.kind, expected: "one input", got: "\(inputs.count)", hint: "Merge the inputs first.")
        }
        return try outputShape(for: inputs[0])
    }

    public func parameters(for inputs: [Shape]) -> [Declaration] { inputs.count == 1 ? parameters(for: inputs[0]) : [] }
    public func state(for inputs: [Shape]) -> [Declaration] { inputs.count == 1 ? state(for: inputs[0]) : [] }

    public func callAsFunction(_ inputs: [Signal], in context: inout Context) -> Signal {
        require(inputs.count == 1, "\(Self.kind): one input expected, \(inputs.count) given")
        return self(inputs[0], in: &context)
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        // The network sets the time axis of the result from the shapes it was built with.
        Signal(
            self(input.values, in: &context), lengths: input.lengths?.map { outputLength(for: $0) },
            timeAxis: input.timeAxis)
    }

    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        self(Signal(x), in: &context).values
    }
}
