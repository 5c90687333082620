// SPDX-License-Identifier: Apache-2.0

/// 1404871 as 1,404,871.
package func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    groups.insert(digits, at: 0)
    return (number < 0 ? "-" : "") + groups.joined(separator: ",")
}

/// A number of things, such as `1 clip` or `2 clips`.
/// - Parameter plural: The word for several; nil for the word with an s.
package func counted(_ count: Int, _ word: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? word : plural ?? word + "s")"
}

/// A decimal number, such as `48` or `47.5`, and nothing else that `Double` would take, such as `0x30` or `nan`.
package func decimalNumber(_ text: some StringProtocol) -> Double? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.e".utf8.contains($0) }) else { return nil }
    return Double(text)
}

/// A name from a file as a message shows it: in quotes, short, and without characters that move a terminal's cursor.
package func quoted(_ name: String) -> String {
    let shown = name.unicodeScalars.prefix(80).map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: "?"
        default: String(scalar)
        }
    }
    return "'\(shown.joined())\(name.unicodeScalars.dropFirst(80).isEmpty ? "" : "...")'"
}
