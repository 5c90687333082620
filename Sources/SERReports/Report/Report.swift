// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport
import SERTraining

/// A page of results for people: one HTML file that needs no network and no script, its figures as SVG, its numbers as
/// CSV.
///
/// ```swift
/// let report = try Report(contentsOf: [results])
/// try report.write(to: folder)                     // report.html, figures/, results.csv, clips.csv
/// ```
public struct Report: Sendable {
    let page: ReportPage
    /// What the networks differ in, pair by pair; of more than five networks, the best and each of the others.
    public let differences: [NetworkDifference]
    /// What stands beside the page for programs.
    private let tables: [Table]

    struct Table: Sendable {
        var name, text: String
    }

    /// What another program measured, on a page of its own or beside the networks of a report.
    package struct Addition: Sendable {
        let section: ReportPage.Section
        /// The command that made it.
        let command: [String]?
        let table: Table

        /// A section with its numbers as a table of comma-separated values.
        package init(_ section: ReportPage.Section, command: [String]?, csv: (name: String, text: String)) {
            self.section = section
            self.command = command
            table = Table(name: csv.name, text: csv.text)
        }
    }

    /// A report on results that commands wrote; of several, on one page, compared with each other.
    /// - Parameters:
    ///   - files: Files of results. Those of several must be of the same kind, over the same clips and folds.
    ///   - title: The page's heading; by default what was tested.
    ///   - sounds: Where the clips are, for spectrograms and players; nil leaves them out.
    /// - Throws: ``ReportError``.
    public init(contentsOf files: [URL], title: String? = nil, sounds: ReportSounds? = nil) throws(ReportError) {
        try self.init(contentsOf: files, adding: nil, title: title, sounds: sounds)
    }

    /// The same, with what somebody else measured beside it.
    package init(
        contentsOf files: [URL], adding addition: Addition?, title: String? = nil, sounds: ReportSounds? = nil
    ) throws(ReportError) {
        if files.count == 1, addition == nil, let tuning = try Self.tuning(in: files[0]) {
            self.init(tuning, title: title)
            return
        }
        var subjects: [ReportSubject] = []
        for file in files {
            let results: AnyResults
            do throws(ResultsError) { results = try AnyResults(contentsOf: file) } catch { throw .results(error) }
            subjects.append(try ReportSubject(results, source: file.relativePath))
        }
        try self.init(ReportSubject(joining: subjects), adding: addition, title: title, sounds: sounds)
    }

    /// A report on an experiment.
    /// - Throws: ``ReportError``.
    public init(
        _ results: ExperimentResults, title: String? = nil, sounds: ReportSounds? = nil
    ) throws(ReportError) {
        try self.init(ReportSubject(.experiment(results), source: "the experiment"), title: title, sounds: sounds)
    }

    /// A report on an evaluation.
    /// - Throws: ``ReportError``.
    public init(
        _ results: EvaluationResults, title: String? = nil, sounds: ReportSounds? = nil
    ) throws(ReportError) {
        try self.init(ReportSubject(.evaluation(results), source: "the evaluation"), title: title, sounds: sounds)
    }

    /// A report on a tuning, which is of no test and stands alone.
    public init(_ results: TuningResults, title: String? = nil) {
        self.init(results.page(title: title), csv: ("trials.csv", results.trialsTable))
    }

    /// The results of a tuning, where a file holds such.
    private static func tuning(in file: URL) throws(ReportError) -> TuningResults? {
        do throws(ResultsError) {
            let results = try ResultsFile(at: file)
            return results.kind == .tuning ? try results.results() : nil
        } catch { throw .results(error) }
    }

    /// A page that somebody else made, with its numbers.
    package init(_ page: ReportPage, csv: (name: String, text: String)) {
        self.page = page
        differences = []
        tables = [Table(name: csv.name, text: csv.text)]
    }

    private init(
        _ subject: ReportSubject, adding addition: Addition? = nil, title: String?, sounds: ReportSounds?
    ) throws(ReportError) {
        var subject = subject
        if let addition {
            subject.further.append(addition.section)
            subject.commands += addition.command.map { [$0] } ?? []
        }
        let measures: ReportMeasures, results: String
        do throws(EvaluationError) {
            measures = try ReportMeasures(subject)
            results = try subject.resultsTable(measures)
        } catch {
            throw .unusable(source: subject.source, reason: "\(error)")
        }
        page = subject.page(measures, title: title, sounds: sounds)
        differences = measures.differences
        tables =
            [
                Table(name: "results.csv", text: results),
                Table(name: "clips.csv", text: subject.clipsTable),
            ] + (addition.map { [$0.table] } ?? [])
    }

    /// What was tested, how, and what came out, in a sentence or two.
    public var summary: String { page.summary }

    /// The page.
    public var html: String { page.html }

    /// Writes `report.html`, `figures/` and the tables, `results.csv` and `clips.csv`, `scaling.csv` or `trials.csv`; each
    /// whole or not at all.
    /// - Throws: `FileWriteError`.
    public func write(to folder: URL) throws(FileWriteError) {
        let figures = folder.appendingPathComponent("figures")
        try AtomicFile.prepare(folder: folder)
        try AtomicFile.prepare(folder: figures)
        for figure in page.figures {
            try AtomicFile.write(Data(figure.svg.utf8), to: figures.appendingPathComponent("\(figure.name).svg"))
        }
        for table in tables {
            try AtomicFile.write(Data(table.text.utf8), to: folder.appendingPathComponent(table.name))
        }
        try AtomicFile.write(Data(html.utf8), to: folder.appendingPathComponent("report.html"))
    }
}

extension ReportSubject {
    /// The page, its sections in the order in which a reader asks.
    func page(_ measures: ReportMeasures, title: String?, sounds: ReportSounds?) -> ReportPage {
        let names =
            networks.count < 4
            ? networks.map(\.name).joined(separator: ", ") : "\(networks.count) networks"
        let sections =
            networks.isEmpty
            ? further + [auditSection(), settingsSection()]
            : [
                resultsSection(measures), differencesSection(measures), foldsSection(), confusionSection(measures),
                trainingSection(), confidenceSection(measures),
            ] + groupsSection(measures) + further + [hardestSection(sounds), auditSection(), settingsSection()]
        return ReportPage(
            title: title ?? (networks.isEmpty ? corpus : "\(names) on \(corpus)"), summary: summary(measures),
            warnings: allWarnings, highlights: highlights(measures), sections: sections.compactMap { $0 },
            footer: "Made by SER \(LibraryVersion.current) from results of "
                + "\(libraries.map { "SER \($0)" }.joined(separator: ", ")).")
    }
}
