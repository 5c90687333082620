// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Degradations of one kind, which differ in their level alone.
public enum DegradationFamily: String, Sendable, Hashable, Codable, CaseIterable {
    /// Noise of a colour.
    case white, pink
    /// Other people's talk.
    case babble
    /// Rooms.
    case reverberation
    /// The telephone's band and coding.
    case telephone
    /// Overdriven inputs.
    case clipping
    /// Lossy codecs.
    case coding
    /// Louder and softer.
    case gain
    /// The beginnings of clips.
    case shortened
    /// Recorded at other sample rates.
    case rate

    /// The family in words, such as `white noise`.
    public var title: String {
        switch self {
        case .white: "white noise"
        case .pink: "pink noise"
        case .babble: "babble"
        case .reverberation: "reverberation"
        case .telephone: "telephone"
        case .clipping: "clipping"
        case .coding: "low-bit-rate coding"
        case .gain: "gain"
        case .shortened: "shortened"
        case .rate: "recorded at"
        }
    }
}

extension Degradation {
    /// What kind it is of.
    public var family: DegradationFamily {
        switch self {
        case .noise(.white, _): .white
        case .noise(.pink, _): .pink
        case .babble: .babble
        case .reverberation: .reverberation
        case .telephone: .telephone
        case .clipping: .clipping
        case .coding: .coding
        case .gain: .gain
        case .shortened: .shortened
        case .recorded: .rate
        }
    }

    /// How much of it, in ``unit``; nil where that is no number.
    public var level: Double? {
        switch self {
        case .noise(_, let snr), .babble(let snr, _): snr
        case .reverberation(let seconds), .shortened(let seconds): seconds
        case .clipping(let decibels), .gain(let decibels): decibels
        case .recorded(let rate): rate
        case .telephone, .coding: nil
        }
    }

    /// What ``level`` is counted in; empty where there is none.
    public var unit: String {
        switch self {
        case .noise, .babble: "dB SNR"
        case .reverberation: "s RT60"
        case .clipping: "dB below the peak"
        case .gain: "dB"
        case .shortened: "s"
        case .recorded: "Hz"
        case .telephone, .coding: ""
        }
    }

    /// What tells it from others of its family, such as `10 dB SNR`.
    public var levelDescription: String {
        switch self {
        case .telephone: return "8 kHz mu-law"
        case .coding(let codec): return codec.description
        default:
            guard let level else { return "" }
            let number = level == level.rounded() && abs(level) < 1e9 ? "\(Int(saturating: level))" : "\(level)"
            if case .gain = self, level > 0 { return "+\(number) \(unit)" }
            return "\(number) \(unit)"
        }
    }
}

extension Degradation: CustomStringConvertible {
    /// Such as `white noise, 10 dB SNR`.
    public var description: String { "\(family.title), \(levelDescription)" }
}
