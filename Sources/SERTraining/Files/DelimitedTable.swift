// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// A table in a text file whose first line names the columns: its encoding and what stands between its fields are told
/// from the text.
struct DelimitedTable {
    /// Columns that belong together under one of several names; the first that is there counts.
    struct Column {
        let names: [String]

        /// What messages call it.
        var name: String { names[0] }
    }

    let encoding: TextEncoding
    let separator: ColumnSeparator
    /// The names of the columns, in lower case.
    let names: [String]
    /// The lines after the first, each with as many fields as there are columns; lines without any text are left out.
    let records: [CSV.Record]
    /// Lines with separators behind the last column.
    let linesWithTrailingSeparators: Int
    let headerLine: Int

    /// A table is text; one larger than this is something else.
    private static let largest = 1 << 28

    /// Reads a table.
    /// - Parameters:
    ///   - file: The file.
    ///   - required: The columns without which it is no such table; it is by them that separators are told.
    ///   - form: What the first line should be, for messages.
    ///   - unnamed: The names of columns where the first line names none and has as many fields.
    /// - Throws: ``CorpusError``, with the line's number where a line is wrong.
    init(contentsOf file: URL, required: [Column], form: String, unnamed: [String] = []) throws(CorpusError) {
        let bytes = try Self.bytes(of: file)
        do throws(CSV.Failure) {
            try self.init(bytes: bytes, required: required, form: form, unnamed: unnamed)
        } catch { throw .manifest(file, line: error.line, reason: error.reason) }
    }

    private init(bytes: [UInt8], required: [Column], form: String, unnamed: [String]) throws(CSV.Failure) {
        let decoded = try TextEncoding.decoded(bytes)
        encoding = decoded.encoding
        var text = decoded.text
        let candidates = Self.statedSeparator(&text).map { [$0] } ?? ColumnSeparator.allCases
        let plain = Self.separator(of: text, among: candidates, fields: unnamed.count)
        let named = Self.separator(of: text, among: candidates, required: required)
        guard let separator = named ?? plain else { throw try Self.noHeader(text, candidates, required, form) }
        var all = try CSV.records(of: text, separator: separator)
        if named == nil { all.insert(CSV.Record(line: 1, fields: unnamed), at: 0) }
        guard let header = all.first else { throw CSV.Failure(line: 1, reason: "the file is empty") }
        let names = Self.names(of: header)
        var known = Set<String>()
        for name in names where !name.isEmpty && !known.insert(name).inserted {
            throw CSV.Failure(line: header.line, reason: "the column \(name.prefix(40)) is named twice")
        }
        var records: [CSV.Record] = [], trailing = 0
        for record in all.dropFirst() where !record.fields.allSatisfy(Self.isBlank) {
            if record.fields.count > names.count, record.fields[names.count...].allSatisfy(Self.isBlank) {
                trailing += 1
                records.append(CSV.Record(line: record.line, fields: Array(record.fields.prefix(names.count))))
                continue
            }
            guard record.fields.count == names.count else {
                throw CSV.Failure(
                    line: record.line,
                    reason: "\(record.fields.count) fields where the first line names \(names.count)")
            }
            records.append(record)
        }
        self.separator = separator
        self.names = names
        self.records = records
        linesWithTrailingSeparators = trailing
        headerLine = header.line
    }

    /// The place of a column; nil where there is none of its names.
    func place(of column: Column) -> Int? { column.names.lazy.compactMap { names.firstIndex(of: $0) }.first }

    /// A field without blanks around it; nil where it is empty or there is no such column.
    static func value(_ place: Int?, of record: CSV.Record) -> String? {
        guard let text = place.map({ record.fields[$0].trimmingCharacters(in: .whitespaces) }), !text.isEmpty else {
            return nil
        }
        return text
    }

    private static func isBlank(_ field: String) -> Bool { field.allSatisfy(\.isWhitespace) }

    private static func names(of header: CSV.Record) -> [String] {
        header.fields.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    }

    private static func bytes(of file: URL) throws(CorpusError) -> [UInt8] {
        if let obstacle = FolderWalk.obstacle(at: file) {
            guard FileManager.default.fileExists(atPath: file.path) else { throw CorpusError.notFound(file) }
            throw CorpusError.cannotOpen(file, reason: obstacle)
        }
        do throws(FileReadError) { return [UInt8](try Data(ofFile: file, most: largest)) } catch {
            let isTooLarge = error.reason == FileReadError.tooLarge(most: largest)
            throw CorpusError.cannotOpen(
                file, reason: isTooLarge ? "it is too large for a table (more than 256 MB)" : error.reason)
        }
    }

    /// What a first line `sep=;` says, as Excel reads it; it is taken out, but for its end, so that lines count on.
    private static func statedSeparator(_ text: inout [UInt8]) -> ColumnSeparator? {
        let line = text.prefix(8).prefix { $0 != 10 && $0 != 13 }
        let word = String(decoding: line, as: UTF8.self).lowercased()
        guard word.hasPrefix("sep="), let separator = ColumnSeparator(rawValue: String(word.dropFirst(4))) else {
            return nil
        }
        text.removeFirst(line.count)
        return separator
    }

    /// The separator by which the first line names the columns.
    private static func separator(
        of text: [UInt8], among candidates: [ColumnSeparator], required: [Column]
    ) -> ColumnSeparator? {
        candidates.first { separator in
            let names = header(of: text, separator)
            return required.allSatisfy { column in column.names.contains { names.contains($0) } }
        }
    }

    /// The separator by which the first line has so many fields.
    private static func separator(
        of text: [UInt8], among candidates: [ColumnSeparator], fields count: Int
    ) -> ColumnSeparator? {
        count == 0 ? nil : candidates.first { header(of: text, $0).count == count }
    }

    private static func header(of text: [UInt8], _ separator: ColumnSeparator) -> [String] {
        let record = try? CSV.firstRecord(of: text, separator: separator)
        return record.flatMap { $0 }.map(names) ?? []
    }

    /// What is wrong with a first line that does not name the columns.
    private static func noHeader(
        _ text: [UInt8], _ candidates: [ColumnSeparator], _ required: [Column], _ form: String
    ) throws(CSV.Failure) -> CSV.Failure {
        // A text that is no table at all says so itself.
        guard let first = try CSV.firstRecord(of: text, separator: .comma) else {
            return CSV.Failure(line: 1, reason: "the file is empty")
        }
        let found = candidates.map { header(of: text, $0) }.max { $0.count < $1.count } ?? []
        let missing = required.filter { column in !column.names.contains { found.contains($0) } }.map(\.name)
        return CSV.Failure(
            line: first.line,
            reason: "the first line must name the columns, \(missing.joined(separator: " and ")) among them: \(form); "
                + "it names \(found.prefix(8).map { "\"\($0.prefix(40))\"" }.joined(separator: ", "))")
    }
}
