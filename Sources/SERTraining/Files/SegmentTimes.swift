// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Times as tables write them.
package enum SegmentTimes {
    /// Words for a time that is not there: pandas' and others'.
    private static let missing: Set<String> = ["nat", "nan", "none", "null", "<na>"]

    /// A time in seconds; nil for a text that stands for none.
    ///
    /// Read are seconds (`1.5`, `1.5 s`), milliseconds with their unit (`1500 ms`), and pandas' timedeltas
    /// (`0 days 00:00:01.5`, `00:00:01.5`, `1 days`). With `decimalComma`, `1,5` is 1.5.
    package static func seconds(_ text: String, decimalComma: Bool) throws(SegmentError) -> Double? {
        let word = text.trimmingCharacters(in: .whitespaces).lowercased()
        if word.isEmpty || missing.contains(word) { return nil }
        let plain = decimalComma ? word.replacing(",", with: ".") : word
        guard let seconds = decimalNumber(plain) ?? withUnit(plain) ?? timedelta(plain), seconds.isFinite else {
            throw .notATime("\"\(text)\"")
        }
        return seconds
    }

    private static func withUnit(_ text: String) -> Double? {
        for (unit, scale) in [("ms", 1e-3), ("s", 1.0)] where text.hasSuffix(unit) {
            return decimalNumber(text.dropLast(unit.count).trimmingCharacters(in: .whitespaces)).map { $0 * scale }
        }
        return nil
    }

    /// `[N day[s]] [[+]HH:MM:SS[.f]]`
    private static func timedelta(_ text: String) -> Double? {
        var words = text.split(separator: " ")[...]
        var days = 0.0, hasDays = false
        if words.count >= 2, ["day", "days"].contains(words[words.startIndex + 1]) {
            guard let count = Int(words[words.startIndex]) else { return nil }
            days = Double(count)
            hasDays = true
            words = words.dropFirst(2)
        }
        guard let clock = words.first else { return hasDays ? days * 86_400 : nil }
        let parts = (clock.hasPrefix("+") ? clock.dropFirst() : clock).split(
            separator: ":", omittingEmptySubsequences: false)
        guard words.count == 1, parts.count == 3, let hours = UInt(parts[0]), let minutes = UInt(parts[1]),
            minutes < 60,
            let seconds = decimalNumber(parts[2]), (0..<60).contains(seconds)
        else { return nil }
        return days * 86_400 + Double(hours) * 3600 + Double(minutes) * 60 + seconds
    }
}
