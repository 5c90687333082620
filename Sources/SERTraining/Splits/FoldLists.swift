// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Folds {
    /// Folds that a table lists: a line a file with the columns `file` and `fold`, and if wanted `start` and `end` of a
    /// part of it. Without a line that names the columns, the first is the file and the second the fold.
    ///
    /// Folds come in the order of their names, numbers by their value. The text is read as ``Corpus/manifest(at:strict:truncated:)``
    /// reads its own.
    /// - Throws: ``CorpusError``, with the line's number where a line is wrong.
    public static func lists(contentsOf file: URL) throws(CorpusError) -> Folds {
        let files = ManifestEntries.path, fold = DelimitedTable.Column(names: ["fold"])
        let table = try DelimitedTable(
            contentsOf: file, required: [files, fold], form: "file,fold[,start,end]", unnamed: ["file", "fold"])
        var lists: [String: [String]] = [:]
        for record in table.records {
            guard let path = DelimitedTable.value(table.place(of: files), of: record),
                let name = DelimitedTable.value(table.place(of: fold), of: record)
            else { throw .manifest(file, line: record.line, reason: "a file and its fold are needed") }
            lists[name, default: []].append(path + (try fragment(of: record, in: table, file)))
        }
        guard !lists.isEmpty else { throw .manifest(file, line: table.headerLine, reason: "no files are listed") }
        let sorted = lists.sorted { $0.key.compare($1.key, options: .numeric) == .orderedAscending }
        return .lists(sorted.map(\.value))
    }

}

extension Corpus {
    /// The names of files that a table lists in its column `file`, and if wanted with `start` and `end` of a part of it;
    /// a table whose first line names no such column lists one file a line. For ``leavingOut(_:)``.
    /// - Throws: ``CorpusError``, with the line's number where a line is wrong.
    public static func files(listedIn file: URL) throws(CorpusError) -> [String] {
        let files = ManifestEntries.path
        let table = try DelimitedTable(contentsOf: file, required: [files], form: "file[,start,end]", unnamed: ["file"])
        var names: [String] = []
        for record in table.records {
            guard let path = DelimitedTable.value(table.place(of: files), of: record) else {
                throw .manifest(file, line: record.line, reason: "a file is needed")
            }
            names.append(path + (try Folds.fragment(of: record, in: table, file)))
        }
        guard !names.isEmpty else { throw .manifest(file, line: table.headerLine, reason: "no files are listed") }
        return names
    }
}

extension Folds {
    /// A segment's times, as they follow the name of its file.
    fileprivate static func fragment(
        of record: CSV.Record, in table: DelimitedTable, _ file: URL
    ) throws(CorpusError) -> String {
        do throws(SegmentError) {
            func seconds(_ column: DelimitedTable.Column) throws(SegmentError) -> Double? {
                guard let text = DelimitedTable.value(table.place(of: column), of: record) else { return nil }
                return try SegmentTimes.seconds(text, decimalComma: table.separator != .comma)
            }
            guard let end = try seconds(ManifestEntries.end) else { return "" }
            return "#\(try Segment(start: try seconds(ManifestEntries.start) ?? 0, end: end))"
        } catch { throw .segment(file, line: record.line, error) }
    }
}
