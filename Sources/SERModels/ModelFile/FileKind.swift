// SPDX-License-Identifier: Apache-2.0

import SERAudio

/// What people name where a model file should stand.
public enum FileKind: Sendable, Equatable {
    /// Sound, such as a WAV file.
    case sound
    /// A network in ONNX.
    case onnx
    /// A pointer of Git LFS in place of the file itself.
    case gitLFS
    /// A pointer of git-annex in place of the file itself.
    case gitAnnex
    /// A page of HTML, such as servers send in place of what they do not find.
    case webPage
    /// JSON, such as results.
    case json

    /// What the beginning of a file tells; nil where it is none of these.
    init?(beginning bytes: [UInt8], path: String) {
        guard !Self.mayBeSafetensors(bytes) else { return nil }
        if FileContent.isSound(bytes) {
            self = .sound
            return
        }
        switch FileContent(bytes) {
        case .placeholder(.gitLFS): self = .gitLFS
        case .placeholder(.gitAnnex): self = .gitAnnex
        case .text(.webPage): self = .webPage
        case .text(.plain(let beginning)) where beginning.hasPrefix("{"): self = .json
        // The version of the format is the first field of the message.
        case .unknown where bytes.first == 0x08 && path.lowercased().hasSuffix(".onnx"): self = .onnx
        case .text, .foreign, .unknown: return nil
        }
    }

    /// Whether a file begins with a length and JSON: the length alone may look like anything.
    private static func mayBeSafetensors(_ bytes: [UInt8]) -> Bool {
        bytes.count > 8 && bytes[4..<8].allSatisfy { $0 == 0 } && bytes[8] == UInt8(ascii: "{")
    }

    /// What the file is, and what to do.
    package var advice: String {
        switch self {
        case .sound: "this is a sound file, not a model; name the model first, then the sound"
        case .onnx: "this is a network in ONNX; make a model of it with ser import"
        case .gitLFS:
            "this is a Git LFS pointer, not the model itself; fetch the model with `git lfs pull` in its folder"
        case .gitAnnex:
            "this is a git-annex pointer, not the model itself; fetch the model with `git annex get .` in its folder"
        case .webPage: "this is a web page (HTML), not a model; download the file itself again"
        case .json: "this is JSON, not a model; name the .safetensors file"
        }
    }
}
