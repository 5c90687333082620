import Foundation

/// Something about a corpus that its user should know, though it could be read.
public enum CorpusProblem: Sendable, Hashable {
    /// A file that cannot be read; it is left out.
    case unreadable(UnreadableFile)
    /// A file that the layout's rule does not explain, or not as it stands, and what became of it.
    case unexpectedName(path: String, reason: String)
    /// Files with the same bytes under different names or labels. All are kept: which of them is right cannot be told.
    case duplicates(paths: [String])
    /// Files that lie in the corpus a second time, under the same names with the same bytes; they count once.
    case nestedCopy(folder: String, of: String, files: Int)
    /// A speaker and emotion with another number of clips than the corpus should hold; speaker nil stands for all, and
    /// emotion nil for all. What is missing is named where that can be told.
    case count(speaker: String?, emotion: String?, expected: Int, found: Int, missing: [String])
    /// Clips in which nobody speaks, as far as ``Corpus/clipsWithoutSpeech(within:isCancelled:)`` can tell. They are kept.
    case withoutSpeech(paths: [String])
}

extension CorpusProblem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let file):
            return "\(file.path) cannot be read and is left out: \(file.reason)"
        case .unexpectedName(let path, let reason):
            return "\(path): \(reason)"
        case .duplicates(let paths):
            return "The same bytes under \(paths.count) names, all kept: \(paths.joined(separator: ", "))"
        case .withoutSpeech(let paths):
            return "no speech found in \(paths.count) \(paths.count == 1 ? "clip" : "clips"), kept all the same: "
                + Self.shortened(paths)
        case .nestedCopy(let folder, let original, let files):
            return "\(folder) repeats \(files) \(files == 1 ? "file" : "files") of \(original), byte for byte; "
                + "they are counted once"
        case .count(let speaker, let emotion, let expected, let found, let missing):
            let who = [speaker, emotion].compactMap { $0 }.joined(separator: ", ")
            let names = missing.isEmpty ? "" : "; missing: \(Self.shortened(missing))"
            return "\(who.isEmpty ? "the corpus" : who): \(found) of \(expected) clips\(names)"
        }
    }

    private static func shortened(_ names: [String]) -> String {
        names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }
}
