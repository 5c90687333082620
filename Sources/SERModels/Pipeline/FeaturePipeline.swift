// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport

/// Everything between a sound file and what a network reads: how much sound is used, which features are taken from it, and
/// how they are laid out.
public struct FeaturePipeline: Sendable {
    /// How much of a clip is used.
    public enum Span: Sendable, Hashable, Codable {
        /// Up to so many seconds; shorter clips stay as long as they are.
        case atMost(seconds: Double)
        /// Exactly so many seconds: longer clips are cut, shorter ones filled with silence.
        case exactly(seconds: Double)

        /// The length in seconds.
        public var seconds: Double {
            switch self {
            case .atMost(let seconds), .exactly(let seconds): return seconds
            }
        }
    }

    /// How the features of a clip are laid out for the network.
    public enum Arrangement: Sendable, Hashable, Codable {
        /// [frames, coefficients], as long as the clip.
        case sequence
        /// [1, coefficients, frames], always of the same length.
        case image
        /// One vector: statistics over time, each of all coefficients, one statistic after the other.
        case vector([TimeStatistic])
    }

    /// The features.
    public var extractor: any FeatureExtractor
    /// How much of a clip is used.
    public var span: Span
    /// How the features are laid out.
    public var arrangement: Arrangement
    /// Which part is used of clips that are longer than the span. Training and recognition choose it alike.
    public var window: ListeningWindow
    /// What silence is left out before and behind the voice; nil for none.
    public var trimming: SilenceTrimming?

    /// A pipeline of the given parts.
    public init(
        extractor: any FeatureExtractor, span: Span, arrangement: Arrangement, window: ListeningWindow = .speech,
        trimming: SilenceTrimming? = nil
    ) {
        self.extractor = extractor
        self.span = span
        self.arrangement = arrangement
        self.window = window
        self.trimming = trimming
    }

    /// The pipeline that a network of the given input shape needs: `[.time, coefficients]` reads sequences,
    /// `[1, coefficients, frames]` images of clips cut or filled to `seconds`, and a vector a ``ClipSummary``:
    /// `[coefficients]` means over time, `[2 * coefficients]` deviations too, `[4 * coefficients]` also extremes.
    /// - Throws: `ShapeError` when the features cannot be laid out that way.
    public init(
        for input: Shape, extractor: any FeatureExtractor, seconds: Double, window: ListeningWindow = .speech
    ) throws(ShapeError) {
        let columns = extractor.coefficients
        func unfit(_ expected: String, _ hint: String) -> ShapeError {
            ShapeError(path: "input", layer: "input", expected: expected, got: "\(input)", hint: hint)
        }
        guard seconds > 0, seconds.isFinite, seconds <= 3600 else {
            throw unfit("a duration above 0 and up to 3600 s, not \(seconds)", "Set the duration in seconds.")
        }
        switch input.dimensions {
        case [.time, .fixed(columns)], [.any, .fixed(columns)]:
            self.init(
                extractor: extractor, span: .atMost(seconds: seconds), arrangement: .sequence, window: window)
        case let dimensions where dimensions.count == 3 && dimensions[0] == 1 && dimensions[1] == .fixed(columns):
            let frames = extractor.frames(forSamples: Int(saturating: seconds * extractor.sampleRate))
            guard dimensions[2].length == nil || dimensions[2].length == frames else {
                let fitting = dimensions[2].length.flatMap { Self.seconds(giving: $0, by: extractor) }
                throw unfit(
                    "\(frames) frames, which is what \(seconds) s of sound give",
                    "Use the input [1, \(columns), \(frames)], or "
                        + (fitting.map { "a duration of \($0) s." } ?? "another duration."))
            }
            self.init(
                extractor: extractor, span: .exactly(seconds: seconds), arrangement: .image, window: window)
        case let dimensions:
            let summary = ClipSummary.allCases.first { dimensions == [.fixed($0.statistics.count * columns)] }
            if let summary {
                self.init(
                    extractor: extractor, span: .atMost(seconds: seconds), arrangement: .vector(summary.statistics),
                    window: window)
                return
            }
            throw unfit(
                "[.time, \(columns)], [1, \(columns), frames] or [\(columns)] for features of \(columns) coefficients",
                Self.hint(for: dimensions, columns: columns))
        }
    }

    /// What to do about a network that reads no features of so many columns.
    private static func hint(for dimensions: [Shape.Dimension], columns: Int) -> String {
        let isOneSequence = dimensions.count == 2
        if isOneSequence, dimensions[1] == .fixed(columns) {
            return
                "Leave the number of frames open, as [.time, \(columns)]; PyTorch exports it so where the axis of the "
                + "frames is dynamic."
        }
        if isOneSequence, dimensions[0] == .fixed(columns) {
            return
                "Let the network read the frames first, their number left open, as [.time, \(columns)], and swap the "
                + "axes itself; or let it read an image, [1, \(columns), frames]."
        }
        return "Change the network's input or the number of coefficients."
    }

    /// A duration in seconds, to four places, of which features give so many frames; nil where none does.
    private static func seconds(giving frames: Int, by extractor: any FeatureExtractor) -> Double? {
        let rate = extractor.sampleRate
        var low = 0, high = Int(saturating: 3600 * rate)
        while low < high {
            let middle = low + (high - low) / 2
            if extractor.frames(forSamples: middle) < frames { low = middle + 1 } else { high = middle }
        }
        let seconds = (Double(low) / rate * 1e4).rounded(.up) / 1e4
        return extractor.frames(forSamples: Int(saturating: seconds * rate)) == frames ? seconds : nil
    }

    /// The features of a clip as a matrix: [frames, coefficients], or [1, values] for vectors.
    /// - Throws: `FeatureError` for sound that has no features, such as an empty clip.
    public func matrix(of clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        if window == .speech || trimming != nil { return try summarized(try features(of: try hear(clip).clip)) }
        // The beginning is the beginning, whether or not somebody speaks in it.
        var sound = try extractor.prepared(clip)
        sound.samples.removeLast(max(0, sound.samples.count - samples))
        return try summarized(try features(of: sound))
    }

    /// How many samples the span has at the extractor's rate.
    private var samples: Int { Int(saturating: span.seconds * extractor.sampleRate) }

    /// What is listened to of a recording.
    package var listening: Listening {
        Listening(sampleRate: extractor.sampleRate, seconds: span.seconds, window: window, trimming: trimming)
    }

    /// As much of a sound file as the features are taken from, at the extractor's rate.
    package func hear(
        _ file: URL, truncated: TruncatedFiles = .refuse, takesPipes: Bool = true
    ) throws(AudioError) -> HeardSound {
        try listening.hear(file, truncated: truncated, takesPipes: takesPipes)
    }

    /// As much of a clip as the features are taken from, at the extractor's rate.
    /// - Throws: `FeatureError` for a clip without samples, or with samples that are no numbers.
    package func hear(_ clip: AudioClip) throws(FeatureError) -> HeardSound {
        guard !clip.samples.isEmpty else { throw .emptyClip }
        try clip.requireFinite()
        do throws(AudioError) { return try listening.hear(clip) } catch { throw .audio(error) }
    }

    /// The features of sound that was heard, before any statistics over time.
    package func features(of heard: AudioClip) throws(FeatureError) -> FeatureMatrix {
        try extractor.checkedFeatures(of: filled(try extractor.prepared(heard)))
    }

    /// Sound that was heard, filled with silence where the span says so.
    package func filled(_ heard: AudioClip) -> AudioClip {
        guard case .exactly = span, heard.samples.count < samples else { return heard }
        var sound = heard
        sound.samples += [Float](repeating: 0, count: samples - heard.samples.count)
        return sound
    }

    /// Statistics over time, where the arrangement asks for them.
    package func summarized(_ matrix: FeatureMatrix) throws(FeatureError) -> FeatureMatrix {
        guard case .vector(let statistics) = arrangement else { return matrix }
        return try matrix.statistics(statistics)
    }
}
