// SPDX-License-Identifier: Apache-2.0

/// The greatest value of each window of an image.
///
/// `[channels, height, width]` to `[channels, output height, output width]`; the width may be time, and positions past a
/// row's length take no part. Padding never wins.
public struct MaxPool2D: ImagePooling {
    public static let kind = "maxPool2d"

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

    package func values(for input: Tensor, lengths: [Int]?, in context: Context) -> Tensor {
        maxPooling2D(input, window: window, stride: stride, padding: padding, lengths: lengths)
    }
}

/// The greatest value of each window over time.
///
/// `[time, features]` to `[output time, features]`; positions past a row's length take no part. Padding never wins.
public struct MaxPool1D: SequencePooling {
    public static let kind = "maxPool1d"

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

    package func values(for input: Tensor, lengths: [Int]?, in context: Context) -> Tensor {
        maxPooling1D(input, window: window, stride: stride, padding: padding, lengths: lengths)
    }
}
