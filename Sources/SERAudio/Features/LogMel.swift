// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation
import SERSupport

/// The mel spectrogram on a linear or logarithmic scale. Presets follow ``FeaturePreset``; every setting can
/// be changed.
public struct LogMel: FeatureExtractor, Hashable {
    public static let kind = "logMel"

    /// The scale of the result.
    public enum Compression: Codable, Sendable, Hashable {
        /// Decibels (librosa, torchaudio).
        case decibels(Decibels)
        /// The natural logarithm; powers below `least` count as `least` (Kaldi).
        case natural(least: Double)
        /// None: the mel spectrogram itself (`librosa.feature.melspectrogram`).
        case none
    }

    /// What the filters sum.
    public enum Quantity: String, Codable, Sendable, Hashable, CaseIterable {
        /// Magnitudes (librosa's `power=1`). In decibels, 80 below the loudest are then 160 of power, where the
        /// rounding of a transform in single precision shows.
        case magnitude
        /// Squared magnitudes (librosa's `power=2`).
        case power
    }

    /// The rate, in Hz, at which features are computed. Setting it leaves the lengths in ``stft``, which count samples,
    /// as they are; the initialiser takes a rate to which a preset fits them.
    public var sampleRate: Double
    /// Frames and their transform.
    public var stft: STFT
    /// Magnitudes or their squares.
    public var quantity: Quantity
    /// The filters.
    public var filters: MelFilterbank
    /// The scale of the result.
    public var compression: Compression

    /// The settings of a preset, with another number of bands or another rate (in Hz) where given; see
    /// ``FeaturePreset`` for what a preset becomes at another rate.
    public init(_ preset: FeaturePreset = .librosa, bands: Int? = nil, sampleRate: Double? = nil) {
        quantity = .power
        switch preset {
        case .librosa, .librosaLegacy:
            self.sampleRate = 22_050
            stft = STFT(edges: preset == .librosa ? .zero : .reflect)
            filters = MelFilterbank()
            compression = .decibels(Decibels())
        case .torchaudio:
            self.sampleRate = 16_000
            stft = STFT(fftLength: 400, hop: 200, edges: .reflect)
            filters = MelFilterbank(scale: .htk, normalization: .none)
            compression = .decibels(Decibels())
        case .kaldi:
            self.sampleRate = 16_000
            stft = .kaldi(sampleRate: sampleRate ?? 16_000)
            filters = MelFilterbank(bands: 23, scale: .htk, normalization: .none, lowest: 20, sides: .mel)
            compression = .natural(least: Double(Float.ulpOfOne))
        }
        if let bands { filters.bands = bands }
        if let sampleRate { self.sampleRate = sampleRate }
    }

    /// What networks for voices never heard read: frames of 25 ms every 10 ms, bands up to 8 kHz or half the rate, in decibels.
    ///
    /// How quiet a recording is between the words tells the studio and not the emotion, and differs from corpus to corpus
    /// more than any emotion does: what is softer than `range` below the clip's loudest value is raised to there.
    /// - Parameters:
    ///   - bands: How many bands there are.
    ///   - sampleRate: The rate in Hz.
    ///   - range: How far below the loudest value of a clip anything is told apart, in dB; nil for no limit, so that no frame
    ///     depends on another.
    public static func speech(bands: Int = 64, sampleRate: Double = 16_000, range: Double? = 40) -> LogMel {
        var features = LogMel(.librosa, bands: bands, sampleRate: sampleRate)
        let hop = Int(saturating: sampleRate / 100)
        var fftLength = 2
        while fftLength < hop * 5 / 2, fftLength < STFT.longest { fftLength *= 2 }
        features.stft = STFT(fftLength: fftLength, windowLength: hop * 5 / 2, hop: hop, edges: .zero)
        features.filters.normalization = .none
        features.filters.highest = min(8_000, sampleRate / 2)
        features.compression = .decibels(Decibels(topDB: range))
        return features
    }

    /// How many bands hold nothing, whatever the sound: filters so narrow that no bin of the transform lies in them.
    package var emptyBands: Int { filters.emptyFilters(sampleRate: sampleRate, fftLength: stft.fftLength) }

    /// The largest number of bands, up to ``MelFilterbank/bands``, of which each holds something.
    package var mostBands: Int {
        var some = self
        while some.filters.bands > 1, some.emptyBands > 0 { some.filters.bands -= 1 }
        return some.filters.bands
    }

    public var coefficients: Int { filters.bands }

    public func frames(forSamples samples: Int) -> Int { stft.frames(forSamples: samples) }

    public func validate() throws(FeatureError) {
        try filters.validate(sampleRate: sampleRate)
        try stft.validate()
        switch compression {
        case .decibels(let decibels): try decibels.validate()
        case .natural(let least):
            try require(least.isFinite && least >= 1e-37, "least power \(least): must be at least 1e-37")
        case .none: break
        }
    }

    public func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        let plan = try LogMelPlan.of(self)
        let clip = try prepared(clip)
        let spectrogram = try plan.run(clip)
        return try FeatureMatrix(frames: spectrogram.frames, coefficients: coefficients) { out in
            for frame in 0..<spectrogram.frames {
                (out + frame * coefficients).update(from: spectrogram.row(frame), count: coefficients)
            }
        }.finite()
    }
}

extension STFT {
    /// Kaldi's frames of 25 ms every 10 ms, in whole samples rounded down, and the next power of two for the transform.
    fileprivate static func kaldi(sampleRate: Double) -> STFT {
        let length = Int(saturating: sampleRate * 25 / 1000, rounding: .down)
        var fftLength = 2
        while fftLength < length, fftLength < longest { fftLength *= 2 }
        return STFT(
            fftLength: fftLength, windowLength: length, hop: Int(saturating: sampleRate * 10 / 1000, rounding: .down),
            window: .povey, isPeriodic: false, edges: .snip, scale: 32_768, removesMean: true, preemphasis: 0.97)
    }
}

/// The tables of a ``LogMel``, made once.
final class LogMelPlan: Sendable {
    private let settings: LogMel
    private let stft: STFTPlan
    private let filters: SparseRows

    private static let cache = Cache<LogMel, LogMelPlan>()

    static func of(_ settings: LogMel) throws(FeatureError) -> LogMelPlan {
        if let known = cache[settings] { return known }
        let made = try LogMelPlan(settings)
        cache[settings] = made
        return made
    }

    private init(_ settings: LogMel) throws(FeatureError) {
        try settings.validate()
        self.settings = settings
        stft = try STFTPlan.of(settings.stft)
        filters = SparseRows(
            try settings.filters.weights(sampleRate: settings.sampleRate, fftLength: settings.stft.fftLength))
    }

    /// The log-mel spectrogram of a clip at the plan's rate.
    func run(_ clip: AudioClip) throws(FeatureError) -> PaddedRows {
        let frames = try stft.frames(of: clip)
        guard let rows = PaddedRows(frames: frames, stride: filters.paddedRows) else {
            throw .invalidSetting("\(frames) frames of \(filters.paddedRows) bands do not fit in memory")
        }
        let bins = Int64(settings.stft.bins)
        try stft.forEachFrame(of: clip, frames: frames) { frame, workspace in
            stft.transform.power(workspace)
            if settings.quantity == .magnitude { ser_audio_sqrt(workspace.power, bins) }
            filters.apply(workspace.power, into: rows.row(frame))
        }
        // Before logarithms, which take what is not a number for silence.
        try rows.requireFinite()
        compress(rows)
        return rows
    }

    private func compress(_ rows: PaddedRows) {
        let count = rows.frames * rows.stride
        switch settings.compression {
        case .decibels(let decibels):
            // Bands that only fill up a block hold 0, the least there is: they cannot be the loudest.
            let loudest = ser_audio_decibels(rows.base, Int64(count), Float(decibels.least))
            decibels.finish(rows.base, count, loudest: loudest)
        case .natural(let least): ser_audio_log(rows.base, Int64(count), Float(least))
        case .none: break
        }
    }
}

/// Rows of floats that begin on whole blocks, from the pool.
final class PaddedRows {
    let frames: Int
    let stride: Int
    let base: UnsafeMutablePointer<Float>
    private let bytes: Int

    init?(frames: Int, stride: Int) {
        bytes = frames * stride * MemoryLayout<Float>.size
        guard let block = ser_allocate(bytes) else { return nil }
        self.frames = frames
        self.stride = stride
        base = block.bindMemory(to: Float.self, capacity: frames * stride)
    }

    deinit { ser_free(base, bytes) }

    @inline(__always)
    func row(_ frame: Int) -> UnsafeMutablePointer<Float> { base + frame * stride }

    func requireFinite() throws(FeatureError) {
        let count = frames * stride
        guard ser_audio_all_finite(base, Int64(count)) == 0 else { return }
        let first = (0..<count).first { !base[$0].isFinite } ?? 0
        throw .notFiniteFeature(frame: first / stride, coefficient: first % stride)
    }
}
