// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The lines of a manifest.
struct ManifestEntries {
    struct Entry {
        let line: Int
        let path: String
        let label: String
        let speaker: String?
        let sentence: String?
        let corpus: String?
        /// The part of the file; without an end, it reaches to the end of the file.
        let times: Times?
        /// What else is known, by the names of the columns.
        let groups: [String: String]
    }

    /// When a segment begins and ends, in seconds.
    struct Times: Hashable {
        let start: Double
        let end: Double?
    }

    let entries: [Entry]
    let remarks: [ManifestRemark]

    static let path = DelimitedTable.Column(
        names: ["path", "file", "filename", "file_name", "filepath", "file_path", "wav", "audio"])
    private static let label = DelimitedTable.Column(names: ["label", "emotion", "labels", "emotions"])
    private static let speaker = DelimitedTable.Column(names: ["speaker", "speaker_id"])
    private static let sentence = DelimitedTable.Column(names: ["sentence"])
    private static let corpus = DelimitedTable.Column(names: ["corpus"])
    static let start = DelimitedTable.Column(names: ["start", "start_time", "begin"])
    static let end = DelimitedTable.Column(names: ["end", "end_time", "stop"])
    private static let duration = DelimitedTable.Column(names: ["duration"])
    /// What a path can have in bytes.
    private static let longestPath = 4096
    /// Columns of a split, which other programs follow.
    private static let split = ["split", "fold", "set", "subset", "partition", "part"]
    /// Columns that ``CorpusTable`` writes, and that follow from the files.
    private static let derived: Set<String> = ["duration", "rate", "channels", ""]

    /// Reads a manifest.
    /// - Throws: ``CorpusError``, with the line's number where a line is wrong.
    init(contentsOf file: URL) throws(CorpusError) {
        let table = try DelimitedTable(
            contentsOf: file, required: [Self.path, Self.label], form: "path,label[,start,end,speaker,sentence,corpus]")
        guard !table.records.isEmpty else {
            throw .manifest(file, line: table.headerLine, reason: "no files follow the names of the columns")
        }
        let columns = Columns(table)
        var entries: [Entry] = []
        for record in table.records { entries.append(try columns.entry(record, of: file)) }
        self.entries = entries
        remarks = columns.remarks(on: table)
    }

    private struct Columns {
        let path, label, speaker, sentence, corpus, start, end, duration: Int?
        let decimalComma: Bool
        /// Columns that put clips into groups.
        let groups: [ManifestGroups]

        init(_ table: DelimitedTable) {
            path = table.place(of: ManifestEntries.path)
            label = table.place(of: ManifestEntries.label)
            speaker = table.place(of: ManifestEntries.speaker)
            sentence = table.place(of: ManifestEntries.sentence)
            corpus = table.place(of: ManifestEntries.corpus)
            start = table.place(of: ManifestEntries.start)
            end = table.place(of: ManifestEntries.end)
            // A length says where a segment ends only where it is said where it begins.
            duration = start != nil && end == nil ? table.place(of: ManifestEntries.duration) : nil
            decimalComma = table.separator != .comma
            let read = Set([path, label, speaker, sentence, corpus, start, end, duration].compactMap { $0 })
            let others = table.names.indices.filter { column in
                !read.contains(column) && !ManifestEntries.split.contains(table.names[column])
                    && !ManifestEntries.derived.contains(table.names[column])
            }
            groups = Array(others.lazy.compactMap { ManifestGroups($0, of: table) }.prefix(8))
        }

        func entry(_ record: CSV.Record, of file: URL) throws(CorpusError) -> Entry {
            func value(_ column: Int?) -> String? { DelimitedTable.value(column, of: record) }
            guard let path = value(path) else {
                throw .manifest(file, line: record.line, reason: "the path is missing")
            }
            guard let label = value(label) else {
                throw .manifest(file, line: record.line, reason: "the label of \(path) is missing")
            }
            let names = [
                ("label", label), ("speaker", value(speaker)), ("sentence", value(sentence)), ("corpus", value(corpus)),
            ]
            guard path.utf8.count <= ManifestEntries.longestPath else {
                throw .manifest(
                    file, line: record.line,
                    reason: "the path is \(path.utf8.count) bytes long; it can have \(ManifestEntries.longestPath)")
            }
            for (column, name) in names {
                guard let fault = name.flatMap(NameRule.fault) else { continue }
                throw .manifest(file, line: record.line, reason: "the \(column) of \(path) \(fault)")
            }
            do throws(SegmentError) {
                return Entry(
                    line: record.line, path: path, label: label, speaker: value(speaker), sentence: value(sentence),
                    corpus: value(corpus), times: try times(value(start), value(end), value(duration)),
                    groups: groupNames(of: record))
            } catch { throw .segment(file, line: record.line, error) }
        }

        private func groupNames(of record: CSV.Record) -> [String: String] {
            var names: [String: String] = [:]
            for group in groups { names[group.name] = group.group(of: record) }
            return names
        }

        private func times(_ start: String?, _ end: String?, _ duration: String?) throws(SegmentError) -> Times? {
            func seconds(_ text: String?) throws(SegmentError) -> Double? {
                guard let text else { return nil }
                return try SegmentTimes.seconds(text, decimalComma: decimalComma)
            }
            let first = try seconds(start), length = try seconds(duration)
            let last = try seconds(end) ?? length.map { (first ?? 0) + $0 }
            guard first != nil || last != nil else { return nil }
            if let last { _ = try Segment(start: first ?? 0, end: last) }
            if let first, first < 0 { throw .beforeTheBeginning(start: first) }
            return Times(start: first ?? 0, end: last)
        }

        func remarks(on table: DelimitedTable) -> [ManifestRemark] {
            var remarks: [ManifestRemark] = []
            if table.encoding != .utf8 { remarks.append(.encoding(table.encoding)) }
            if table.separator != .comma { remarks.append(.separator(table.separator)) }
            if table.linesWithTrailingSeparators > 0 {
                remarks.append(.trailingSeparators(lines: table.linesWithTrailingSeparators))
            }
            let read = Set(
                [path, label, speaker, sentence, corpus, start, end, duration].compactMap { $0 } + groups.map(\.column))
            let rest = table.names.indices.filter { !read.contains($0) }.map { table.names[$0] }
            remarks += rest.filter(ManifestEntries.split.contains).map(ManifestRemark.splitColumn)
            let unread = rest.filter { !ManifestEntries.split.contains($0) && !ManifestEntries.derived.contains($0) }
            if !unread.isEmpty { remarks.append(.columnsNotRead(unread)) }
            return remarks + groups.flatMap(\.remarks)
        }
    }
}
