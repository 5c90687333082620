// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// How far peaks stand out above valleys in each octave of each frame, in decibels (Jiang et al. 2002;
/// `librosa.feature.spectral_contrast`): a column for what lies below the lowest octave and one for each octave.
///
/// A peak is the mean of the greatest fiftieth of an octave's magnitudes, a valley that of the least. Peaks, and
/// valleys, more than 80 dB below the greatest of the clip count as that far below.
public struct SpectralContrast: SpectralMeasure, Hashable {
    public static let kind = "spectralContrast"

    public var sampleRate: Double
    /// How spectra are taken.
    public var stft: STFT
    /// Octaves, the last of which reaches to half the rate.
    public var octaves: Int
    /// Where the lowest octave begins, in Hz.
    public var lowest: Double
    /// The share of an octave's magnitudes that is a peak, and that is a valley; between 0 and 1.
    public var share: Double

    /// librosa's defaults where nothing else is said; rate and lowest frequency are in Hz.
    public init(
        sampleRate: Double = 22_050, stft: STFT = STFT(), octaves: Int = 6, lowest: Double = 200, share: Double = 0.02
    ) {
        self.sampleRate = sampleRate
        self.stft = stft
        self.octaves = octaves
        self.lowest = lowest
        self.share = share
    }

    public var coefficients: Int { octaves + 1 }

    var measured: Int { 2 * coefficients }

    public var columns: [FeatureColumn] {
        (0...max(0, octaves)).map { .named("spectral contrast from \(edge($0).fixed(0)) Hz") }
    }

    public func validate() throws(FeatureError) {
        try validateSpectra()
        try require((1...30).contains(octaves), "octaves \(octaves): must be from 1 to 30")
        try require(lowest.isFinite && lowest > 0, "lowest \(lowest): must be above 0")
        try require(share > 0 && share < 1, "share \(share): must be between 0 and 1")
        try require(
            edge(octaves) < sampleRate / 2,
            "octaves \(octaves) from \(lowest) Hz: the last must begin below half the rate, \(sampleRate / 2) Hz")
        for column in 0...octaves {
            let inside = inside(column)
            try require(
                inside.last >= inside.first && bins(column).count > (column < octaves ? 1 : 0),
                "octave \(column) of the contrast has no frequencies; use a longer fftLength or a higher lowest one")
        }
    }

    /// Where a column's octave begins, in Hz.
    private func edge(_ column: Int) -> Double { column == 0 ? 0 : lowest * pow(2, Double(column - 1)) }

    /// The first and the last bin within an octave; the last octave reaches to the last bin.
    private func inside(_ column: Int) -> (first: Int, last: Int) {
        let spacing = sampleRate / Double(stft.fftLength)
        let last = column == octaves ? stft.bins - 1 : Int((edge(column + 1) / spacing).rounded(.down))
        return (Int((edge(column) / spacing).rounded(.up)), last)
    }

    /// The bins within an octave and the one below.
    private func bins(_ column: Int) -> ClosedRange<Int> {
        let inside = inside(column)
        return inside.first - (column > 0 ? 1 : 0)...inside.last
    }

    func measure(
        _ magnitudes: UnsafeMutableBufferPointer<Float>, frequencies: [Float], into out: UnsafeMutablePointer<Float>
    ) {
        for column in 0...octaves {
            let bins = bins(column)
            // An octave's last bin is the next one's first.
            let own = bins.lowerBound..<bins.upperBound + (column < octaves ? 0 : 1)
            let sorted = magnitudes[own].sorted()
            let count = max(1, Int(saturating: (share * Double(bins.count)).rounded(.toNearestOrEven)))
            out[column] = sorted.suffix(count).reduce(0, +) / Float(min(count, sorted.count))
            out[coefficients + column] = sorted.prefix(count).reduce(0, +) / Float(min(count, sorted.count))
        }
    }

    public func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        try validate()
        let ends = try measurements(of: clip).finite()
        let levels = { (columns: Range<Int>) in
            var matrix = FeatureMatrix(frames: ends.frames, coefficients: coefficients) { out in
                for frame in 0..<ends.frames {
                    for (index, column) in columns.enumerated() {
                        out[frame * coefficients + index] = 10 * log10(max(1e-10, ends[frame, column]))
                    }
                }
            }
            let least = (matrix.values.max() ?? 0) - 80
            for index in matrix.values.indices { matrix.values[index] = max(matrix.values[index], least) }
            return matrix
        }
        var result = levels(0..<coefficients)
        let valleys = levels(coefficients..<2 * coefficients)
        for index in result.values.indices { result.values[index] -= valleys.values[index] }
        return result
    }
}
