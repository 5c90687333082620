// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The 88 functionals of the extended Geneva minimalistic acoustic parameter set, eGeMAPSv02 (Eyben et al. 2016), of a
/// whole clip, as the openSMILE package gives them, in its order and under its names.
///
/// [1, 88]: summaries of the ``EGeMAPSDescriptors``. A clip needs 60 ms; of one without a voiced frame, what is told of
/// voiced frames is 0 (-201 of levels of formants).
public struct EGeMAPS: FeatureExtractor, Hashable {
    public static let kind = "egemaps"

    /// The rate, in Hz, at which descriptors are computed: 16,000.
    public var sampleRate: Double

    /// The functionals at 16,000 Hz, the only rate they are defined at here; clips at other rates are resampled.
    public init(sampleRate: Double = 16_000) { self.sampleRate = sampleRate }

    public var coefficients: Int { EGeMAPSColumns.functionals.count }

    public var columns: [FeatureColumn] { EGeMAPSColumns.functionals.map { .named($0) } }

    public func frames(forSamples samples: Int) -> Int {
        sampleRate == VoiceFrames.rate && samples >= VoiceFrames.long ? 1 : 0
    }

    public func validate() throws(FeatureError) { try VoiceFrames.check(sampleRate) }

    public func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        try validate()
        let clip = try prepared(clip)
        try VoiceFrames.requireLongFrame(clip)
        let functionals = Self.functionals(of: try VoiceTracks(clip.samples, unvoicedFormants: false))
        return try FeatureMatrix(frames: 1, coefficients: functionals.count, values: functionals).finite()
    }

    // openSMILE summarises what it has smoothed when the clip ends: all short frames, and the long ones whose pitch was
    // decided by then.

    private static func functionals(of tracks: VoiceTracks) -> [Float] {
        let known = max(1, tracks.decided)
        let pitch = Array(Smoothing.meanOfNonzero(tracks.voiced[0]).prefix(known))
        let loudness = smoothed(tracks.spectral[0])
        let loudnessPoints = TurningPoints(loudness)
        var result = contour(pitch.filter { $0 != 0 }, points: nil) + contour(loudness, points: loudnessPoints)
        for track in tracks.spectral[5...] { result += moments(smoothed(track)) }
        for track in tracks.voiced[1...] {
            result += nonzeroMoments(Smoothing.meanOfNonzero(track, decided: tracks.decided).prefix(known))
        }
        let isVoiced = tracks.voiced[0].map { $0 > 0 }
        for track in tracks.spectral[1...] {
            let voiced = zip(track, isVoiced).map { $1 ? $0 : 0 }
            result += nonzeroMoments(Smoothing.meanOfNonzero(voiced).prefix(known))
        }
        for track in tracks.spectral[1...5] {
            let unvoiced = zip(track, isVoiced).map { $1 ? 0 : $0 }
            result.append(nonzeroMoments(Smoothing.meanOfNonzero(unvoiced).prefix(known))[0])
        }
        result += temporal(pitch, loudness, loudnessPoints)
        return result + [Float(10 * log10(max(tracks.power, 1e-12)))]
    }

    private static func nonzeroMoments(_ track: ArraySlice<Float>) -> [Float] { moments(track.filter { $0 != 0 }) }

    private static func smoothed(_ track: [Float]) -> [Float] { Array(Smoothing.mean(track).prefix(track.count)) }

    private static func moments(_ values: [Float]) -> [Float] {
        let moments = Moments(values)
        return [moments.mean, moments.variation]
    }

    /// Mean, variation, percentiles 20, 50 and 80 and the distance of the outer two, slopes up and down.
    private static func contour(_ values: [Float], points: TurningPoints?) -> [Float] {
        let percentiles = Percentiles(values)
        let (low, middle, high) = (percentiles[0.2], percentiles[0.5], percentiles[0.8])
        let slopes = Slopes(values, points: (points ?? TurningPoints(values)).points, period: VoiceFrames.period)
        return moments(values) + [
            low, middle, high, abs(high - low), slopes.rising.mean, slopes.rising.deviation, slopes.falling.mean,
            slopes.falling.deviation,
        ]
    }

    /// Peaks of loudness and voiced stretches per second; mean and deviation, in seconds, of the lengths of voiced
    /// stretches and of those between.
    private static func temporal(_ pitch: [Float], _ loudness: [Float], _ points: TurningPoints) -> [Float] {
        let voiced = Stretches(pitch.map { $0 != 0 }), unvoiced = Stretches(pitch.map { $0 == 0 })
        let period = VoiceFrames.period
        return [
            Float(points.peaks) / (Float(loudness.count) * period),
            Float(voiced.lengths.count) / (Float(pitch.count) * period),
            voiced.mean * period, voiced.deviation * period, unvoiced.mean * period, unvoiced.deviation * period,
        ]
    }
}
