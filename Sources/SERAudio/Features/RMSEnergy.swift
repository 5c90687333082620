// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Root mean square of each frame (`librosa.feature.rms`): one column.
public struct RMSEnergy: FramedValue, Hashable {
    public static let kind = "rmsEnergy"

    public var sampleRate: Double
    /// Samples of a frame.
    public var frameLength: Int
    /// Samples from one frame to the next.
    public var hop: Int
    /// Where frames begin and what lies beyond the ends.
    public var edges: FrameEdges

    /// librosa's defaults where nothing else is said; the rate is in Hz.
    public init(sampleRate: Double = 22_050, frameLength: Int = 2048, hop: Int = 512, edges: FrameEdges = .zero) {
        self.sampleRate = sampleRate
        self.frameLength = frameLength
        self.hop = hop
        self.edges = edges
    }

    public var columns: [FeatureColumn] { [.energy] }

    func value(of frame: UnsafeBufferPointer<Float>) -> Float {
        guard let first = frame.baseAddress else { return 0 }
        return (ser_audio_energy(first, Int64(frame.count)) / Float(frame.count)).squareRoot()
    }
}
