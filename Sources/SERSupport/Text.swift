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
