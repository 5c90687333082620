// SPDX-License-Identifier: Apache-2.0

/// A layer that passes a window over its input, and keeps account of the lengths of padded rows.
package protocol WindowLayer: UnaryLayer {
    /// The window over an image; of one over a sequence the height is 1.
    var geometry: WindowGeometry { get }

    /// What comes out for values of which each row counts up to its length.
    func values(for input: Tensor, lengths: [Int]?, in context: Context) -> Tensor
}

extension WindowLayer {
    public func outputLength(for inputLength: Int) -> Int { geometry.outputLength(inputLength) }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        Signal(
            values(for: input.values, lengths: input.partialLengths, in: context),
            lengths: input.lengths?.map { outputLength(for: $0) }, timeAxis: input.timeAxis)
    }
}

/// A pooling of images, which leaves the channels as they are.
package protocol ImagePooling: WindowLayer {
    var window: Extent { get }
    var stride: Extent { get }
    var padding: Padding { get }
}

extension ImagePooling {
    package var geometry: WindowGeometry { WindowGeometry(window: window, stride: stride, padding: padding) }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try WindowRules.check(Self.kind, geometry)
        let channels = try ImageRules.check(Self.kind, input)
        return try ImageRules.output(Self.kind, input, channels: channels, geometry)
    }
}

/// A pooling of sequences, which leaves the features as they are.
package protocol SequencePooling: WindowLayer {
    var window: Int { get }
    var stride: Int { get }
    var padding: Padding { get }
}

extension SequencePooling {
    package var geometry: WindowGeometry { WindowGeometry(steps: window, stride: stride, padding: padding) }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try WindowRules.check(Self.kind, geometry)
        let features = try SequenceRules.check(Self.kind, input, padding)
        return try SequenceRules.output(Self.kind, input, features: features, geometry)
    }
}

extension WindowGeometry {
    /// A window over time, in steps.
    package init(steps: Int, stride: Int, dilation: Int = 1, padding: Padding) {
        self.init(
            window: Extent(height: 1, width: steps), stride: Extent(height: 1, width: stride),
            dilation: Extent(height: 1, width: dilation), padding: padding)
    }
}
