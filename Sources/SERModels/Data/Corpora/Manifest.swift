import Foundation
import SERSupport

extension Corpus {
    /// Reads a corpus that a CSV file lists, in the order of its lines.
    ///
    /// The first line names the columns, in any order: `path` and `label` (or `emotion`), and if wanted `speaker`,
    /// `sentence` and `corpus`; others are passed over, so that ``CorpusTable/csv()`` can be read back. Relative paths
    /// start from the manifest's folder. Quoting is that of RFC 4180; the text is UTF-8.
    /// - Throws: ``CorpusError``, with the line's number where a line is wrong; with `strict`, for any file that cannot
    ///   be read, which is else listed and left out.
    public static func manifest(at file: URL, strict: Bool = false) throws(CorpusError) -> Corpus {
        let entries = try Manifest(contentsOf: file).entries
        let folder = file.deletingLastPathComponent()
        let files = entries.map { entry in
            let url = entry.path.hasPrefix("/")
                ? URL(fileURLWithPath: entry.path) : folder.appendingPathComponent(entry.path, isDirectory: false)
            return FolderWalk.File(
                url: url.standardizedFileURL, relativePath: entry.path, obstacle: FolderWalk.obstacle(at: url))
        }
        let facts = parallelMap(files.count) { AudioFacts.read(files[$0]) }
        let name = file.deletingPathExtension().lastPathComponent
        var clips: [(path: String, clip: Clip)] = []
        var failed: [UnreadableFile] = []
        for ((entry, file), fact) in zip(zip(entries, files), facts) {
            switch fact {
            case .failure(let reason):
                failed.append(UnreadableFile(path: entry.path, reason: "\(reason.text) (line \(entry.line))"))
            case .success(let fact):
                let clip = Clip(
                    path: file.url, emotion: entry.label, speaker: entry.speaker, sentence: entry.sentence,
                    duration: fact.info.duration, sampleRate: fact.info.sampleRate,
                    channels: fact.info.channels, corpus: entry.corpus ?? name, content: fact.content)
                clips.append((entry.path, clip))
            }
        }
        if strict && !failed.isEmpty { throw CorpusError.unreadable(failed) }
        guard !clips.isEmpty else {
            throw CorpusError.nothingReadable(file, first: failed[0].path, reason: failed[0].reason)
        }
        let copies = CopySearch(clips)
        let corpora = Set(copies.kept.map(\.clip.corpus))
        return Corpus(
            name: corpora.count == 1 ? corpora.first ?? name : name, clips: copies.kept.map(\.clip),
            problems: failed.map(CorpusProblem.unreadable) + copies.problems, expectation: nil)
    }
}

/// The lines of a manifest.
struct Manifest {
    struct Entry: Equatable {
        let line: Int
        let path: String
        let label: String
        let speaker: String?
        let sentence: String?
        let corpus: String?
    }

    let entries: [Entry]

    /// A manifest is text; one larger than this is something else.
    private static let largest = 1 << 28

    init(contentsOf file: URL) throws(CorpusError) {
        if let obstacle = FolderWalk.obstacle(at: file) {
            guard FileManager.default.fileExists(atPath: file.path) else { throw CorpusError.notFound(file) }
            throw CorpusError.cannotOpen(file, reason: obstacle)
        }
        let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        guard size <= Self.largest else {
            throw CorpusError.cannotOpen(file, reason: "it is too large for a manifest (more than 256 MB)")
        }
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw CorpusError.cannotOpen(file, reason: error.localizedDescription)
        }
        do throws(CSV.Failure) {
            entries = try Self.entries(of: CSV.records(of: [UInt8](data)))
        } catch {
            throw CorpusError.manifest(file, line: error.line, reason: error.reason)
        }
    }

    private static func entries(of records: [CSV.Record]) throws(CSV.Failure) -> [Entry] {
        guard let header = records.first else { throw CSV.Failure(line: 1, reason: "the manifest is empty") }
        let columns = try Columns(header)
        var entries: [Entry] = []
        var firstLine: [String: Entry] = [:]
        for record in records.dropFirst() {
            let entry = try columns.entry(record)
            if let earlier = firstLine[entry.path], earlier.label != entry.label {
                throw CSV.Failure(
                    line: entry.line,
                    reason: "\(entry.path) is labelled \(entry.label) here and \(earlier.label) on line "
                        + "\(earlier.line)")
            }
            firstLine[entry.path] = firstLine[entry.path] ?? entry
            entries.append(entry)
        }
        guard !entries.isEmpty else {
            throw CSV.Failure(line: header.line, reason: "no files follow the names of the columns")
        }
        return entries
    }

    private struct Columns {
        let count: Int
        let path: Int
        let label: Int
        let speaker: Int?
        let sentence: Int?
        let corpus: Int?

        init(_ header: CSV.Record) throws(CSV.Failure) {
            let names = header.fields.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
            for name in ["path", "label", "emotion", "speaker", "sentence", "corpus"]
            where names.count(where: { $0 == name }) > 1 {
                throw CSV.Failure(line: header.line, reason: "the column \(name) is named twice")
            }
            guard let path = names.firstIndex(of: "path"),
                let label = names.firstIndex(of: "label") ?? names.firstIndex(of: "emotion")
            else {
                throw CSV.Failure(
                    line: header.line,
                    reason: "the first line must name the columns, path and label among them: "
                        + "path,label[,speaker,sentence,corpus]")
            }
            count = names.count
            self.path = path
            self.label = label
            speaker = names.firstIndex(of: "speaker")
            sentence = names.firstIndex(of: "sentence")
            corpus = names.firstIndex(of: "corpus")
        }

        func entry(_ record: CSV.Record) throws(CSV.Failure) -> Entry {
            guard record.fields.count == count else {
                throw CSV.Failure(
                    line: record.line, reason: "\(record.fields.count) fields where the first line names \(count)")
            }
            func value(_ column: Int?) -> String? {
                let text = column.map { record.fields[$0].trimmingCharacters(in: .whitespaces) } ?? ""
                return text.isEmpty ? nil : text
            }
            guard let path = value(path) else { throw CSV.Failure(line: record.line, reason: "the path is missing") }
            guard let label = value(label) else {
                throw CSV.Failure(line: record.line, reason: "the label of \(path) is missing")
            }
            return Entry(
                line: record.line, path: path, label: label, speaker: value(speaker), sentence: value(sentence),
                corpus: value(corpus))
        }
    }
}
