// SPDX-License-Identifier: Apache-2.0

import Foundation
import CSERKernels

/// A way from sound to features, with every setting that it depends on.
///
/// ```swift
/// struct SpectralTilt: FeatureExtractor {
///     static let kind = "spectralTilt"
///     var sampleRate = 16_000.0
///     var coefficients: Int { 1 }
///     ...
/// }
/// ```
/// Model files hold the settings, as `Codable` writes them, under the kind; a ``FeatureRegistry`` that knows the type
/// reads them back.
public protocol FeatureExtractor: Codable, Sendable {
    /// The name of the features in files, such as `mfcc`, which no other type has.
    static var kind: String { get }
    /// The rate, in Hz, at which features are computed; clips at other rates are resampled first.
    var sampleRate: Double { get set }
    /// Columns of the result.
    var coefficients: Int { get }
    /// Rows of the result for a clip of `samples` samples at ``sampleRate``; 0 where ``extract(_:)`` would throw.
    func frames(forSamples samples: Int) -> Int
    /// Says what is wrong with the settings, before any audio.
    /// - Throws: ``FeatureError/invalidSetting(_:)``.
    func validate() throws(FeatureError)
    /// The features of a clip, [frames, coefficients].
    /// - Throws: ``FeatureError``.
    func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix
    /// What each column of the result is, `coefficients` of them; by default they are named after their numbers from 0.
    var columns: [FeatureColumn] { get }
    /// The middle of a frame, in seconds from the beginning of the clip; by default frames are taken to be centred on
    /// multiples of their distance.
    func time(ofFrame frame: Int) -> Double
    /// The mel spectrogram that explanations are drawn over; nil, the default, for features that come of none.
    var melSpectrogram: LogMel? { get }
    /// How columns come of the mel spectrogram's bands; nil, the default, where they are no linear function of those
    /// of one frame. Explanations are then told over columns alone.
    var melBasis: MelBasis? { get }
}

extension FeatureExtractor {
    /// The clip at the extractor's rate, found to hold samples and nothing but numbers.
    /// - Throws: ``FeatureError``.
    public func prepared(_ clip: AudioClip) throws(FeatureError) -> AudioClip {
        guard !clip.samples.isEmpty else { throw .emptyClip }
        try clip.requireFinite()
        if clip.sampleRate == sampleRate { return clip }
        do {
            return try clip.resampled(to: sampleRate)
        } catch {
            throw .audio(error)
        }
    }

    /// The features of a clip, found to be as announced: at least a frame, ``coefficients`` columns, and nothing but
    /// numbers.
    /// - Throws: ``FeatureError``.
    package func checkedFeatures(of clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        let features = try extract(clip)
        guard features.coefficients == coefficients else {
            throw .otherCoefficients(found: features.coefficients, announced: coefficients)
        }
        guard features.frames > 0 else { throw .noFrames }
        return try features.finite()
    }

    /// The features of a sound file, [frames, coefficients].
    /// - Parameters:
    ///   - file: The file.
    ///   - truncated: What is done with a file whose end is missing.
    /// - Throws: ``FeatureError``; what is wrong with the file comes as ``FeatureError/audio(_:)``.
    public func extract(
        from file: URL, truncated: TruncatedFiles = .refuse
    ) throws(FeatureError) -> FeatureMatrix {
        let clip: AudioClip
        do {
            clip = try AudioFile.read(at: file, sampleRate: sampleRate, truncated: truncated)
        } catch {
            throw .audio(error)
        }
        return try checkedFeatures(of: clip)
    }
}

extension AudioClip {
    /// Finds samples that no recording holds: NaN, infinite, or beyond ``highestSample``.
    package func requireFinite() throws(FeatureError) {
        do {
            try requireSensible()
        } catch {
            if case .notFinite(_, let seconds) = error { throw .notFinite(seconds: seconds) }
            throw .audio(error)
        }
    }
}
