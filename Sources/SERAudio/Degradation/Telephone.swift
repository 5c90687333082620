// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The band of a telephone line, at 8 kHz: 300 to 3,400 Hz.
package enum TelephoneBand {
    static let sampleRate = 8000.0
    static let passband = 300.0...3400.0
    /// Odd, so that the delay is a whole number of samples.
    private static let taps = 257
    /// Kaiser's parameter for 60 dB.
    private static let beta = 5.653

    /// A linear-phase band-pass: the difference of two ideal low-passes under a Kaiser window (Kaiser, 1974), 6 dB down at
    /// the edges of the band and 60 dB 60 Hz beyond.
    package static let filter: [Float] = {
        let middle = taps / 2
        return (0..<taps).map { index in
            let time = Double(index - middle)
            func lowPass(_ edge: Double) -> Double {
                let turn = 2 * edge / sampleRate
                return time == 0 ? turn : sin(.pi * turn * time) / (.pi * time)
            }
            let place = time / Double(middle)
            let window = bessel(beta * (1 - place * place).squareRoot()) / bessel(beta)
            return Float(window * (lowPass(passband.upperBound) - lowPass(passband.lowerBound)))
        }
    }()

    /// The modified Bessel function of the first kind and order 0, by its power series.
    private static func bessel(_ x: Double) -> Double {
        var (sum, term, index) = (1.0, 1.0, 1.0)
        while term > 1e-12 * sum {
            term *= (x / (2 * index)) * (x / (2 * index))
            sum += term
            index += 1
        }
        return sum
    }
}

extension AudioClip {
    func throughTelephone() throws(DegradationError) -> AudioClip {
        guard !samples.isEmpty else { return self }
        let narrow = try at(TelephoneBand.sampleRate)
        let filtered = narrow.with(
            convolved(narrow.samples, with: TelephoneBand.filter, from: TelephoneBand.filter.count / 2))
        return try filtered.companded().at(sampleRate).trimmed(to: samples.count)
    }

    /// Through the 8 bits of G.711's mu-law and back, by libsndfile; what is beyond full scale is clipped.
    func companded() throws(DegradationError) -> AudioClip { try coded(by: .muLaw, at: sampleRate) }

    /// Exactly so many samples: rounding of lengths in resampling taken back.
    func trimmed(to count: Int) -> AudioClip {
        with(Array(samples.prefix(count)) + [Float](repeating: 0, count: max(0, count - samples.count)))
    }
}
