// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Mel-frequency cepstral coefficients: the cosine transform of a ``LogMel``. Presets follow ``FeaturePreset``; every
/// setting can be changed.
public struct MFCC: FeatureExtractor, Hashable {
    public static let kind = "mfcc"

    /// How coefficients are weighted.
    public enum Lifter: Codable, Sendable, Hashable {
        /// Not at all.
        case none
        /// 1 + L/2 sin(pi (i + 1) / L) for coefficient i from 0 (`librosa.feature.mfcc`).
        case librosa(Double)
        /// 1 + L/2 sin(pi i / L) for coefficient i from 0 (HTK, Kaldi).
        case kaldi(Double)

        /// The weight of a coefficient.
        package func gain(_ index: Int) -> Double {
            switch self {
            case .none: 1
            case .librosa(let length): 1 + length / 2 * sin(.pi * Double(index + 1) / length)
            case .kaldi(let length): 1 + length / 2 * sin(.pi * Double(index) / length)
            }
        }
    }

    /// The spectrogram that is transformed.
    public var logMel: LogMel
    /// Cepstral coefficients, c0 included.
    public var cepstra: Int
    /// The weighting of the coefficients.
    public var lifter: Lifter
    /// Orders of deltas that follow the coefficients as further columns: 0 for none, 2 for first and second.
    public var deltas: Int
    /// Frames in the regression of a delta, odd.
    public var deltaWidth: Int
    /// What a delta takes for frames beyond the ends.
    public var deltaMode: DeltaMode

    /// The settings of a preset, with another number of coefficients or another rate (in Hz) where given; see
    /// ``FeaturePreset`` for what a preset becomes at another rate.
    public init(_ preset: FeaturePreset = .librosa, coefficients: Int? = nil, sampleRate: Double? = nil) {
        logMel = LogMel(preset, sampleRate: sampleRate)
        lifter = preset == .kaldi ? .kaldi(22) : .none
        deltas = 0
        deltaWidth = 9
        deltaMode = .interpolate
        let usual =
            switch preset {
            case .librosa, .librosaLegacy: 20
            case .torchaudio: 40
            case .kaldi: 13
            }
        cepstra = coefficients ?? usual
    }

    /// The rate, in Hz, at which features are computed; see ``LogMel/sampleRate``.
    public var sampleRate: Double {
        get { logMel.sampleRate }
        set { logMel.sampleRate = newValue }
    }

    public var coefficients: Int { cepstra * (1 + max(0, deltas)) }

    public func frames(forSamples samples: Int) -> Int {
        let frames = logMel.frames(forSamples: samples)
        return deltas > 0 && deltaMode == .interpolate && frames < deltaWidth ? 0 : frames
    }

    public func validate() throws(FeatureError) {
        try logMel.validate()
        try require(
            (1...logMel.filters.bands).contains(cepstra),
            "coefficients \(cepstra): must be from 1 to the number of mel bands, \(logMel.filters.bands)")
        if case .librosa(let length) = lifter { try Self.check(length) }
        if case .kaldi(let length) = lifter { try Self.check(length) }
        try require((0...8).contains(deltas), "deltas \(deltas): must be from 0 to 8")
        if deltas > 0 { try FeatureMatrix.checkDelta(width: deltaWidth, order: deltas) }
    }

    private static func check(_ length: Double) throws(FeatureError) {
        try require(length.isFinite && length > 0, "lifter \(length): must be above 0")
    }

    public func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        try validate()
        let plan = try LogMelPlan.of(logMel)
        let projection = MFCCTable.of(self)
        let spectrogram = try plan.run(try prepared(clip))
        let result = try FeatureMatrix(frames: spectrogram.frames, coefficients: cepstra) { out in
            projection.apply(spectrogram.base, stride: spectrogram.stride, frames: spectrogram.frames, into: out)
        }.finite()
        if deltas == 0 { return result }
        return try result.appendingDeltas(orders: deltas, width: deltaWidth, mode: deltaMode).finite()
    }
}

/// The cosine tables of MFCCs, made once.
private enum MFCCTable {
    private struct Key: Hashable {
        var bands: Int
        var cepstra: Int
        var lifter: MFCC.Lifter
    }

    private static let cache = Cache<Key, Projection>()

    static func of(_ settings: MFCC) -> Projection {
        let key = Key(bands: settings.logMel.filters.bands, cepstra: settings.cepstra, lifter: settings.lifter)
        if let known = cache[key] { return known }
        let made = Projection.cosines(inner: key.bands, columns: key.cepstra, gain: settings.lifter.gain)
        cache[key] = made
        return made
    }
}
