// SPDX-License-Identifier: Apache-2.0

/// What a delta takes for frames beyond the ends (`scipy.signal.savgol_filter`'s `mode`).
public enum DeltaMode: String, Codable, Sendable, Hashable, CaseIterable {
    /// None: the polynomial of the first and last whole window serves there (`interp`, librosa's default).
    case interpolate
    /// The first and last frame, repeated.
    case nearest
    /// The frames mirrored at the first and last.
    case mirror
    /// Zeros.
    case constant
    /// The frames from the other end.
    case wrap

    func source(of frame: Int, count: Int) -> Int? {
        if frame >= 0 && frame < count { return frame }
        switch self {
        case .interpolate, .nearest: return frame < 0 ? 0 : count - 1
        case .mirror: return FrameEdges.reflect.source(of: frame, count: count)
        case .constant: return nil
        case .wrap: return ((frame % count) + count) % count
        }
    }
}

extension FeatureMatrix {
    /// The derivative of an order over time of each column, [frames, coefficients], in units per frame^order.
    ///
    /// The order-th derivative of a polynomial of that order fitted by least squares over `width` frames
    /// (Savitzky and Golay 1964), as `librosa.feature.delta`.
    /// - Throws: ``FeatureError``: settings that cannot work; with ``DeltaMode/interpolate``, fewer frames than
    ///   `width`.
    public func delta(
        order: Int = 1, width: Int = 9, mode: DeltaMode = .interpolate
    ) throws(FeatureError) -> FeatureMatrix {
        try Self.checkDelta(width: width, order: order)
        guard frames > 0 else { return self }
        guard mode != .interpolate || frames >= width else { throw .tooFewFrames(frames: frames, width: width) }
        let weights = Self.deltaWeights(width: width, order: order)
        let half = width / 2
        var result = FeatureMatrix(frames: frames, coefficients: coefficients, values: values)
        var sums = [Double](repeating: 0, count: coefficients)
        for frame in 0..<frames {
            // The order-th derivative of a polynomial of that order is the same everywhere.
            let center = mode == .interpolate ? min(max(frame, half), frames - 1 - half) : frame
            for column in 0..<coefficients { sums[column] = 0 }
            for (offset, weight) in weights.enumerated() {
                guard let source = mode.source(of: center + offset - half, count: frames) else { continue }
                for column in 0..<coefficients { sums[column] += weight * Double(self[source, column]) }
            }
            for column in 0..<coefficients { result[frame, column] = Float(sums[column]) }
        }
        return result
    }

    /// This matrix followed by its deltas of orders 1, 2, ..., as further columns.
    /// - Throws: ``FeatureError``, as ``delta(order:width:mode:)``.
    public func appendingDeltas(
        orders: Int, width: Int = 9, mode: DeltaMode = .interpolate
    ) throws(FeatureError) -> FeatureMatrix {
        var result = self
        for order in stride(from: 1, through: orders, by: 1) {
            result = result.joined(with: try delta(order: order, width: width, mode: mode))
        }
        return result
    }

    static func checkDelta(width: Int, order: Int) throws(FeatureError) {
        try require((3...9999).contains(width) && width % 2 == 1, "delta width \(width): must be odd, from 3 to 9999")
        try require(
            (1..<min(width, 9)).contains(order),
            "delta order \(order): must be at least 1 and below the width, \(width)")
    }

    /// Weights of the order-th derivative, from the discrete orthogonal polynomial of that degree: with it monic, the
    /// leading coefficient of the fit is <P, y> / <P, P>, and the derivative order! times that.
    package static func deltaWeights(width: Int, order: Int) -> [Double] {
        let positions = (0..<width).map { Double($0 - width / 2) }
        var before = [Double](repeating: 0, count: width)
        var polynomial = [Double](repeating: 1, count: width)
        var normBefore = 1.0
        var norm = Double(width)
        var factorial = 1.0
        for degree in 1...order {
            let ratio = degree == 1 ? 0 : norm / normBefore
            let next = positions.indices.map { positions[$0] * polynomial[$0] - ratio * before[$0] }
            (before, polynomial) = (polynomial, next)
            (normBefore, norm) = (norm, next.reduce(0) { $0 + $1 * $1 })
            factorial *= Double(degree)
        }
        return polynomial.map { factorial * $0 / norm }
    }
}
