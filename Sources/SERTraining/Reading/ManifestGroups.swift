// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// A column of a manifest that puts clips into groups: of few different values, or of ages.
///
/// Values that differ in small and capital letters alone are one group, called as most are written. Ages are grouped by
/// decades, as Common Voice tells them, with all below 20 together and all from 80 on: years of age are nearly as many as
/// people, and groups of one say nothing.
struct ManifestGroups {
    /// The column's place.
    let column: Int
    let name: String
    /// What is to be known of the groups.
    private(set) var remarks: [ManifestRemark] = []
    /// The group of each value, small letters for capital ones.
    private var groups: [String: String] = [:]

    private static let mostGroups = 12
    private static let ages: Set<String> = ["age", "ages", "speaker_age", "speakerage", "age_years", "years"]

    /// A column, where it makes groups.
    init?(_ column: Int, of table: DelimitedTable) {
        self.column = column
        name = table.names[column]
        guard name.isGroupName else { return nil }
        let isOfAges = Self.isOfAges(column, of: table)
        var spellings: [String: [String: Int]] = [:]
        var first: [String: Int] = [:]
        var missing = 0
        var odd: [String] = []
        for (line, record) in table.records.enumerated() {
            guard let value = DelimitedTable.value(column, of: record) else {
                missing += 1
                continue
            }
            let key = value.lowercased()
            if isOfAges {
                guard let decade = Self.decade(of: value) else {
                    odd.append(value)
                    continue
                }
                groups[key] = decade
                continue
            }
            guard value.isGroupName else { return nil }
            if groups[key] == nil {
                groups[key] = value
                guard groups.count <= Self.mostGroups else { return nil }
            }
            spellings[key, default: [:]][value, default: 0] += 1
            if first[value] == nil { first[value] = line }
        }
        if isOfAges {
            remarks.append(.agesByDecades(column: name))
            if !odd.isEmpty { remarks.append(.noAges(column: name, Set(odd).sorted(), lines: odd.count)) }
        } else {
            // The commonest spelling, of equally common ones that which stands first.
            groups = spellings.mapValues { counts in
                counts.max { ($0.value, first[$1.key] ?? 0) < ($1.value, first[$0.key] ?? 0) }?.key ?? ""
            }
        }
        guard (2...Self.mostGroups).contains(Set(groups.values).count) else { return nil }
        let joined = spellings.values.filter { $0.count > 1 }.map { $0.keys.sorted() }.sorted { $0[0] < $1[0] }
        if !joined.isEmpty { remarks.append(.spellings(column: name, joined)) }
        if missing > 0 { remarks.append(.valuesMissing(column: name, lines: missing, of: table.records.count)) }
    }

    /// The group that a line's clip is in; nil where its value is missing.
    func group(of record: CSV.Record) -> String? {
        DelimitedTable.value(column, of: record).flatMap { groups[$0.lowercased()] }
    }

    /// Whether a column is called as one of ages, and holds ages on most of the lines that say something.
    private static func isOfAges(_ column: Int, of table: DelimitedTable) -> Bool {
        guard ages.contains(table.names[column]) else { return false }
        let values = table.records.compactMap { DelimitedTable.value(column, of: $0) }
        return values.count { decade(of: $0) != nil } * 2 > values.count
    }

    /// The years that an age is counted among; nil for what is none.
    private static func decade(of text: String) -> String? {
        guard let age = decimalNumber(text), (0...130).contains(age) else { return nil }
        let decade = Int(saturating: age / 10, rounding: .down) * 10
        return decade < 20 ? "0 to 19" : decade >= 80 ? "80 and over" : "\(decade) to \(decade + 9)"
    }
}

extension String {
    /// Whether it can stand in a table as the name of a group.
    fileprivate var isGroupName: Bool {
        !isEmpty && utf8.count <= 40 && !unicodeScalars.contains(where: \.isTerminalControl)
    }
}
