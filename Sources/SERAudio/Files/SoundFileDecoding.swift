// SPDX-License-Identifier: Apache-2.0

/// Whole clips from a reader: decoded, the mean over channels, at a rate that was asked for.
extension SoundFileReader {
    func decode(
        sampleRate: Double?, from: Double, duration: Double?, resampling: ResamplingQuality
    ) throws(AudioError) -> DecodedAudio {
        let rate = sampleRate ?? info.sampleRate
        guard Resampler.accepts(rate) else { throw .invalidRate(path: path, from: info.sampleRate, to: rate) }
        let range = try frames(from: from, duration: duration)
        guard Resampler.isReasonable(range.count, from: info.sampleRate, to: rate) else {
            throw .tooLong(path: path, frames: range.count, limit: SoundBounds.mostFrames)
        }
        if rate == info.sampleRate { return try decode(range) }
        let resampler = try resampler(to: rate, resampling)
        resampler.reserve(samples: believable(range.count))
        try read(range) {
            resampler.append($0)
            return true
        }
        return DecodedAudio(clip: AudioClip(samples: resampler.finish(), sampleRate: rate), remarks: remarks)
    }

    /// Frames at the file's own rate.
    private func decode(_ range: Range<Int>) throws(AudioError) -> DecodedAudio {
        var samples: [Float] = []
        samples.reserveCapacity(believable(range.count))
        try read(range) {
            samples.append(contentsOf: $0)
            return true
        }
        return DecodedAudio(clip: AudioClip(samples: samples, sampleRate: info.sampleRate), remarks: remarks)
    }

    private func resampler(to rate: Double, _ quality: ResamplingQuality) throws(AudioError) -> Resampler {
        guard let resampler = Resampler(from: info.sampleRate, to: rate, quality: quality) else {
            throw .invalidRate(path: path, from: info.sampleRate, to: rate)
        }
        return resampler
    }
}
