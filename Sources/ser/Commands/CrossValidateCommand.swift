// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERReports
import SERSupport
import SERTraining

/// Numbers separated by commas: `1,2,3`.
struct SeedList: ExpressibleByArgument {
    var seeds: [UInt64]

    init?(argument: String) {
        let parsed = argument.split(separator: ",", omittingEmptySubsequences: false).map { UInt64($0) }
        seeds = parsed.compactMap { $0 }
        guard !seeds.isEmpty, seeds.count == parsed.count, Set(seeds).count == seeds.count else { return nil }
    }

    init(_ seeds: [UInt64]) { self.seeds = seeds }

    var defaultValueDescription: String { seeds.map(String.init).joined(separator: ",") }
}

extension Grouping: ExpressibleByArgument {}

/// What a cross-validation keeps apart.
enum FoldRule: String, ExpressibleByArgument, CaseIterable {
    case speaker, sentence, both, stratified, random
}

struct CrossValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crossvalidate",
        abstract: "Test a network on every clip of a corpus, fold by fold, never on what it was trained on.",
        discussion: """
            --by says what the folds keep apart: speaker (a voice never heard), sentence (words never heard), both, or \
            nothing (stratified, random). Without --folds, each speaker or sentence is a fold of its own. \
            Docs/Protocols.md tells which answers which question.

            With --test-data, the network is trained on DATA and tested on the other corpus. Several networks are compared over the same folds; with --nested, inner folds within each \
            training part choose among them.

            Finished folds are kept in the output folder. After Ctrl-C, a crash or a power cut, the same command goes \
            on from there and ends in the same predictions. results.json holds all settings, what the parts share, and \
            every clip's prediction; report.html shows it.

            With --from, each fold trains on from a model; networks named beside it are trained from nothing over the same \
            folds. The figures are worth their name where the model has heard none of the voices that are tested.

            EXAMPLE:
              ser crossvalidate ~/EMO-DB --model gru --by speaker --seeds 1,2,3 --output emodb-gru
              ser crossvalidate my-voices --from english --by speaker --output mine
            """)

    @Argument(help: CorpusReadingOptions.dataHelp)
    var data: [URL]

    @Option(
        help: ArgumentHelp(
            "The network, or several with commas between them: each is tested, or with --nested the best of them. "
                + "(with --from none is needed)",
            valueName: "names"))
    var model: ArchitectureList?

    @Option(help: "What the folds keep apart. (default: speaker)")
    var by: FoldRule?

    @Option(
        help: ArgumentHelp(
            "Number of folds. (default: 5; where speakers or sentences are kept apart, one for each)",
            valueName: "count"))
    var folds: Int?

    @Option(help: ArgumentHelp("A CSV file of fixed folds: file,fold.", valueName: "file"))
    var lists: URL?

    @Option(help: ArgumentHelp("Another corpus, to test on what was trained on DATA.", valueName: "folder"))
    var testData: URL?

    @Option(help: ArgumentHelp("Inner folds that choose among several networks.", valueName: "count"))
    var nested: Int?

    @Option(help: ArgumentHelp("Each seed is a run with weights of its own over the same folds.", valueName: "numbers"))
    var seeds = SeedList([1])

    @Option(help: ArgumentHelp("Decides what the folds leave to chance.", valueName: "number"))
    var foldSeed: UInt64 = 1

    @Option(help: ArgumentHelp("Folder for report.html, results and finished folds.", valueName: "folder"))
    var output: URL

    @Option(
        help: ArgumentHelp(
            "Folds trained at once, each on one thread. (default: as threads and memory allow)", valueName: "count"))
    var sideBySide: Int?

    @Option(help: ArgumentHelp("The share of what is not tested that chooses the best epoch.", valueName: "share"))
    var validation = 0.1

    @Option(
        help: ArgumentHelp(
            "Validate on whole speakers or sentences that are not trained on. (default: a share of each class)",
            valueName: "group"))
    var validateBy: Grouping?

    @Flag(
        help: """
            Bring confidences in line with accuracy: fit a temperature on each fold's validation part. For voices never \
            heard, with --validate-by speaker.
            """)
    var calibrate = false

    @OptionGroup var start: StartOptions
    @OptionGroup var recipe: RecipeOptions
    @OptionGroup var report: ReportOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !architectures.isEmpty || start.start != nil else {
            throw ValidationError("Name a network by --model, or a model to train on from by --from.")
        }
        try start.validate(recipe)
        try recipe.validate(for: architectures)
        if !(validation > 0 && validation < 1) {
            throw ValidationError("--validation \(validation): must be above 0 and below 1.")
        }
        if let folds, folds < 2 { throw ValidationError("--folds \(folds): must be at least 2.") }
        if let nested, nested < 2 { throw ValidationError("--nested \(nested): must be at least 2.") }
        if let sideBySide, sideBySide < 1 { throw ValidationError("--side-by-side \(sideBySide): must be at least 1.") }
        if nested != nil, architectures.count + (start.start == nil ? 0 : 1) < 2 {
            throw ValidationError("--nested chooses among several networks: name them all, as in --model ann,gru.")
        }
        if testData != nil, lists != nil || folds != nil {
            throw ValidationError("--test-data trains once and tests once: leave out --folds and --lists.")
        }
        if lists != nil || testData != nil, by != nil {
            throw ValidationError("--by says how folds are cut: leave it out beside --lists and --test-data.")
        }
        if lists != nil, folds != nil { throw ValidationError("--lists says what the folds are: leave out --folds.") }
    }

    func run() throws {
        common.apply()
        let candidates = try candidates()
        let (corpus, tests) = try corpusToCut()
        let cut = try Experiment.Cut.folds(
            try tests ?? foldRule(for: corpus), of: corpus, validation: validation, validatedBy: validateBy,
            seed: foldSeed)
        var experiment = Experiment(
            candidates, on: cut, seeds: seeds.seeds,
            choosing: nested == nil ? nil : innerRule(for: corpus))
        experiment.sideBySide = sideBySide
        experiment.command = ReportOptions.command
        // What cannot be trained is told before anybody listens.
        try experiment.check()
        experiment.copies = try stoppable { try recipe.copySearch.copies(in: corpus) }
        var results = try experiment.run(in: output, observe: FoldsProgress.standard(), stop: .interruption)
        guard results.isComplete else {
            note(
                "Stopped; \(results.runs.count) of \(results.plannedRuns) \(results.networks.count > 1 ? "runs" : "folds") "
                    + "are finished. The same command goes on from \(output.path).")
            throw ExitCode(Interruption.exitCode)
        }
        let page = try Report(results, sounds: report.sounds(of: corpus))
        if results.networks.count > 1 {
            results.differences = page.differences
            try results.write(to: output.appendingPathComponent("results.json"))
        }
        try page.write(to: output)
        if common.json {
            try printJSON(results)
        } else {
            try printText(results)
            try printText("results: \(output.appendingPathComponent("results.json").path)")
            try printText("report: \(output.appendingPathComponent("report.html").path)")
        }
    }

    /// What is cut, and with --test-data the rule that tests all of that data and trains on all the rest.
    private func corpusToCut() throws -> (Corpus, tests: Folds?) {
        guard let testData else { return (try recipe.reading.corpus(at: data), nil) }
        let corpora = try recipe.reading.corpora(at: data + [testData]), tested = corpora[corpora.count - 1]
        let trainedOn = corpora.count == 2 ? corpora[0] : try Corpus.joined(corpora.dropLast(), labels: .all)
        let joined = try Corpus.joined([trainedOn, tested])
        let left = corpora.map(\.clips.count).reduce(0, +) - joined.clips.count
        if left > 0 {
            note(
                "\(counted(left, "clip is", plural: "clips are")) left out: both sides have only \(joined.labels.joined(separator: ", "))"
            )
        }
        // Data may be of several corpora itself: then its clips are named, one by one.
        let sides = [trainedOn, tested].map { Set($0.clips.map(\.corpus)) }
        if let first = sides[0].first, let second = sides[1].first, sides.allSatisfy({ $0.count == 1 }) {
            return (joined, .corpora(trainedOn: first, testedOn: second))
        }
        let shared = tested.clips.filter { joined.labels.contains($0.emotion) }
        return (joined, .lists([shared.map(\.name)]))
    }

    private func foldRule(for corpus: Corpus) throws -> Folds {
        if let lists { return try .lists(contentsOf: lists) }
        switch by ?? .speaker {
        case .random: return .random(folds ?? 5)
        case .stratified: return .stratified(folds ?? 5)
        case .speaker: return folds.map { Folds.grouped(by: .speaker, $0) } ?? .leaveOneSpeakerOut
        case .sentence: return folds.map { Folds.grouped(by: .sentence, $0) } ?? .leaveOneSentenceOut
        case .both: return .crossed(speakers: min(folds ?? 5, max(corpus.speakers.count, 2)), sentences: folds ?? 5)
        }
    }

    /// The inner folds keep apart what the outer ones do, where enough speakers or sentences are left.
    private func innerRule(for corpus: Corpus) -> Folds {
        let inner = nested ?? 2
        func grouped(by grouping: Grouping, of groups: Int) -> Folds {
            let tested = folds.map { (groups + $0 - 1) / $0 } ?? 1
            return groups - tested >= inner ? .grouped(by: grouping, inner) : .stratified(inner)
        }
        guard testData == nil, lists == nil else { return .stratified(inner) }
        switch by ?? .speaker {
        case .speaker: return grouped(by: .speaker, of: corpus.speakers.count)
        case .sentence: return grouped(by: .sentence, of: Set(corpus.clips.compactMap(\.sentence)).count)
        case .both, .stratified, .random: return .stratified(inner)
        }
    }

    private var architectures: [Architecture] { model?.architectures ?? [] }

    /// The networks that are trained from nothing, and the one that is trained on from a model.
    private func candidates() throws -> [Candidate] {
        var candidates = try architectures.map { try recipe.candidate($0, calibrates: calibrate) }
        if let start = try start.model(recipe) {
            candidates.append(try start.candidate(recipe, calibrates: calibrate))
        }
        // Folds are told by what they test, not by curves.
        for index in candidates.indices { candidates[index].trainer.metrics = [] }
        return candidates
    }
}
