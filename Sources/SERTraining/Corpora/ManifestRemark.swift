// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Something about a manifest that was read otherwise than as it is written, or not read at all.
public enum ManifestRemark: Sendable, Hashable {
    /// The text is not UTF-8.
    case encoding(TextEncoding)
    /// Something else than commas stands between the fields.
    case separator(ColumnSeparator)
    /// Lines that end in separators behind the last column.
    case trailingSeparators(lines: Int)
    /// Paths in which `\` was read as `/`, since there is no file of the name as it is written.
    case windowsPaths(entries: Int)
    /// A name whose accents are written in another form of Unicode than the file's.
    case otherUnicodeForm(path: String, line: Int)
    /// Two files whose names look the same: their accents are written in two forms of Unicode.
    case twoUnicodeForms(path: String, line: Int)
    /// A clip that stands on several lines; it counts once.
    case listedTwice(path: String, lines: [Int])
    /// Segments of one file that share sound and have different labels: of two lines, with their labels.
    case overlap(path: String, lines: [Int], labels: [String])
    /// A column that says which part of a split a clip belongs to.
    case splitColumn(String)
    /// Columns that were not read.
    case columnsNotRead([String])
    /// A column of ages, which are grouped by decades.
    case agesByDecades(column: String)
    /// Values of a column of ages that are none, and on how many lines they stand: those clips are in no group of age.
    case noAges(column: String, [String], lines: Int)
    /// A column in which names of groups are written with small and with capital letters; each list is one group.
    case spellings(column: String, [[String]])
    /// A column of groups that says nothing of some clips, which are in none of its groups.
    case valuesMissing(column: String, lines: Int, of: Int)
}

extension ManifestRemark: CustomStringConvertible {
    public var description: String {
        switch self {
        case .encoding(let encoding):
            return "the manifest was read as \(encoding.rawValue); UTF-8 is understood everywhere"
        case .separator(let separator):
            return "the manifest was read with \(separator.name) between its fields"
        case .trailingSeparators(let lines):
            return
                "\(lines) \(lines == 1 ? "line" : "lines") of the manifest go on after the last column; nothing stands "
                + "there"
        case .windowsPaths(let entries):
            return "\\ was read as / in \(entries) \(entries == 1 ? "path" : "paths") of the manifest"
        case .otherUnicodeForm(let path, let line):
            return
                "\(path) (line \(line)) was found under the same name in another form of Unicode; the accents are one "
                + "character in the one and two in the other"
        case .twoUnicodeForms(let path, let line):
            return
                "there are two files \(path) (line \(line)), the accents in two forms of Unicode; that of the manifest "
                + "was read. Give one of them another name."
        case .listedTwice(let path, let lines):
            return "\(path) stands on the lines \(Self.list(lines.map(String.init))); it counts once"
        case .overlap(let path, let lines, let labels):
            return "segments of \(path) overlap and have different labels: "
                + zip(labels, lines).map { "\($0) on line \($1)" }.joined(separator: ", ")
        case .splitColumn(let name):
            return "the column \(name) was not read: clips are dealt to training and test anew. To keep to it, list "
                + "the files of its test part in a table file,fold and name that in ser crossvalidate --lists"
        case .columnsNotRead(let names):
            return "columns of the manifest that were not read: \(Self.list(names.map { String($0.prefix(40)) })); "
                + "those of 2 to 12 different values make groups, and ages do"
        case .agesByDecades(let column):
            return "the column \(column) makes groups of ten years, with all below 20 together and all from 80 on"
        case .noAges(let column, let values, let lines):
            return "the column \(column) holds what is no age on \(counted(lines, "line")) ("
                + Self.list(values.map { quoted($0) }) + "); " + Self.withoutGroup(lines)
        case .spellings(let column, let groups):
            return "the column \(column) writes one group in several ways, which were read as one: "
                + Self.list(groups.map { $0.joined(separator: " and ") })
        case .valuesMissing(let column, let lines, let all):
            return "the column \(column) is empty on \(lines) of \(counted(all, "line")); " + Self.withoutGroup(lines)
        }
    }

    private static func withoutGroup(_ lines: Int) -> String {
        (lines == 1 ? "that clip is" : "those clips are") + " in none of its groups"
    }

    /// The first of some names, and how many more there are.
    private static func list(_ names: [String]) -> String {
        names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }
}
