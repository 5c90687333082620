// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What people name where a model file should stand.
public enum FileKind: Sendable, Equatable {
    /// Sound, such as a WAV file.
    case sound
    /// A network in ONNX.
    case onnx
    /// A pointer of Git LFS in place of the file itself.
    case gitLFS
    /// A page of HTML, such as servers send in place of what they do not find.
    case webPage
    /// JSON, such as results.
    case json

    /// What the beginning of a file tells; nil where it is none of these.
    init?(beginning bytes: [UInt8], path: String) {
        func begins(_ text: String, at place: Int = 0) -> Bool { bytes.dropFirst(place).starts(with: text.utf8) }
        let text = String(decoding: bytes.prefix(200), as: UTF8.self).lowercased()
            .trimmingCharacters(in: .whitespacesAndNewlines)
        if begins("RIFF") || begins("FORM") || begins("fLaC") || begins("OggS") || begins("ID3")
            || begins("ftyp", at: 4)
        {
            self = .sound
        } else if text.hasPrefix("version https://git-lfs") {
            self = .gitLFS
        } else if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
            self = .webPage
        } else if bytes.first == 0x08 && path.lowercased().hasSuffix(".onnx") {
            // The version of the format is the first field of the message.
            self = .onnx
        } else if text.hasPrefix("{") {
            self = .json
        } else {
            return nil
        }
    }

    /// What the file is, and what to do.
    package var advice: String {
        switch self {
        case .sound: "this is a sound file, not a model; name the model first, then the sound"
        case .onnx: "this is a network in ONNX; make a model of it with ser import"
        case .gitLFS:
            "this is a Git LFS pointer, not the model itself; fetch the model with `git lfs pull` in its folder"
        case .webPage: "this is a web page (HTML), not a model; download the file itself again"
        case .json: "this is JSON, not a model; name the .safetensors file"
        }
    }
}
