// SPDX-License-Identifier: Apache-2.0

extension FeatureExtractor {
    public var melSpectrogram: LogMel? { nil }

    public var melBasis: MelBasis? { nil }

    public var columns: [FeatureColumn] { (0..<coefficients).map { .named("coefficient \($0)") } }

    public func time(ofFrame frame: Int) -> Double {
        // How many samples another frame takes.
        let (short, long) = (1 << 18, 1 << 24)
        let more = frames(forSamples: long) - frames(forSamples: short)
        return more > 0 ? Double(frame) * Double(long - short) / Double(more) / sampleRate : 0
    }
}

extension LogMel {
    public var melSpectrogram: LogMel? { self }

    public var melBasis: MelBasis? {
        MelBasis(
            rows: (0..<filters.bands).map { row in (0..<filters.bands).map { $0 == row ? 1 : 0 } },
            gains: [Double](repeating: 1, count: filters.bands))
    }

    public var columns: [FeatureColumn] {
        filters.centers(sampleRate: sampleRate).map { .band(center: $0) }
    }

    public func time(ofFrame frame: Int) -> Double { stft.layout.middle(of: frame) / sampleRate }
}

extension MFCC {
    public var melSpectrogram: LogMel? { logMel }

    public var melBasis: MelBasis? {
        // Deltas are no function of one frame.
        guard deltas <= 0 else { return nil }
        let bands = logMel.filters.bands
        let cosines = DCT.matrix(bands: bands, coefficients: cepstra) { _ in 1 }
        return MelBasis(
            rows: (0..<cepstra).map { column in (0..<bands).map { Double(cosines[$0 * cepstra + column]) } },
            gains: (0..<cepstra).map(lifter.gain))
    }

    public var columns: [FeatureColumn] {
        (0...max(0, deltas)).flatMap { order in
            (0..<cepstra).map { order == 0 ? .cepstrum($0) : .delta(order: order, of: .cepstrum($0)) }
        }
    }

    public func time(ofFrame frame: Int) -> Double { logMel.time(ofFrame: frame) }
}
