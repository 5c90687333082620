// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A format of sound files that libsndfile does not read, or not with every codec; told by the first bytes.
package enum ForeignFormat: String, CaseIterable, Sendable {
    case mpeg4, matroska, aac, windowsMedia, amr, wavPack, monkeysAudio, trueAudio, flashVideo, ogg, chainedOgg, caf,
        wave

    /// What it is called.
    var title: String {
        switch self {
        case .mpeg4: "MPEG-4 (m4a, mp4)"
        case .matroska: "WebM or Matroska"
        case .aac: "AAC"
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
        }
    }

    /// ffmpeg's name for what reads it.
    var demuxer: String {
        switch self {
        case .mpeg4: "mov"
        case .matroska: "matroska"
        case .aac: "aac"
        case .windowsMedia: "asf"
        case .amr: "amr"
        case .wavPack: "wv"
        case .monkeysAudio: "ape"
        case .trueAudio: "tta"
        case .flashVideo: "flv"
        case .ogg, .chainedOgg: "ogg"
        case .caf: "caf"
        case .wave: "wav"
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
        } else {
            return nil
        }
    }
}

extension ForeignFormat {
    /// The command that converts a file to WAV, for a shell.
    static func conversion(of path: String) -> String {
        let url = URL(fileURLWithPath: path)
        return "ffmpeg -i \(shellWord(path)) \(shellWord(url.deletingPathExtension().path + ".wav"))"
    }

    /// A word as it is typed into a shell.
    private static func shellWord(_ text: String) -> String {
        let plain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,:@%".contains($0)) }
        return plain && !text.hasPrefix("-") ? text : "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
