// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Something about a corpus that its user should know, though it could be read.
public enum CorpusProblem: Sendable, Hashable {
    /// A file that cannot be read; it is left out.
    case unreadable(UnreadableFile)
    /// A file that the layout's rule does not explain, or not as it stands, and what became of it.
    case unexpectedName(path: String, reason: String)
    /// Files with the same bytes under different names or labels. All are kept: which of them is right cannot be told.
    case duplicates(paths: [String], labels: [String])
    /// Files that lie in the corpus a second time, under the same names with the same bytes; they count once.
    case nestedCopy(folder: String, of: String, files: Int)
    /// A speaker and emotion with another number of clips than the corpus should hold; speaker nil stands for all, and
    /// emotion nil for all. What is missing is named where that can be told. The corpus is named where there are several.
    case count(
        corpus: String? = nil, speaker: String?, emotion: String?, expected: Int, found: Int, missing: [String])
    /// Clips in which nobody speaks, as far as ``Corpus/clipsWithoutSpeech(within:)`` can tell. They are kept.
    case withoutSpeech(paths: [String])
    /// Clips that nowhere reach a thousandth of full scale (-60 dB). They are kept.
    case nearlySilent(paths: [String])
    /// A folder with files of several corpora, each read by its rule: the layouts, with the number of files that follow
    /// them.
    case severalCorpora([LayoutTrial])
    /// Labels that differ only in case, in spaces, or in how a number is written. They are kept apart.
    case similarLabels([String])
    /// Speakers of several corpora that have one name; they are taken for different people.
    case namesakes([String])
    /// Something about a manifest that was read otherwise than as it is written, or not read.
    case manifest(ManifestRemark)

    /// Sound files that were read though something is wrong with them, all the same kind of thing.
    case remarked([RemarkedFile])

    /// Whether it is about what was read and how, which decides what a training or a test is made of.
    public var concernsReading: Bool {
        switch self {
        case .unreadable, .severalCorpora, .similarLabels, .namesakes, .manifest, .remarked: true
        case .duplicates(_, let labels): labels.count > 1
        case .unexpectedName, .nestedCopy, .count, .withoutSpeech, .nearlySilent: false
        }
    }

    /// What is left of some problems where only some clips are: labels that contradict each other, or are written alike,
    /// may have been among the others, or have other names now.
    static func left(of problems: [CorpusProblem], for clips: [Clip]) -> [CorpusProblem] {
        lazy var byFile = Dictionary(grouping: clips) { $0.path.lastPathComponent }
        func clip(at path: String) -> Clip? {
            let last = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...].prefix {
                $0 != "#"
            }
            return byFile[String(last)]?.first { ("/" + $0.name).hasSuffix("/" + path) }
        }
        let kept = problems.compactMap { problem -> CorpusProblem? in
            switch problem {
            case .similarLabels: return nil
            case .duplicates(let paths, _):
                let found = paths.compactMap { path in clip(at: path).map { (path, $0.emotion) } }
                guard found.count > 1 else { return nil }
                return .duplicates(paths: found.map(\.0), labels: Set(found.map(\.1)).sorted())
            default: return problem
            }
        }
        return kept + similarLabels(of: clips)
    }

    /// Files with the same bytes that have different labels in several corpora, by their paths.
    static func contradictions(between corpora: [Corpus]) -> [CorpusProblem] {
        let clips = corpora.enumerated().flatMap { place, corpus in corpus.clips.map { (place, $0) } }
        let groups = Dictionary(grouping: clips.filter { $0.1.content != nil }) { $0.1.content }.values
        return groups.filter { Set($0.map(\.0)).count > 1 && Set($0.map(\.1.emotion)).count > 1 }
            .map { group in
                .duplicates(paths: group.map(\.1.name), labels: Set(group.map(\.1.emotion)).sorted())
            }.sorted { "\($0)" < "\($1)" }
    }

    /// The file that cannot be read, where that is the problem.
    package var unreadable: UnreadableFile? {
        if case .unreadable(let file) = self { file } else { nil }
    }

    /// Groups of labels of some clips that differ in writing only.
    static func similarLabels(of clips: [Clip]) -> [CorpusProblem] {
        Dictionary(grouping: Set(clips.map(\.emotion)), by: plain).values.filter { $0.count > 1 }
            .map { $0.sorted() }.sorted { $0[0] < $1[0] }.map(CorpusProblem.similarLabels)
    }

    /// A label without what labels should not differ in.
    private static func plain(_ label: String) -> String {
        if let number = decimalNumber(label.trimmingCharacters(in: .whitespaces)) { return "\(number)" }
        return String(label.lowercased().map { "_-".contains($0) || $0.isWhitespace ? " " : $0 })
            .split(separator: " ").joined(separator: " ")
    }
}

extension Corpus {
    /// What decides which clips the corpus is made of, and how they were read, in sentences; files that cannot be read are
    /// told for themselves.
    package var remarks: [String] {
        problems.filter { $0.concernsReading && $0.unreadable == nil }.map(\.description)
    }
}

extension CorpusProblem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let file):
            return "\(file.path) cannot be read and is left out: \(file.reason)"
        case .unexpectedName(let path, let reason):
            return "\(path): \(reason)"
        case .duplicates(let paths, let labels):
            let contradiction =
                labels.count > 1
                ? " and the labels \(labels.joined(separator: " and ")), of which one at most is right" : ""
            return "The same bytes under \(paths.count) names\(contradiction), all kept: \(Self.shortened(paths))"
        case .withoutSpeech(let paths):
            return "no speech found in \(Self.clips(paths)), kept all the same: \(Self.shortened(paths))"
        case .nearlySilent(let paths):
            return "nearly silent, nowhere above -60 dB of full scale, kept all the same: \(Self.shortened(paths))"
        case .nestedCopy(let folder, let original, let files):
            return "\(folder) repeats \(counted(files, "file")) of \(original), byte for byte; "
                + "they are counted once"
        case .count(let corpus, let speaker, let emotion, let expected, let found, let missing):
            let who = [corpus, speaker, emotion].compactMap { $0 }.joined(separator: ", ")
            let names = missing.isEmpty ? "" : "; missing: \(Self.shortened(missing))"
            return "\(who.isEmpty ? "the corpus" : who): \(found) of \(expected) clips\(names)"
        case .severalCorpora(let layouts):
            return "files of several corpora, each read by its rule: "
                + layouts.map { "\($0.matching) as \($0.layout)" }.joined(separator: ", ")
        case .similarLabels(let labels):
            return "the labels \(labels.map { "\"\($0)\"" }.joined(separator: " and ")) differ only in how they are "
                + "written and count as \(labels.count) emotions; where they mean the same, write them alike"
        case .namesakes(let names):
            return "\(counted(names.count, "speaker has", plural: "speakers have")) the same name in several corpora "
                + "(\(Self.shortened(names))) and \(names.count == 1 ? "is" : "are") taken for different people. Where they "
                + "are the same, put all into one manifest."
        case .manifest(let remark):
            return remark.description
        case .remarked(let files):
            let names = files.map { file in file.path + (file.remark.figures.map { " (\($0))" } ?? "") }
            return "\(files.first?.remark.heading ?? ""): \(counted(files.count, "file")): \(Self.shortened(names))"
        }
    }

    private static func clips(_ names: [String]) -> String { counted(names.count, "clip") }

    private static func shortened(_ names: [String]) -> String {
        names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }
}
