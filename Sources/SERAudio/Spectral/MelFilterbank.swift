// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// Triangular filters spaced evenly on the mel scale. Defaults are librosa's (`librosa.filters.mel`).
public struct MelFilterbank: Codable, Sendable, Hashable {
    /// Whose mel scale.
    public enum Scale: String, Codable, Sendable, Hashable, CaseIterable {
        /// Slaney's Auditory Toolbox: linear below 1,000 Hz, logarithmic above.
        case slaney
        /// HTK's (and Kaldi's): 2595 log10(1 + f / 700).
        case htk
    }

    /// How filters are scaled.
    public enum Normalization: String, Codable, Sendable, Hashable, CaseIterable {
        /// Each filter's area is 1: divided by half its width in Hz.
        case area
        /// Each filter's peak is 1.
        case none
    }

    /// The axis on which the sides of a triangle are straight.
    public enum Sides: String, Codable, Sendable, Hashable, CaseIterable {
        /// Frequency in Hz (librosa, torchaudio).
        case hertz
        /// Mel (Kaldi, HTK).
        case mel
    }

    /// Filters.
    public var bands: Int
    /// The mel scale.
    public var scale: Scale
    /// The scaling of the filters.
    public var normalization: Normalization
    /// The lower end of the first filter, in Hz.
    public var lowest: Double
    /// The upper end of the last filter, in Hz; nil for half the sample rate.
    public var highest: Double?
    /// What the sides of the triangles are straight in.
    public var sides: Sides

    /// Filters with librosa's defaults where nothing else is said.
    public init(
        bands: Int = 128, scale: Scale = .slaney, normalization: Normalization = .area, lowest: Double = 0,
        highest: Double? = nil, sides: Sides = .hertz
    ) {
        self.bands = bands
        self.scale = scale
        self.normalization = normalization
        self.lowest = lowest
        self.highest = highest
        self.sides = sides
    }

    /// Says what is wrong with the settings at a sample rate in Hz.
    /// - Throws: ``FeatureError/invalidSetting(_:)``.
    public func validate(sampleRate: Double) throws(FeatureError) {
        try require(
            Resampler.accepts(sampleRate),
            "sampleRate \(sampleRate): must be from 1 to \(Int(SoundBounds.highestRate)) Hz")
        try require((1...4096).contains(bands), "bands \(bands): must be from 1 to 4096")
        try require(lowest >= 0 && lowest.isFinite, "lowest \(lowest) Hz: must not be negative")
        let top = highest ?? sampleRate / 2
        try require(
            top.isFinite && top > lowest && top <= SoundBounds.highestRate,
            "highest \(top) Hz: must be above lowest, \(lowest) Hz")
    }

    /// The filters' weights, [bands, fftLength / 2 + 1], as `librosa.filters.mel` gives them.
    /// - Throws: ``FeatureError/invalidSetting(_:)``.
    public func weights(sampleRate: Double, fftLength: Int) throws(FeatureError) -> FeatureMatrix {
        try validate(sampleRate: sampleRate)
        try require(
            (2...STFT.longest).contains(fftLength), "fftLength \(fftLength): must be from 2 to \(STFT.longest)")
        let bins = fftLength / 2 + 1
        let edges = self.edges(sampleRate: sampleRate)
        let axis = (0..<bins).map { bin in
            let hertz = Double(bin) * sampleRate / Double(fftLength)
            return sides == .hertz ? hertz : mel(hertz)
        }
        var values = [Float](repeating: 0, count: bands * bins)
        for band in 0..<bands {
            let corners = edges[band...band + 2].map { sides == .hertz ? $0 : mel($0) }
            let gain = normalization == .area ? 2 / (edges[band + 2] - edges[band]) : 1
            for bin in 0..<bins {
                let rising = (axis[bin] - corners[0]) / (corners[1] - corners[0])
                let falling = (corners[2] - axis[bin]) / (corners[2] - corners[1])
                values[band * bins + bin] = Float(max(0, min(rising, falling)) * gain)
            }
        }
        return FeatureMatrix(frames: bands, coefficients: bins, values: values)
    }

    /// The centres of the filters, in Hz, [bands].
    public func centers(sampleRate: Double) -> [Double] { Array(edges(sampleRate: sampleRate)[1...bands]) }

    /// How many filters are empty, with no bin of the transform between their corners: they give nothing, whatever the
    /// sound. `librosa.filters.mel` warns of them.
    package func emptyFilters(sampleRate: Double, fftLength: Int) -> Int {
        let edges = edges(sampleRate: sampleRate), spacing = sampleRate / Double(fftLength)
        return (0..<bands).count { band in
            let next = ((edges[band] / spacing).rounded(.down) + 1) * spacing
            return next >= edges[band + 2] || next > sampleRate / 2
        }
    }

    /// Corners of the triangles in Hz: bands + 2 of them, evenly spaced in mel.
    private func edges(sampleRate: Double) -> [Double] {
        let from = mel(lowest)
        let to = mel(highest ?? sampleRate / 2)
        return (0..<bands + 2).map { hertz(from + (to - from) * Double($0) / Double(bands + 1)) }
    }

    private static let linear = 200.0 / 3
    private static let bend = 1000.0
    private static let logarithmic = log(6.4) / 27

    private func mel(_ hertz: Double) -> Double {
        switch scale {
        case .htk: 2595 * log10(1 + hertz / 700)
        case .slaney where hertz < Self.bend: hertz / Self.linear
        case .slaney: Self.bend / Self.linear + log(hertz / Self.bend) / Self.logarithmic
        }
    }

    private func hertz(_ mel: Double) -> Double {
        switch scale {
        case .htk: 700 * (pow(10, mel / 2595) - 1)
        case .slaney where mel < Self.bend / Self.linear: mel * Self.linear
        case .slaney: Self.bend * exp(Self.logarithmic * (mel - Self.bend / Self.linear))
        }
    }
}

/// A filterbank without its zeros: each filter as whole blocks of weights from its first bin on.
struct SparseRows: Sendable {
    /// Filters, rounded up to whole blocks with empty ones.
    let paddedRows: Int
    private var starts: [Int32] = []
    private var blocks: [Int32] = []
    private var weights: [Float] = []

    init(_ matrix: FeatureMatrix) {
        let lanes = Int(SER_AUDIO_LANES)
        paddedRows = (matrix.frames + lanes - 1) / lanes * lanes
        for row in 0..<paddedRows {
            let values = row < matrix.frames ? Array(matrix.row(row)) : []
            let first = values.firstIndex { $0 != 0 } ?? 0
            let last = values.lastIndex { $0 != 0 } ?? -1
            let count = (last - first + lanes) / lanes
            starts.append(Int32(first))
            blocks.append(Int32(count))
            weights += (first..<first + count * lanes).map { $0 < values.count ? values[$0] : 0 }
        }
    }

    /// The product with a spectrum that is followed by a block of zeros; `out` has room for the padded rows.
    @inline(__always)
    func apply(_ power: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
        ser_audio_mel(out, power, starts, blocks, weights, Int64(paddedRows))
    }
}
