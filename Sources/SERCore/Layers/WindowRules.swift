// SPDX-License-Identifier: Apache-2.0

/// What convolutions of any number of axes have in common.
enum ConvolutionRules {
    static func check(
        _ kind: String, _ geometry: WindowGeometry, filters: Int, groups: Int
    ) throws(ShapeError) {
        try WindowRules.check(kind, geometry)
        guard (1...LayerLimits.channels).contains(filters), groups > 0, filters % groups == 0 else {
            throw ShapeError(
                layer: kind, expected: "1 to \(LayerLimits.channels) filters that the groups divide",
                got: "\(filters) filters in \(groups) groups", hint: "Ask for a multiple of the groups.")
        }
    }

    static func checkGroups(_ kind: String, channels: Int, groups: Int) throws(ShapeError) {
        guard channels % groups == 0, channels <= LayerLimits.channels else {
            throw ShapeError(
                layer: kind, expected: "up to \(LayerLimits.channels) channels that \(groups) groups divide",
                got: "\(channels)",
                hint: "Choose a number of groups that divides the channels.")
        }
    }

    static func declarations(shape: [Int], bias: Bool, _ initializer: Initializer?) -> [Declaration] {
        let bound = 1 / Float(shape.dropFirst().reduce(1, *)).squareRoot()
        let weight = Declaration("weight", shape: shape, initializer: initializer ?? .uniform(-bound, bound))
        return bias ? [weight, Declaration("bias", shape: [shape[0]], initializer: .uniform(-bound, bound))] : [weight]
    }
}

enum WindowRules {
    static func check(_ kind: String, _ geometry: WindowGeometry) throws(ShapeError) {
        guard let fault = geometry.fault else { return }
        throw ShapeError(layer: kind, expected: fault.expected, got: fault.got, hint: "Change the layer's sizes.")
    }

    /// A dimension after a window has passed over it; time stays time.
    static func output(
        _ kind: String, _ dimension: Shape.Dimension, _ size: (Int) -> Int
    ) throws(ShapeError) -> Shape.Dimension {
        guard let length = dimension.length else { return dimension }
        guard length < 1 << 30, size(length) > 0 else {
            throw ShapeError(
                layer: kind, expected: "an input that the window fits into", got: "a length of \(length)",
                hint: "Use a smaller window, less dilation or more padding.")
        }
        return .fixed(size(length))
    }
}

/// Layers over images: [channels, height, width], of which the width may be time.
enum ImageRules {
    /// The number of channels.
    static func check(_ kind: String, _ input: Shape) throws(ShapeError) -> Int {
        guard input.rank == 3, let channels = input[0].length else {
            throw ShapeError(
                layer: kind, expected: "[channels, height, width]", got: "\(input)",
                hint: input.rank == 2
                    ? "Reshape to one channel first, or use the one-dimensional layer for sequences."
                    : "Reshape to an image first.")
        }
        guard input[1] != .time else {
            throw ShapeError(
                layer: kind, expected: "time as the last axis of an image", got: "\(input)",
                hint: "Permute to [channels, features, time].")
        }
        return channels
    }

    static func output(
        _ kind: String, _ input: Shape, channels: Int, _ geometry: WindowGeometry
    ) throws(ShapeError) -> Shape {
        var output = input
        output[0] = .fixed(channels)
        output[1] = try WindowRules.output(kind, input[1]) { geometry.outputHeight($0) }
        output[2] = try WindowRules.output(kind, input[2]) { geometry.outputWidth($0) }
        return output
    }
}

/// Layers over sequences: [time, features].
enum SequenceRules {
    /// The number of features.
    static func check(_ kind: String, _ input: Shape, _ padding: Padding) throws(ShapeError) -> Int {
        guard input.rank == 2, let features = input[1].length else {
            throw ShapeError(
                layer: kind, expected: "[time, features]", got: "\(input)",
                hint: input.rank == 3 ? "Use the two-dimensional layer for images." : "Reshape to a sequence first.")
        }
        if case .explicit(let top, let bottom, _, _) = padding, top != 0 || bottom != 0 {
            throw ShapeError(
                layer: kind, expected: "padding at left and right alone", got: "\(top) at top, \(bottom) at bottom",
                hint: "Sequences have one axis: write .explicit(top: 0, bottom: 0, left: ..., right: ...).")
        }
        return features
    }

    static func output(
        _ kind: String, _ input: Shape, features: Int, _ geometry: WindowGeometry
    ) throws(ShapeError) -> Shape {
        var output = input
        output[0] = try WindowRules.output(kind, input[0]) { geometry.outputWidth($0) }
        output[1] = .fixed(features)
        return output
    }
}
