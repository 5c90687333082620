// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Elements of SVG and HTML as text. Whatever is put into them is escaped: names of files, labels and corpora come from
/// strangers.
package enum Markup {
    /// An element with its attributes; `content` is markup already. Without any it is closed at once.
    package static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: String = "") -> String
    {
        let list = attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
        return content.isEmpty ? "<\(name)\(list)/>" : "<\(name)\(list)>\(content)</\(name)>"
    }

    /// A text as it stands in an element or, within double quotes, in an attribute. Characters that XML cannot hold are
    /// left out.
    package static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}"..."\u{FFFF}": continue
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A coordinate, to a tenth of a pixel.
    static func number(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(saturating: tenths))" : tenths.fixed(1)
    }
}
