// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Root mean square of each frame (`librosa.feature.rms`): one column.
public struct RMSEnergy: FeatureExtractor, Hashable {
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

    public var coefficients: Int { 1 }

    public var columns: [FeatureColumn] { [.energy] }

    public func frames(forSamples samples: Int) -> Int {
        (try? validate()) == nil ? 0 : layout.frames(forSamples: samples)
    }

    public func validate() throws(FeatureError) {
        try FrameLayout.check(length: frameLength, hop: hop, sampleRate: sampleRate)
    }

    public func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        try validate()
        let clip = try prepared(clip)
        return try layout.mapFrames(of: clip) { frame, count in
            (ser_audio_energy(frame, Int64(count)) / Float(count)).squareRoot()
        }.finite()
    }

    private var layout: FrameLayout {
        FrameLayout(span: frameLength, length: frameLength, hop: hop, edges: edges)
    }
}

extension FrameLayout {
    static func check(length: Int, hop: Int, sampleRate: Double) throws(FeatureError) {
        try require(
            Resampler.accepts(sampleRate),
            "sampleRate \(sampleRate): must be above 0 and at most \(Int(SoundBounds.highestRate)) Hz")
        try require((1...STFT.longest).contains(length), "frameLength \(length): must be from 1 to \(STFT.longest)")
        try require((1...(1 << 30)).contains(hop), "hop \(hop): must be from 1 to \(1 << 30)")
    }

    /// One number for each frame, [frames, 1].
    func mapFrames(
        of clip: AudioClip, _ body: (UnsafePointer<Float>, Int) -> Float
    ) throws(FeatureError) -> FeatureMatrix {
        let frames = frames(forSamples: clip.samples.count)
        guard frames > 0 else {
            throw .tooShort(samples: clip.samples.count, needed: least, sampleRate: clip.sampleRate)
        }
        return FeatureMatrix(frames: frames, coefficients: 1) { out in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: length) { spare in
                guard let spare = spare.baseAddress else { return }
                clip.samples.withUnsafeBufferPointer { samples in
                    for frame in 0..<frames {
                        withFrame(frame, of: samples, spare: spare) { out[frame] = body($0, length) }
                    }
                }
            }
        }
    }
}
