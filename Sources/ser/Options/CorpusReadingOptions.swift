// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERSupport
import SERTraining

/// How the commands that read a corpus take files that are not as they should be.
struct CorpusReadingOptions: ParsableArguments {
    @Flag(help: "Take a file that cannot be read or decoded for an error.")
    var strict = false

    @Option(
        help: ArgumentHelp(
            "A text or CSV file of files to leave out, one a line or in the column file. May be given again.",
            valueName: "file"))
    var exclude: [URL] = []

    @Option(
        help: ArgumentHelp(
            "Other names for labels, or none to leave their clips out, such as happiness=happy,boredom=. Given again, it "
                + "goes on from what the one before has named.",
            valueName: "names"))
    var map: [LabelMap] = []

    @OptionGroup var sound: SoundReadingOptions

    static let dataHelp: ArgumentHelp = "The corpus's folder, or a CSV manifest; several are taken together."

    /// Reads corpora, and tells on standard error what decides which clips they are made of. Several are joined with all
    /// labels that any of them has.
    func corpus(at urls: [URL]) throws -> Corpus {
        let corpora = try corpora(at: urls)
        return corpora.count == 1 ? corpora[0] : try Corpus.joined(corpora, labels: .all)
    }

    /// The same, each for itself.
    func corpora(at urls: [URL]) throws -> [Corpus] {
        var corpora: [Corpus] = []
        for url in urls {
            let corpus = try Corpus(detecting: url, strict: strict, truncated: sound.truncated)
            note(corpus.problems.filter(\.isOfFiles))
            corpora.append(corpus)
        }
        corpora = try chosen(of: corpora)
        for corpus in corpora { note(corpus.problems.filter { !$0.isOfFiles }) }
        note(Corpus.problems(between: corpora))
        return corpora
    }

    /// What is left of corpora, under the names that are asked for.
    func chosen(of corpora: [Corpus]) throws -> [Corpus] {
        var chosen = corpora
        for file in exclude {
            let before = chosen.reduce(0) { $0 + $1.clips.count }
            chosen = try Corpus.leavingOut(try Corpus.files(listedIn: file), of: chosen)
            let left = before - chosen.reduce(0) { $0 + $1.clips.count }
            note("\(counted(left, "clip is", plural: "clips are")) left out, as \(file.relativePath) lists them")
        }
        for names in map { chosen = try names.applied(to: chosen) }
        for (corpus, rest) in zip(corpora, chosen) where rest.clips.isEmpty && !corpus.clips.isEmpty {
            let options = [exclude.isEmpty ? nil : "--exclude", map.isEmpty ? nil : "--map"].compactMap { $0 }
            throw ValidationError(
                "\(options.joined(separator: " and ")): nothing is left of \(corpus.name). Leave out less, or do not name "
                    + "that corpus.")
        }
        return chosen
    }

    func validate() throws {
        for names in map { if let fault = names.fault { throw ValidationError("--map \(fault)") } }
    }
}

extension CorpusProblem {
    /// Whether it is of the files as they were read, whatever is left out or named otherwise.
    fileprivate var isOfFiles: Bool {
        switch self {
        case .duplicates, .similarLabels: false
        default: true
        }
    }
}

/// Tells what decides which clips a corpus is made of: of many problems the first, and how many there are.
func note(_ problems: [CorpusProblem]) {
    let most = 20, told = problems.filter(\.concernsReading)
    for problem in told.prefix(most) { note("\(problem)") }
    guard told.count > most else { return }
    note("and \(told.count - most) more like these, which ser inspect lists")
}
