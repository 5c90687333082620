// SPDX-License-Identifier: Apache-2.0

/// Features that are one number for each frame of samples: one column.
protocol FramedValue: FeatureExtractor {
    /// Samples of a frame.
    var frameLength: Int { get }
    /// Samples from one frame to the next.
    var hop: Int { get }
    /// Where frames begin and what lies beyond the ends.
    var edges: FrameEdges { get }

    /// The number for a frame of ``frameLength`` samples.
    func value(of frame: UnsafeBufferPointer<Float>) -> Float
}

extension FramedValue {
    public var coefficients: Int { 1 }

    private var layout: FrameLayout {
        FrameLayout(span: frameLength, length: frameLength, hop: hop, edges: edges)
    }

    public func frames(forSamples samples: Int) -> Int {
        (try? validate()) == nil ? 0 : layout.frames(forSamples: samples)
    }

    public func validate() throws(FeatureError) {
        try require(
            Resampler.accepts(sampleRate),
            "sampleRate \(sampleRate): must be from 1 to \(Int(SoundBounds.highestRate)) Hz")
        try require(
            (1...STFT.longest).contains(frameLength), "frameLength \(frameLength): must be from 1 to \(STFT.longest)")
        try require((1...(1 << 30)).contains(hop), "hop \(hop): must be from 1 to \(1 << 30)")
    }

    public func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        try validate()
        let clip = try prepared(clip), layout = layout
        let frames = layout.frames(forSamples: clip.samples.count)
        guard frames > 0 else {
            throw .tooShort(samples: clip.samples.count, needed: layout.least, sampleRate: clip.sampleRate)
        }
        return try FeatureMatrix(frames: frames, coefficients: 1) { out in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: frameLength) { spare in
                guard let spare = spare.baseAddress else { return }
                clip.samples.withUnsafeBufferPointer { samples in
                    for frame in 0..<frames {
                        layout.withFrame(frame, of: samples, spare: spare) {
                            out[frame] = value(of: UnsafeBufferPointer(start: $0, count: frameLength))
                        }
                    }
                }
            }
        }.finite()
    }
}
