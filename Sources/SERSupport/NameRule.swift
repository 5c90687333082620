// SPDX-License-Identifier: Apache-2.0

/// What a label, a speaker, a sentence or a corpus may be called, wherever the name comes from.
package enum NameRule {
    /// The most bytes of a name.
    package static let longest = 200

    /// What keeps a text from being a name, as the end of a sentence about it; nil for a name.
    package static func fault(of text: String) -> String? {
        if let control = text.unicodeScalars.first(where: \.isTerminalControl) {
            return "holds a character that is none to be seen (\(control.escaped(asASCII: true))); take it out"
        }
        if !text.contains(where: { !$0.isWhitespace }) { return "is blank" }
        let bytes = text.utf8.count
        return bytes > longest ? "is \(bytes) bytes long; it can have \(longest)" : nil
    }
}
