// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The shape that a frame is multiplied with before its transform.
public enum Window: String, Codable, Sendable, Hashable, CaseIterable {
    /// 0.5 - 0.5 cos
    case hann
    /// 0.54 - 0.46 cos
    case hamming
    /// 0.42 - 0.5 cos + 0.08 cos 2
    case blackman
    /// Ones.
    case rectangular
    /// Kaldi's: Hann to the power of 0.85.
    case povey

    /// The window's values, [count]; definitions of `scipy.signal.windows`, Povey's of Kaldi.
    ///
    /// - Parameters:
    ///   - count: How many values; none for 0 and less.
    ///   - periodic: true for spectral analysis (the value after the last would be the first again, SciPy's
    ///     `sym=False`), false for the symmetric form (SciPy's `sym=True`, what Kaldi uses).
    public func values(_ count: Int, periodic: Bool = true) -> [Float] {
        guard count > 1 else { return [Float](repeating: 1, count: max(0, count)) }
        let period = Double(periodic ? count : count - 1)
        return (0..<count).map { Float(value(2 * .pi * Double($0) / period)) }
    }

    private func value(_ angle: Double) -> Double {
        switch self {
        case .hann: 0.5 - 0.5 * cos(angle)
        case .hamming: 0.54 - 0.46 * cos(angle)
        case .blackman: 0.42 - 0.5 * cos(angle) + 0.08 * cos(2 * angle)
        case .rectangular: 1
        case .povey: pow(max(0, 0.5 - 0.5 * cos(angle)), 0.85)
        }
    }
}
