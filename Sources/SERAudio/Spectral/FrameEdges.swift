// SPDX-License-Identifier: Apache-2.0

/// Where the first and last frames lie, and what stands for samples beyond the ends of the clip.
public enum FrameEdges: String, Codable, Sendable, Hashable, CaseIterable {
    /// Frame t is centred on sample t x hop; zeros beyond the ends (librosa 0.11).
    case zero
    /// Centred; the signal mirrored at its first and last sample (librosa 0.8, torch.stft).
    case reflect
    /// Centred; the first and last sample repeated.
    case nearest
    /// Frames of the FFT's length that lie within the clip, from its first sample on (librosa's `center=False`).
    case none
    /// Frames of the window's length that lie within the clip, from its first sample on (Kaldi's `snip_edges`).
    case snip

    var isCentred: Bool { self == .zero || self == .reflect || self == .nearest }

    /// The sample that stands at a position outside of the clip; nil for zero.
    func source(of position: Int, count: Int) -> Int? {
        if position >= 0 && position < count { return position }
        switch self {
        case .reflect:
            guard count > 1 else { return 0 }
            let period = 2 * (count - 1)
            let phase = ((position % period) + period) % period
            return phase < count ? phase : period - phase
        case .nearest: return position < 0 ? 0 : count - 1
        case .zero, .none, .snip: return nil
        }
    }
}

/// Which samples each frame reads.
struct FrameLayout: Sendable {
    /// Samples that a frame reads.
    var length: Int
    var hop: Int
    /// Where the first frame begins; negative where it reaches before the clip.
    var origin: Int
    /// Samples that the clip must hold for each frame beyond the clip's own padding.
    private var needed: Int
    private var padding: Int
    var edges: FrameEdges

    /// Frames of `span` samples, of which those under the window are read: `length` of them in the middle, or the first
    /// ones with `.snip`.
    init(span: Int, length: Int, hop: Int, edges: FrameEdges) {
        self.length = length
        self.hop = hop
        self.edges = edges
        needed = edges == .snip ? length : span
        padding = edges.isCentred ? span / 2 : 0
        origin = edges == .snip ? 0 : (span - length) / 2 - padding
    }

    /// The least samples a clip needs for one frame.
    var least: Int { max(1, needed - 2 * padding) }

    /// The middle of a frame, in samples from the clip's first on.
    func middle(of frame: Int) -> Double { Double(origin + frame * hop) + Double(length) / 2 }

    func frames(forSamples samples: Int) -> Int {
        samples < least ? 0 : 1 + (samples - needed + 2 * padding) / hop
    }

    /// Calls `body` with the samples of a frame: in place where the frame lies within the clip, else gathered
    /// in `spare`.
    @inline(__always)
    func withFrame(
        _ frame: Int, of samples: UnsafeBufferPointer<Float>, spare: UnsafeMutablePointer<Float>,
        _ body: (UnsafePointer<Float>) -> Void
    ) {
        let start = origin + frame * hop
        if start >= 0, start + length <= samples.count, let base = samples.baseAddress {
            body(base + start)
        } else {
            for i in 0..<length {
                spare[i] = edges.source(of: start + i, count: samples.count).map { samples[$0] } ?? 0
            }
            body(spare)
        }
    }
}
