// SPDX-License-Identifier: Apache-2.0

/// Two-dimensional convolution over images.
///
/// `[channels, height, width]` to `[filters, output height, output width]`; the width may be time. Parameters `weight`
/// [filters, channels / groups, kernel height, kernel width] and `bias` [filters], as in PyTorch's `Conv2d`, drawn from its
/// default, U(-1/sqrt(n), 1/sqrt(n)) with n the number of inputs of one output. Past a row's length, inputs are zero.
public struct Conv2D: WindowLayer {
    public static let kind = "conv2d"

    /// How many channels come out.
    public var filters: Int
    /// Positions the kernel spans.
    public var kernel: Extent
    /// Steps between outputs.
    public var stride: Extent
    /// Zeros around the image.
    public var padding: Padding
    /// Steps between the kernel's positions.
    public var dilation: Extent
    /// Groups of channels that do not see each other.
    public var groups: Int
    /// Whether a bias is added.
    public var bias: Bool
    /// How the weight begins; nil is PyTorch's default.
    public var initializer: Initializer?

    /// A convolution with `filters` outputs.
    public init(
        _ filters: Int, kernel: Extent, stride: Extent = 1, padding: Padding = .valid, dilation: Extent = 1,
        groups: Int = 1, bias: Bool = true, initializer: Initializer? = nil
    ) {
        self.filters = filters
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        self.bias = bias
        self.initializer = initializer
    }

    package var geometry: WindowGeometry {
        WindowGeometry(window: kernel, stride: stride, dilation: dilation, padding: padding)
    }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try ConvolutionRules.check(Self.kind, geometry, filters: filters, groups: groups)
        let channels = try ImageRules.check(Self.kind, input)
        try ConvolutionRules.checkGroups(Self.kind, channels: channels, groups: groups)
        return try ImageRules.output(Self.kind, input, channels: filters, geometry)
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let channels = input[0].length else { return [] }
        return ConvolutionRules.declarations(
            shape: [filters, channels / groups, kernel.height, kernel.width], bias: bias, initializer)
    }

    package func values(for input: Tensor, lengths: [Int]?, in context: Context) -> Tensor {
        convolution2D(
            input, weight: context.parameter("weight"), bias: bias ? context.parameter("bias") : nil, stride: stride,
            padding: padding, dilation: dilation, groups: groups, lengths: lengths)
    }
}
