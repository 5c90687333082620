// SPDX-License-Identifier: Apache-2.0

import CSndFile
import Foundation
import SERSupport

/// A lossy codec of a low bit rate, as libsndfile has it.
public enum SpeechCodec: String, Sendable, Hashable, Codable, CaseIterable {
    /// G.711 mu-law, 8 kHz, 64 kbit/s.
    case muLaw
    /// GSM 06.10 full rate, 8 kHz, 13 kbit/s: mobile telephones of the second generation.
    case gsm
    /// Opus, 16 kHz, about 12 kbit/s: calls over the internet.
    case opus
    /// MPEG-2 layer III, 16 kHz, 16 kbit/s.
    case mp3

    /// The rate in Hz at which the codec works.
    public var sampleRate: Double {
        switch self {
        case .muLaw, .gsm: 8000
        case .opus, .mp3: 16_000
        }
    }

    /// Whether the installed libsndfile has it.
    public var isAvailable: Bool {
        var header = header(sampleRate: sampleRate)
        return sf_format_check(&header) != 0
    }

    func header(sampleRate: Double) -> SF_INFO {
        var header = SF_INFO()
        header.samplerate = Int32(saturating: sampleRate, rounding: .towardZero)
        header.channels = 1
        switch self {
        case .muLaw: header.format = Int32(SF_FORMAT_RAW | SF_FORMAT_ULAW)
        case .gsm: header.format = Int32(SF_FORMAT_WAV | SF_FORMAT_GSM610)
        case .opus: header.format = Int32(SF_FORMAT_OGG | SF_FORMAT_OPUS)
        case .mp3: header.format = Int32(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III)
        }
        return header
    }

    /// libsndfile's measure from 0 (largest) to 1 (smallest), on which the bit rate depends linearly.
    var compressionLevel: Double? {
        switch self {
        case .muLaw, .gsm: nil
        case .opus: 1 - (12.0 - 6) / (256 - 6)
        case .mp3: 1 - (16.0 - 8) / (160 - 8)
        }
    }
}

extension SpeechCodec: CustomStringConvertible {
    public var description: String {
        switch self {
        case .muLaw: "mu-law 64 kbit/s"
        case .gsm: "GSM 13 kbit/s"
        case .opus: "Opus 12 kbit/s"
        case .mp3: "MP3 16 kbit/s"
        }
    }
}

extension AudioClip {
    func coded(by codec: SpeechCodec) throws(DegradationError) -> AudioClip {
        guard !samples.isEmpty else { return self }
        return try at(codec.sampleRate).coded(by: codec, at: codec.sampleRate).at(sampleRate).trimmed(to: samples.count)
    }

    /// Through a codec and back at the clip's own rate, which is to be one that the codec knows.
    func coded(by codec: SpeechCodec, at rate: Double) throws(DegradationError) -> AudioClip {
        guard codec.isAvailable else { throw .codecMissing(codec) }
        let file = MemoryFile()
        try file.encode(samples, codec, sampleRate: rate)
        return with(try file.decode(codec, sampleRate: rate, count: samples.count))
    }

    /// The number of bytes that a codec makes of the clip, container included.
    package func codedBytes(by codec: SpeechCodec) throws(DegradationError) -> Int {
        guard codec.isAvailable else { throw .codecMissing(codec) }
        let file = MemoryFile()
        try file.encode(try at(codec.sampleRate).samples, codec, sampleRate: codec.sampleRate)
        return file.count
    }
}
