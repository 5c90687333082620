import Foundation
import SERSupport

/// Where somebody speaks in a clip, and whether anybody does.
///
/// Voiced sounds are looked for in frames of 40 ms, every 20 ms, at 8 kHz. A frame counts when
/// - it is within 40 dB of the loudest frame and above -75 dB of full scale,
/// - it is periodic at 70 to 500 Hz: its autocorrelation, divided by that of the window, has a peak of at least 0.6
///   (Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993), and
/// - its spectrum, in 16 bands relative to the strongest, differs by at least 3.5 dB on average from those of the other
///   such frames within 0.3 s, as speech does and hums and tones do not (after the long-term variability of Ghosh,
///   Tsiartas and Narayanan, IEEE TASLP 19(3), 2011).
///
/// A clip has speech where this holds for ``leastVoiced`` seconds together. Whispered speech has no voiced sounds, and
/// melodies change as speech does: neither is told rightly.
public struct SpeechActivity: Sendable, Hashable, Codable {
    /// A stretch of time, in seconds from the clip's start.
    public struct Interval: Sendable, Hashable, Codable {
        /// Where it begins and ends.
        public var start, end: Double
    }

    /// The least voiced time of a clip with speech, in seconds.
    public static let leastVoiced = 0.2

    /// Stretches of speech: voiced frames with what lies between those less than 0.3 s apart.
    public let intervals: [Interval]
    /// The time that voiced frames take, in seconds.
    public let voicedSeconds: Double
    /// The clip's length in seconds.
    public let duration: Double

    /// Whether anybody speaks.
    public var hasSpeech: Bool { voicedSeconds >= Self.leastVoiced - 1e-9 }
    /// The length of all ``intervals``, in seconds.
    public var seconds: Double { intervals.reduce(0) { $0 + $1.end - $1.start } }
    /// The part of the clip that ``intervals`` take, 0...1.
    public var fraction: Double { duration > 0 ? min(1, seconds / duration) : 0 }

    /// Looks for speech in a clip.
    /// - Throws: ``AudioError/invalidRate(path:from:to:)``.
    public init(of clip: AudioClip) throws(AudioError) {
        duration = clip.duration
        let narrow = try clip.resampled(to: VoicedFrames.sampleRate, quality: .low)
        let voiced = VoicedFrames(narrow.samples).changing
        voicedSeconds = Double(voiced.count) * VoicedFrames.hopSeconds
        var intervals: [Interval] = []
        for frame in voiced {
            // The middle of the frame, half a hop to each side.
            let start = (Double(frame) + 0.5) * VoicedFrames.hopSeconds
            let end = min(start + VoicedFrames.hopSeconds, duration)
            if let last = intervals.last, start - last.end < 0.3 {
                intervals[intervals.count - 1].end = end
            } else {
                intervals.append(Interval(start: min(start, duration), end: end))
            }
        }
        self.intervals = intervals
    }
}

/// The voiced frames of samples at 8 kHz.
private struct VoicedFrames {
    static let sampleRate = 8000.0
    static let hopSeconds = 0.02
    private static let length = 320, hop = 160, transformLength = 512
    private static let lags = 16...114  // 500 to 70 Hz
    private static let leastHarmonicity: Float = 0.6
    private static let leastChange: Float = 3.5
    private static let neighbours = 15
    private static let bands = 16

    private static let window: [Float] = (0..<length).map {
        Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(length)))
    }
    /// The window's autocorrelation, 1 at lag 0.
    private static let windowCorrelation: [Float] = {
        let sums = (0...lags.upperBound + 1).map { lag in
            (0..<length - lag).reduce(0 as Float) { $0 + window[$1] * window[$1 + lag] }
        }
        return sums.map { $0 / sums[0] }
    }()
    /// The first bin of each band and the end of the last: 150 to 3,800 Hz, equally wide on a logarithmic scale.
    private static let edges: [Int] = (0...bands).map { band in
        let frequency = 150 * pow(3800 / 150, Double(band) / Double(bands))
        return Int(saturating: frequency * Double(transformLength) / sampleRate, rounding: .up)
    }
    /// Bins below 60 Hz.
    private static let rumble = 4

    /// Voiced frames, ascending, and for each its band levels in dB.
    private var frames: [Int] = []
    private var levels: [[Float]] = []

    init(_ samples: [Float]) {
        guard let transform = RealTransform.of(length: Self.transformLength), let space = transform.workspace() else {
            return
        }
        let count = samples.count < Self.length ? 0 : (samples.count - Self.length) / Self.hop + 1
        let energies = (0..<count).map { Self.variance(samples[$0 * Self.hop..<$0 * Self.hop + Self.length]) }
        let least = max((energies.max() ?? 0) * 1e-4, 3.2e-8)
        for frame in 0..<count where energies[frame] > least {
            let start = frame * Self.hop
            let mean = samples[start..<start + Self.length].reduce(0, +) / Float(Self.length)
            for index in 0..<Self.transformLength {
                space.samples[index] = index < Self.length ? (samples[start + index] - mean) * Self.window[index] : 0
            }
            transform.forward(space)
            for bin in 0..<transform.bins {
                let (real, imaginary) = (space.bins[2 * bin], space.bins[2 * bin + 1])
                space.bins[2 * bin] = bin < Self.rumble ? 0 : real * real + imaginary * imaginary
                space.bins[2 * bin + 1] = 0
            }
            let level = Self.bandLevels(space.bins)
            transform.backward(space)
            if Self.harmonicity(space.samples) >= Self.leastHarmonicity {
                frames.append(frame)
                levels.append(level)
            }
        }
    }

    /// The frames whose spectrum is not that of their neighbours.
    var changing: [Int] {
        var first = 0
        return frames.indices.filter { place in
            while frames[place] - frames[first] > Self.neighbours { first += 1 }
            var (sum, count): (Float, Int) = (0, 0)
            var other = first
            while other < frames.count, frames[other] - frames[place] <= Self.neighbours {
                for band in 0..<Self.bands { sum += abs(levels[other][band] - levels[place][band]) }
                count += Self.bands
                other += 1
            }
            return sum / Float(count) >= Self.leastChange
        }.map { frames[$0] }
    }

    private static func variance(_ samples: ArraySlice<Float>) -> Float {
        let mean = samples.reduce(0, +) / Float(length)
        return samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(length)
    }

    /// The highest peak of the normalised autocorrelation within the lags of voices.
    private static func harmonicity(_ correlation: UnsafeMutablePointer<Float>) -> Float {
        guard correlation[0] > 0 else { return 0 }
        func value(_ lag: Int) -> Float { correlation[lag] / (correlation[0] * windowCorrelation[lag]) }
        return lags.reduce(0) { best, lag in
            let here = value(lag)
            return here > best && here > value(lag - 1) && here >= value(lag + 1) ? here : best
        }
    }

    /// The power in each band, in dB relative to the strongest, at least -30.
    private static func bandLevels(_ power: UnsafeMutablePointer<Float>) -> [Float] {
        let sums = (0..<bands).map { band in
            (edges[band]..<edges[band + 1]).reduce(1e-20 as Float) { $0 + power[2 * $1] }
        }
        let loudest = sums.max() ?? 1
        return sums.map { max(10 * log10f($0 / loudest), -30) }
    }
}
