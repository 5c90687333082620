// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Why features could not be computed.
public enum FeatureError: Error, Equatable, Sendable {
    /// A setting that cannot work; the text names it, its value and what it may be.
    case invalidSetting(String)
    /// The clip has no samples.
    case emptyClip
    /// The clip is shorter than one frame where frames are not padded; lengths in samples at `sampleRate` Hz.
    case tooShort(samples: Int, needed: Int, sampleRate: Double)
    /// Fewer frames than the regression window of a delta.
    case tooFewFrames(frames: Int, width: Int)
    /// A sample is NaN or infinite, at a time in seconds.
    case notFinite(seconds: Double)
    /// A feature is NaN or infinite; its place is counted from 0.
    case notFiniteFeature(frame: Int, coefficient: Int)
    /// An extractor gave another number of columns than it announces.
    case otherCoefficients(found: Int, announced: Int)
    /// An extractor says of another number of columns what they are than it announces.
    case otherColumns(described: Int, announced: Int)
    /// An extractor gave another number of frames than it announces, where all clips have equally many.
    case otherFrames(found: Int, announced: Int)
    /// A clip is shorter than a network's windows: a layer, told by its path, gets nothing from so few frames.
    case tooFewSteps(frames: Int, needed: Int, layer: String)
    /// An extractor gave no frames, and no reason.
    case noFrames
    /// There is no memory for so many bytes.
    case outOfMemory(bytes: Int)
    /// The file could not be read, or the clip not resampled.
    case audio(AudioError)
}

extension FeatureError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .invalidSetting(let text):
            text
        case .emptyClip:
            "the clip has no samples; leave it out"
        case .tooShort(let samples, let needed, let rate):
            "the clip is too short: \(samples) samples at \(rate) Hz where one frame takes \(needed); "
                + "pad the clip, shorten the window, or use edges that pad (zero, reflect)"
        case .tooFewFrames(let frames, let width):
            "\(frames) frames are fewer than the width of the deltas, \(width); "
                + "use longer clips, a narrower width, or the mode nearest"
        case .notFinite(let seconds):
            "the sample at \(seconds) s is NaN or infinite; clean the clip before computing features"
        case .notFiniteFeature(let frame, let coefficient):
            "coefficient \(coefficient) of frame \(frame) is NaN or infinite; samples that are far beyond full scale give "
                + "such features: bring the clip to full scale 1, or leave it out"
        case .otherCoefficients(let found, let announced):
            "the features have \(found) columns, but their extractor announces \(announced); "
                + "let its coefficients say how many columns extract gives"
        case .otherColumns(let described, let announced):
            "the extractor says what \(described) columns are, and announces \(announced); "
                + "let its columns name each of them"
        case .otherFrames(let found, let announced):
            "the features have \(found) frames, but their extractor announces \(announced); "
                + "let its frames(forSamples:) say how many rows extract gives"
        case .tooFewSteps(let frames, let needed, let layer):
            "the clip is too short: \(frames) frames, and the network's layer '\(layer)' gets nothing from fewer than "
                + "\(needed); use longer clips, or, in a network of your own, smaller windows or strides"
        case .noFrames:
            "the features have no frames; let the extractor throw tooShort for clips that give none"
        case .outOfMemory(let bytes):
            "there is no memory for \(bytes) bytes; use a shorter transform, fewer threads or a shorter clip"
        case .audio(let error):
            error.description
        }
    }
}

/// Throws the message where a setting is out of its bounds.
func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(FeatureError) {
    if !condition { throw .invalidSetting(message()) }
}
