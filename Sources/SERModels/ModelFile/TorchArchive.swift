// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Files that `torch.save` wrote. They are not read: they hold a Python program (a pickle) that makes the tensors.
package enum TorchArchive {
    /// How many bytes tell one.
    package static let startLength = 512

    /// Whether a file that begins so is one, in the form of a zip archive or in the one before version 1.6.
    package static func isOne(_ start: [UInt8]) -> Bool { isZip(start) || isLegacy(start) }

    /// A zip archive whose first member is `NAME/data.pkl`.
    /// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7)
    private static func isZip(_ start: [UInt8]) -> Bool {
        guard start.starts(with: [0x50, 0x4b, 0x03, 0x04]), start.count >= 30 else { return false }
        let length = Int(start[26]) | Int(start[27]) << 8
        return String(decoding: start[30...].prefix(length), as: UTF8.self).hasSuffix("/data.pkl")
    }

    /// A pickle of protocol 2 or later that begins with the magic number 0x1950a86a20f9469cfc6c as a long of 10 bytes.
    private static func isLegacy(_ start: [UInt8]) -> Bool {
        let number: [UInt8] = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
        // Protocols from 4 on put the length of a frame, 9 bytes, before it.
        return start.first == 0x80
            && (start.dropFirst(2).starts(with: number) || start.dropFirst(11).starts(with: number))
    }

    /// What the file is and the two lines of Python that make a safetensors file of it.
    package static func message(path: String) -> String {
        let target = URL(fileURLWithPath: path).deletingPathExtension().appendingPathExtension("safetensors").path
        return """
            \(path): a file of torch.save, and weights are read from safetensors files. In Python:
              import torch, safetensors.torch; d = torch.load(\(python(path)), map_location="cpu", weights_only=True)
              safetensors.torch.save_file({k: v.contiguous().clone() for k, v in d.get("state_dict", \
            d.get("model_state_dict", d)).items() if torch.is_tensor(v)}, \(python(target)))
            Of a whole module, which torch.load refuses so, d is torch.load(..., weights_only=False).state_dict(); \
            that runs what is in the file. Then read the new file with ser import.
            """
    }

    /// A text as Python writes it.
    private static func python(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
