// SPDX-License-Identifier: Apache-2.0

/// The share of samples in each frame at which the sign changes (`librosa.feature.zero_crossing_rate`): one column.
///
/// Magnitudes up to 1e-10 count as zero, zero counts as positive, and a frame's first sample never counts.
public struct ZeroCrossingRate: FramedValue, Hashable {
    public static let kind = "zeroCrossingRate"

    public var sampleRate: Double
    /// Samples of a frame.
    public var frameLength: Int
    /// Samples from one frame to the next.
    public var hop: Int
    /// Where frames begin and what lies beyond the ends.
    public var edges: FrameEdges

    /// librosa's defaults where nothing else is said; the rate is in Hz.
    public init(sampleRate: Double = 22_050, frameLength: Int = 2048, hop: Int = 512, edges: FrameEdges = .nearest) {
        self.sampleRate = sampleRate
        self.frameLength = frameLength
        self.hop = hop
        self.edges = edges
    }

    public var columns: [FeatureColumn] { [.zeroCrossings] }

    func value(of frame: UnsafeBufferPointer<Float>) -> Float {
        var crossings = 0
        var wasNegative = frame[0] < -1e-10
        for sample in frame.dropFirst() {
            let isNegative = sample < -1e-10
            crossings += isNegative == wasNegative ? 0 : 1
            wasNegative = isNegative
        }
        return Float(Double(crossings) / Double(frame.count))
    }
}
