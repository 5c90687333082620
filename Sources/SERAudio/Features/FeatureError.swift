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
        case .audio(let error):
            error.description
        }
    }
}
