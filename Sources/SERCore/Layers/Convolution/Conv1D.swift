// SPDX-License-Identifier: Apache-2.0

/// One-dimensional convolution over time.
///
/// `[time, features]` to `[output time, filters]`. Parameters `weight` [filters, features / groups, kernel] and `bias`
/// [filters], as in PyTorch's `Conv1d`, drawn from its default, U(-1/sqrt(n), 1/sqrt(n)) with n the number of inputs of one
/// output. Past a row's length, inputs are zero.
public struct Conv1D: WindowLayer {
    public static let kind = "conv1d"

    /// How many features come out.
    public var filters: Int
    /// Time steps the kernel spans.
    public var kernel: Int
    /// Time steps between outputs.
    public var stride: Int
    /// Zeros around the sequence.
    public var padding: Padding
    /// Time steps between the kernel's positions.
    public var dilation: Int
    /// Groups of features that do not see each other.
    public var groups: Int
    /// Whether a bias is added.
    public var bias: Bool
    /// How the weight begins; nil is PyTorch's default.
    public var initializer: Initializer?

    /// A convolution with `filters` outputs.
    public init(
        _ filters: Int, kernel: Int, stride: Int = 1, padding: Padding = .valid, dilation: Int = 1, groups: Int = 1,
        bias: Bool = true, initializer: Initializer? = nil
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
        WindowGeometry(steps: kernel, stride: stride, dilation: dilation, padding: padding)
    }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try ConvolutionRules.check(Self.kind, geometry, filters: filters, groups: groups)
        let features = try SequenceRules.check(Self.kind, input, padding)
        try ConvolutionRules.checkGroups(Self.kind, channels: features, groups: groups)
        return try SequenceRules.output(Self.kind, input, features: filters, geometry)
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let features = input.last?.length else { return [] }
        return ConvolutionRules.declarations(shape: [filters, features / groups, kernel], bias: bias, initializer)
    }

    package func values(for input: Tensor, lengths: [Int]?, in context: Context) -> Tensor {
        convolution1D(
            input, weight: context.parameter("weight"), bias: bias ? context.parameter("bias") : nil, stride: stride,
            padding: padding, dilation: dilation, groups: groups, lengths: lengths)
    }
}
