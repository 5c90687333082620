// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERTraining

/// How the commands that read a corpus take files that are not as they should be.
struct CorpusReadingOptions: ParsableArguments {
    @Flag(help: "Take a file that cannot be read or decoded for an error.")
    var strict = false

    @Option(
        help: ArgumentHelp(
            "A text or CSV file of files to leave out, one a line or in the column file.", valueName: "file"))
    var exclude: URL?

    @Option(
        help: ArgumentHelp(
            "Other names for labels, or none to leave their clips out, such as happiness=happy,boredom=.",
            valueName: "names"))
    var map: LabelMap?

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
            for problem in corpus.problems where problem.concernsReading { note("\(problem)") }
            corpora.append(corpus)
        }
        if let exclude { corpora = try leavingOut(listedIn: exclude, of: corpora) }
        noteNamesakes(in: corpora)
        return try map?.applied(to: corpora) ?? corpora
    }

    private func leavingOut(listedIn file: URL, of corpora: [Corpus]) throws -> [Corpus] {
        let all = Corpus(name: "all", clips: corpora.flatMap(\.clips))
        let left = try all.leavingOut(try Corpus.files(listedIn: file)).clips, kept = Set(left.map(\.name))
        note("\(all.clips.count - left.count) clips are left out, as \(file.relativePath) lists them")
        return corpora.map { corpus in corpus.filtered { kept.contains($0.name) } }
    }

    /// Speakers of several corpora are taken for different people, whatever their names.
    private func noteNamesakes(in corpora: [Corpus]) {
        var seen: Set<String> = [], namesakes: Set<String> = []
        for speakers in corpora.map({ Set($0.clips.compactMap(\.speaker)) }) {
            namesakes.formUnion(seen.intersection(speakers))
            seen.formUnion(speakers)
        }
        guard !namesakes.isEmpty else { return }
        let names = namesakes.sorted().prefix(10).joined(separator: ", ") + (namesakes.count > 10 ? ", ..." : "")
        note(
            "\(namesakes.count) speakers have the same name in several corpora (\(names)) and are taken for different "
                + "people. Where they are the same, put all into one manifest.")
    }
}
