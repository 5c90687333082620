// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A format of sound files that libsndfile does not read, or not with every codec; told by the first bytes.
package enum ForeignFormat: String, CaseIterable, Sendable {
    case mpeg4, matroska, aac, ac3, eac3, dts, windowsMedia, amr, wavPack, monkeysAudio, trueAudio, flashVideo, ogg,
        chainedOgg, caf, wave, waveOfAAC, waveOfAC3, waveOfDTS, waveOfWindowsMedia

    /// What it is called.
    var title: String {
        switch self {
        case .mpeg4: "MPEG-4 (m4a, mp4)"
        case .matroska: "WebM or Matroska"
        case .aac: "AAC"
        case .ac3: "Dolby Digital (AC-3)"
        case .eac3: "Dolby Digital Plus (E-AC-3)"
        case .dts: "DTS"
        case .windowsMedia: "Windows Media (wma)"
        case .amr: "AMR"
        case .wavPack: "WavPack"
        case .monkeysAudio: "Monkey's Audio (ape)"
        case .trueAudio: "True Audio (tta)"
        case .flashVideo: "Flash Video (flv)"
        case .ogg: "Ogg with a codec that libsndfile does not read"
        case .chainedOgg: "Ogg with several streams one after the other"
        case .caf: "CAF of a kind that libsndfile does not read"
        case .wave: "WAV with a codec that libsndfile does not read"
        case .waveOfAAC: "WAV that holds AAC"
        case .waveOfAC3: "WAV that holds Dolby Digital (AC-3)"
        case .waveOfDTS: "WAV that holds DTS"
        case .waveOfWindowsMedia: "WAV that holds Windows Media"
        }
    }

    /// ffmpeg's name for what reads it.
    var demuxer: String {
        switch self {
        case .mpeg4: "mov"
        case .matroska: "matroska"
        case .aac: "aac"
        case .ac3: "ac3"
        case .eac3: "eac3"
        case .dts: "dts"
        case .windowsMedia: "asf"
        case .amr: "amr"
        case .wavPack: "wv"
        case .monkeysAudio: "ape"
        case .trueAudio: "tta"
        case .flashVideo: "flv"
        case .ogg, .chainedOgg: "ogg"
        case .caf: "caf"
        case .wave, .waveOfAAC, .waveOfAC3, .waveOfDTS, .waveOfWindowsMedia: "wav"
        }
    }

    /// The format of which the first bytes of a file tell; nil for others.
    init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        func has(_ mark: String, at place: Int = 0) -> Bool {
            bytes.count >= place + mark.utf8.count && bytes[place...].starts(with: mark.utf8)
        }
        let boxes = ["ftyp", "moov", "mdat", "free", "wide", "skip"]
        let asf: [UInt8] = [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]
        if boxes.contains(where: { has($0, at: 4) }) {
            self = .mpeg4
        } else if bytes.starts(with: [0x1a, 0x45, 0xdf, 0xa3]) {
            self = .matroska
        } else if bytes.starts(with: asf) {
            self = .windowsMedia
        } else if has("#!AMR") {
            self = .amr
        } else if has("wvpk") {
            self = .wavPack
        } else if has("MAC ") {
            self = .monkeysAudio
        } else if has("TTA1") {
            self = .trueAudio
        } else if has("FLV\u{1}") {
            self = .flashVideo
        } else if has("OggS") {
            self = .ogg
        } else if has("caff") {
            self = .caf
        } else if has("RIFF"), has("WAVE", at: 8) {
            self = .wave
        } else if bytes.count > 1, bytes[0] == 0xff, bytes[1] & 0xf6 == 0xf0 {
            self = .aac  // the sync word of ADTS, whose layer is 0
        } else if Self.dtsMarks.contains(where: { bytes.starts(with: $0) }) {
            self = .dts
        } else if let dolby = Self.dolby(bytes) {
            self = dolby
        } else {
            return nil
        }
    }

    /// The sync words of DTS: in words of 16 and of 14 bits, the high byte first or last (ETSI TS 102 114).
    private static let dtsMarks: [[UInt8]] = [
        [0x7f, 0xfe, 0x80, 0x01], [0xfe, 0x7f, 0x01, 0x80], [0x1f, 0xff, 0xe8, 0x00], [0xff, 0x1f, 0x00, 0xe8],
    ]

    /// A stream that begins with the sync word of Dolby Digital and a plausible header (ETSI TS 102 366): a sync word of
    /// two bytes alone could stand in anything.
    private static func dolby(_ bytes: [UInt8]) -> ForeignFormat? {
        guard bytes.count > 5, bytes[0] == 0x0b, bytes[1] == 0x77 else { return nil }
        switch bytes[5] >> 3 {
        case 6...10: return bytes[4] >> 6 < 3 && bytes[4] & 0x3f < 38 ? .ac3 : nil
        case 11...16: return .eac3
        default: return nil
        }
    }

    /// What a WAV file holds whose sound has this tag, or begins so though its tag says that it is plain.
    init?(waveTag tag: Int, sound: [UInt8]) {
        switch tag {
        case 0xff, 0x1600, 0x1602, 0x1610, 0x706d, 0xa106: self = .waveOfAAC
        case 0x2000: self = .waveOfAC3
        case 0x2001: self = .waveOfDTS
        case 0x160, 0x161, 0x162, 0x163: self = .waveOfWindowsMedia
        case 1 where Self.dtsMarks.contains { sound.starts(with: $0) }: self = .waveOfDTS
        default: return nil
        }
    }
}

extension ForeignFormat {
    /// The command that converts a file to WAV, for a shell.
    static func conversion(of path: String) -> String {
        let url = URL(fileURLWithPath: path)
        // ffmpeg does not write over what it reads.
        let ending = url.pathExtension.lowercased() == "wav" ? "-plain.wav" : ".wav"
        return "ffmpeg -i \(shellWord(path)) \(shellWord(url.deletingPathExtension().path + ending))"
    }

    /// A word as it is typed into a shell.
    private static func shellWord(_ text: String) -> String {
        let plain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,:@%".contains($0)) }
        return plain && !text.hasPrefix("-") ? text : "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
