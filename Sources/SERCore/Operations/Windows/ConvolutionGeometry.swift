// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// A height and a width: of a kernel, a window or a step. An integer literal gives both.
public struct Extent: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Along the last axis but one of an image.
    public var height: Int
    /// Along the last axis of an image, which is time where an image has time.
    public var width: Int

    /// A height and a width.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// The same length along both axes.
    public init(_ length: Int) { self.init(height: length, width: length) }

    public init(integerLiteral value: Int) { self.init(value) }

    public var description: String { height == width ? "\(height)" : "\(height) x \(width)" }
}

/// The zeros put around the input of a convolution or a pooling window.
///
/// None of them depends on how long the input is, so that padded batches give each clip what it gets alone.
public enum Padding: Sendable, Hashable, Codable {
    /// None: the output shrinks by the kernel's reach.
    case valid
    /// The kernel's reach, dilation (kernel - 1), half of it before (rounded down) and half after; with stride 1 the output
    /// is as large as the input.
    case same
    /// As ``same`` along the height; along the width all of the reach before, so that no output sees what comes later.
    case causal
    /// As many positions at each end; one-dimensional layers use left and right.
    case explicit(top: Int, bottom: Int, left: Int, right: Int)

    /// As many positions at every end.
    public static func all(_ count: Int) -> Padding { .explicit(top: count, bottom: count, left: count, right: count) }

    /// Top, bottom, left and right for a kernel's reach.
    func sides(reach: Extent) -> (top: Int, bottom: Int, left: Int, right: Int) {
        let (top, left) = (reach.height / 2, reach.width / 2)
        switch self {
        case .valid: return (0, 0, 0, 0)
        case .same: return (top, reach.height - top, left, reach.width - left)
        case .causal: return (top, reach.height - top, reach.width, 0)
        case .explicit(let top, let bottom, let left, let right): return (top, bottom, left, right)
        }
    }
}

/// Everything about a convolution or a pooling but the sizes of the tensors.
package struct WindowGeometry: Sendable, Hashable {
    package var window: Extent
    package var stride: Extent
    package var dilation: Extent
    package var padding: Padding

    package init(window: Extent, stride: Extent = 1, dilation: Extent = 1, padding: Padding = .valid) {
        self.window = window
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
    }

    private static let most = 1 << 16  // beyond this no sound or picture is meant, and products stay far from overflow

    /// What is out of range, if anything: expected, got.
    package var fault: (expected: String, got: String)? {
        func outside(_ extent: Extent, _ range: ClosedRange<Int>) -> Bool {
            !range.contains(extent.height) || !range.contains(extent.width)
        }
        let range = 1...Self.most
        if outside(window, range) { return ("a window of 1 to \(Self.most)", "\(window)") }
        if outside(stride, range) { return ("a stride of 1 to \(Self.most)", "\(stride)") }
        if outside(dilation, range) { return ("a dilation of 1 to \(Self.most)", "\(dilation)") }
        let reach = reach
        if outside(reach, 0...Self.most) { return ("a reach of at most \(Self.most)", "\(reach)") }
        if case .explicit(let top, let bottom, let left, let right) = padding,
            ![top, bottom, left, right].allSatisfy({ (0...Self.most).contains($0) })
        {
            return ("a padding of 0 to \(Self.most)", "\([top, bottom, left, right])")
        }
        return nil
    }

    /// How far the window reaches beyond its first position: dilation (window - 1).
    package var reach: Extent {
        Extent(height: dilation.height * (window.height - 1), width: dilation.width * (window.width - 1))
    }

    package var sides: (top: Int, bottom: Int, left: Int, right: Int) { padding.sides(reach: reach) }

    package func outputHeight(_ height: Int) -> Int {
        Self.outputs(height + sides.top + sides.bottom - reach.height, stride.height)
    }

    package func outputWidth(_ width: Int) -> Int {
        Self.outputs(width + sides.left + sides.right - reach.width, stride.width)
    }

    /// What comes of rows of which `width` positions are valid; nothing comes of nothing.
    package func outputLength(_ width: Int) -> Int { width <= 0 ? 0 : outputWidth(width) }

    private static func outputs(_ places: Int, _ stride: Int) -> Int { places < 1 ? 0 : (places - 1) / stride + 1 }
}

/// Valid widths as the kernels take them.
func withWidths<Result>(_ widths: [Int]?, _ body: (UnsafePointer<Int32>?) -> Result) -> Result {
    guard let widths else { return body(nil) }
    return widths.map { Int32(clamping: $0) }.withUnsafeBufferPointer { body($0.baseAddress) }
}
