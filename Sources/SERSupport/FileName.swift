// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A name for a file that is told from a text: letters, digits, hyphens, underscores and spaces stay, all else is
/// percent-encoded. Long texts are cut, and end in what tells them apart.
package func fileName(for text: String) -> String {
    let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_ "))
    let name = text.addingPercentEncoding(withAllowedCharacters: plain) ?? text
    guard name.utf8.count > 120 else { return name }
    let rest = String(RandomKey(seed: 0).derived(name).bits, radix: 16)
    return "\(name.unicodeScalars.filter(\.isASCII).prefix(100).map(String.init).joined())-\(rest)"
}
