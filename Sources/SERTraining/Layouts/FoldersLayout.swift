// SPDX-License-Identifier: Apache-2.0

/// Folders named by label: `angry/anything.wav`, with any folders below.
struct FoldersLayout: CorpusLayout {
    let name = "folders"
    let rule = "in a folder named by the emotion, such as angry/anything.wav"
    let expectation: CorpusExpectation? = nil

    /// How many folders lie above those of the labels: a lone folder that holds everything is looked through.
    private let depth: Int
    private let onlyEmotionWords: Bool

    /// With `onlyEmotionWords`, folders count only if their names are known words for emotions.
    init(for files: [FolderWalk.File], onlyEmotionWords: Bool = false) {
        self.onlyEmotionWords = onlyEmotionWords
        let folders = files.map { $0.components.dropLast() }
        var depth = 0
        while let first = folders.first(where: { $0.count > depth })?[depth],
            folders.allSatisfy({ $0.count > depth + 1 && $0[depth] == first })
        { depth += 1 }
        self.depth = depth
    }

    func read(_ file: FolderWalk.File) -> NameReading {
        let folders = file.components.dropLast()
        guard folders.count > depth else { return .unknown }
        let label = folders[depth]
        if onlyEmotionWords && EmotionNames.label(for: label) == nil { return .unknown }
        return .clip(ClipName(emotion: label))
    }
}
