// SPDX-License-Identifier: Apache-2.0

/// The mean of each window of an image.
///
/// `[channels, height, width]` to `[channels, output height, output width]`; the width may be time, and positions past a
/// row's length take no part. Zeros of the padding count, as in PyTorch.
public struct AveragePool2D: UnaryLayer {
    public static let kind = "averagePool2d"

    /// Positions a window spans.
    public var window: Extent
    /// Steps between windows.
    public var stride: Extent
    /// Positions put around the image.
    public var padding: Padding

    /// A pooling; without a stride, windows stand side by side.
    public init(_ window: Extent, stride: Extent? = nil, padding: Padding = .valid) {
        self.window = window
        self.stride = stride ?? window
        self.padding = padding
    }

    package var geometry: WindowGeometry { WindowGeometry(window: window, stride: stride, padding: padding) }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try WindowRules.check(Self.kind, geometry)
        let channels = try ImageRules.check(Self.kind, input)
        return try ImageRules.output(Self.kind, input, channels: channels, geometry)
    }

    public func outputLength(for inputLength: Int) -> Int { geometry.outputLength(inputLength) }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let y = averagePooling2D(
            input.values, window: window, stride: stride, padding: padding, lengths: input.partialLengths)
        return Signal(y, lengths: input.lengths?.map { outputLength(for: $0) }, timeAxis: input.timeAxis)
    }
}

/// The mean of each window over time.
///
/// `[time, features]` to `[output time, features]`; positions past a row's length take no part. Zeros of the padding count, as in PyTorch.
public struct AveragePool1D: UnaryLayer {
    public static let kind = "averagePool1d"

    /// Time steps a window spans.
    public var window: Int
    /// Time steps between windows.
    public var stride: Int
    /// Positions put around the sequence.
    public var padding: Padding

    /// A pooling; without a stride, windows stand side by side.
    public init(_ window: Int, stride: Int? = nil, padding: Padding = .valid) {
        self.window = window
        self.stride = stride ?? window
        self.padding = padding
    }

    private var geometry: WindowGeometry {
        WindowGeometry(
            window: Extent(height: 1, width: window), stride: Extent(height: 1, width: stride), padding: padding)
    }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try WindowRules.check(Self.kind, geometry)
        let features = try SequenceRules.check(Self.kind, input, padding)
        return try SequenceRules.output(Self.kind, input, features: features, geometry)
    }

    public func outputLength(for inputLength: Int) -> Int { geometry.outputLength(inputLength) }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let y = averagePooling1D(
            input.values, window: window, stride: stride, padding: padding, lengths: input.partialLengths)
        return Signal(y, lengths: input.lengths?.map { outputLength(for: $0) }, timeAxis: input.timeAxis)
    }
}
