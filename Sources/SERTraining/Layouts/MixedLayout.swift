// SPDX-License-Identifier: Apache-2.0

/// A folder that holds files of several corpora: each file is read by the rule that its name follows.
struct MixedLayout: CorpusLayout {
    let parts: [any CorpusLayout]

    var name: String { parts.map(\.name).joined(separator: " + ") }
    var rule: String { parts.map { "\($0.name): \($0.rule)" }.joined(separator: "; ") }
    let expectation: CorpusExpectation? = nil

    var expectations: [String: CorpusExpectation] {
        parts.reduce(into: [:]) { $0.merge($1.expectations) { first, _ in first } }
    }

    /// The layouts that files of a folder follow, where there are several; a few stray files are no corpus.
    init?(_ layouts: [any CorpusLayout], files: [FolderWalk.File]) {
        let found = layouts.filter { layout in
            let matching = files.count { layout.read($0) != .unknown }
            return matching >= 10 || (matching > 0 && matching * 10 >= files.count)
        }
        guard found.count > 1 else { return nil }
        parts = found
    }

    func read(_ file: FolderWalk.File) -> NameReading {
        var readings: [(layout: String, reading: NameReading)] = []
        for part in parts where part.read(file) != .unknown { readings.append((part.name, part.read(file))) }
        guard let first = readings.first else { return .unknown }
        guard case .clip(var clip) = first.reading else { return first.reading }
        clip.corpus = first.layout
        if readings.count > 1 {
            let others = readings.dropFirst().map(\.layout).joined(separator: " and ")
            clip.remark = "it is named as in \(first.layout) and as in \(others); it is read as \(first.layout)"
        } else if clip.remark == nil, let folder = Self.emotion(of: file), folder != clip.emotion {
            clip.remark = "the folder says \(folder); the file name, which says \(clip.emotion), is trusted"
        }
        return .clip(clip)
    }

    /// The emotion that the file's folder is named after.
    private static func emotion(of file: FolderWalk.File) -> String? {
        file.components.dropLast().last.flatMap(EmotionNames.label(for:))
    }
}
