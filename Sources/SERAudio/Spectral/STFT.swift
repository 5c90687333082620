// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// The short-time Fourier transform: frames, a window, a transform of each. Defaults are librosa's.
public struct STFT: Codable, Sendable, Hashable {
    /// Samples that are transformed at once; frames shorter than that are filled with zeros.
    public var fftLength: Int
    /// Samples under the window; nil for ``fftLength``. The window lies in the middle of the frame (at its start with
    /// ``FrameEdges/snip``).
    public var windowLength: Int?
    /// Samples from one frame to the next.
    public var hop: Int
    /// The window's shape.
    public var window: Window
    /// Whether the window is periodic, as for spectral analysis, or symmetric, as Kaldi's.
    public var isPeriodic: Bool
    /// Where frames begin and what lies beyond the ends.
    public var edges: FrameEdges
    /// Factor on the samples: 1, or 32,768 for Kaldi.
    public var scale: Float
    /// Whether the mean of each frame is taken off before anything else.
    public var removesMean: Bool
    /// Pre-emphasis within each frame, x[i] - preemphasis x[i - 1], as Kaldi does it; 0 for none.
    public var preemphasis: Float

    /// The longest transform.
    static let longest = 1 << 20

    /// A transform with librosa's defaults where nothing else is said.
    public init(
        fftLength: Int = 2048, windowLength: Int? = nil, hop: Int = 512, window: Window = .hann,
        isPeriodic: Bool = true, edges: FrameEdges = .zero, scale: Float = 1, removesMean: Bool = false,
        preemphasis: Float = 0
    ) {
        self.fftLength = fftLength
        self.windowLength = windowLength
        self.hop = hop
        self.window = window
        self.isPeriodic = isPeriodic
        self.edges = edges
        self.scale = scale
        self.removesMean = removesMean
        self.preemphasis = preemphasis
    }

    /// Frequencies of a spectrum: fftLength / 2 + 1.
    public var bins: Int { fftLength / 2 + 1 }

    /// Frames of a clip of `samples` samples; 0 where it is too short.
    public func frames(forSamples samples: Int) -> Int {
        guard (try? validate()) != nil else { return 0 }
        return layout.frames(forSamples: samples)
    }

    /// Says what is wrong with the settings.
    /// - Throws: ``FeatureError/invalidSetting(_:)``.
    public func validate() throws(FeatureError) {
        try require(
            (2...Self.longest).contains(fftLength), "fftLength \(fftLength): must be from 2 to \(Self.longest)")
        if let windowLength {
            try require(
                (1...fftLength).contains(windowLength),
                "windowLength \(windowLength): must be from 1 to fftLength, \(fftLength)")
        }
        try require((1...(1 << 30)).contains(hop), "hop \(hop): must be from 1 to \(1 << 30)")
        try require(scale.isFinite && scale != 0, "scale \(scale): must be a number other than 0")
        try require(
            preemphasis.isFinite && (0...1).contains(preemphasis), "preemphasis \(preemphasis): must be from 0 to 1")
    }

    /// The complex spectrogram of a clip.
    /// - Throws: ``FeatureError``.
    public func spectrum(of clip: AudioClip) throws(FeatureError) -> ComplexSpectrogram {
        let plan = try STFTPlan.of(self)
        let frames = try plan.frames(of: clip)
        let bins = self.bins
        let values = try FeatureMatrix(frames: frames, coefficients: 2 * bins) { out throws(FeatureError) in
            try plan.forEachFrame(of: clip, frames: frames) { frame, workspace in
                plan.transform.spectrum(workspace, into: out + frame * 2 * bins)
            }
        }.finite()
        return ComplexSpectrogram(frames: frames, bins: bins, values: values.values)
    }

    /// The squared magnitudes of a clip's spectrogram, [frames, bins].
    /// - Throws: ``FeatureError``.
    public func power(of clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        let plan = try STFTPlan.of(self)
        let frames = try plan.frames(of: clip)
        let bins = self.bins
        return try FeatureMatrix(frames: frames, coefficients: bins) { out throws(FeatureError) in
            try plan.forEachFrame(of: clip, frames: frames) { frame, workspace in
                plan.transform.power(workspace)
                (out + frame * bins).update(from: workspace.power, count: bins)
            }
        }.finite()
    }

    /// The magnitudes of a clip's spectrogram, [frames, bins].
    /// - Throws: ``FeatureError``.
    public func magnitude(of clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        var result = try power(of: clip)
        let count = Int64(result.values.count)
        result.values.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { ser_audio_sqrt(base, count) } }
        return result
    }

    var layout: FrameLayout {
        FrameLayout(span: fftLength, length: windowLength ?? fftLength, hop: hop, edges: edges)
    }
}

/// A complex spectrogram.
public struct ComplexSpectrogram: Sendable, Equatable {
    /// Rows.
    public let frames: Int
    /// Frequencies from 0 to half the sample rate.
    public let bins: Int
    /// Real and imaginary parts in turn: [frames, bins, 2].
    public let values: [Float]

    /// The value of a frame at a frequency.
    public subscript(frame: Int, bin: Int) -> (real: Float, imaginary: Float) {
        let at = 2 * (frame * bins + bin)
        return (values[at], values[at + 1])
    }
}

/// The tables of an ``STFT``, made once.
final class STFTPlan: Sendable {
    let transform: FourierTransform
    let layout: FrameLayout
    private let settings: STFT
    private let window: [Float]
    private let isPlain: Bool
    private let offset: Int

    private static let cache = Cache<STFT, STFTPlan>()

    static func of(_ settings: STFT) throws(FeatureError) -> STFTPlan {
        if let known = cache[settings] { return known }
        let made = try STFTPlan(settings)
        cache[settings] = made
        return made
    }

    private init(_ settings: STFT) throws(FeatureError) {
        try settings.validate()
        self.settings = settings
        transform = try FourierTransform.of(length: settings.fftLength)
        layout = settings.layout
        window = settings.window.values(layout.length, periodic: settings.isPeriodic)
        isPlain = settings.scale == 1 && !settings.removesMean && settings.preemphasis == 0
        offset = settings.edges == .snip ? 0 : (settings.fftLength - layout.length) / 2
    }

    /// The number of frames of a clip, of which there is at least one.
    func frames(of clip: AudioClip) throws(FeatureError) -> Int {
        guard !clip.samples.isEmpty else { throw .emptyClip }
        let frames = layout.frames(forSamples: clip.samples.count)
        guard frames > 0 else {
            throw .tooShort(samples: clip.samples.count, needed: layout.least, sampleRate: clip.sampleRate)
        }
        return frames
    }

    /// Calls `body` for each frame with a workspace whose input holds the windowed samples. Long clips are cut into
    /// pieces for several threads; a frame does not depend on its piece.
    /// - Throws: ``FeatureError/outOfMemory(bytes:)``.
    func forEachFrame(
        of clip: AudioClip, frames: Int, _ body: (Int, FourierWorkspace) -> Void
    ) throws(FeatureError) {
        let piece = 512
        let failures = Counter()
        clip.samples.withUnsafeBufferPointer { samples in
            withoutActuallyEscaping(body) { body in
                nonisolated(unsafe) let samples = samples
                nonisolated(unsafe) let body = body
                parallelFor((frames + piece - 1) / piece) { index in
                    guard let workspace = FourierWorkspace(length: self.settings.fftLength) else {
                        _ = failures.increment()
                        return
                    }
                    for frame in index * piece..<min(frames, (index + 1) * piece) {
                        self.fill(workspace, frame, samples)
                        body(frame, workspace)
                    }
                }
            }
        }
        if failures.value > 0 { throw .outOfMemory(bytes: FourierWorkspace.bytes(length: settings.fftLength)) }
    }

    @inline(__always)
    private func fill(_ workspace: FourierWorkspace, _ frame: Int, _ samples: UnsafeBufferPointer<Float>) {
        let count = Int64(layout.length)
        layout.withFrame(frame, of: samples, spare: workspace.spare) { source in
            if isPlain {
                ser_audio_window(workspace.input + offset, source, window, count)
            } else {
                ser_audio_window_speech(
                    workspace.input + offset, source, window, count, settings.scale, settings.removesMean ? 1 : 0,
                    settings.preemphasis)
            }
        }
    }
}
