// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

extension Corpus {
    /// Reads TESS, the Toronto emotional speech set, from a folder.
    ///
    /// The label is the last part of each file name (`ps` is `surprise`). A second copy of the tree inside the folder
    /// counts once. A folder that `SyntheticCorpus` wrote is named `synthetic (TESS-shaped)`.
    /// - Parameters:
    ///   - folder: The folder.
    ///   - strict: Whether a file that cannot be read is an error; else it is listed and left out.
    ///   - truncated: What is done with sound files whose end is missing.
    /// - Throws: ``CorpusError``.
    public static func tess(
        at folder: URL, strict: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(CorpusError) -> Corpus {
        try read(folder, as: tessLayout(at: folder), strict: strict, truncated)
    }

    /// Reads EMO-DB, the Berlin database of emotional speech, from a folder; its labels are the words that TESS uses,
    /// and `boredom`.
    /// - Throws: ``CorpusError``, as ``tess(at:strict:truncated:)`` does.
    public static func emodb(
        at folder: URL, strict: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(CorpusError) -> Corpus {
        try read(folder, as: EMODBLayout(), strict: strict, truncated)
    }

    /// Reads the speech of RAVDESS from a folder; songs are passed over.
    /// - Throws: ``CorpusError``, as ``tess(at:strict:truncated:)`` does.
    public static func ravdess(
        at folder: URL, strict: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(CorpusError) -> Corpus {
        try read(folder, as: RAVDESSLayout(), strict: strict, truncated)
    }

    /// Reads CREMA-D from a folder.
    /// - Throws: ``CorpusError``, as ``tess(at:strict:truncated:)`` does.
    public static func cremad(
        at folder: URL, strict: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(CorpusError) -> Corpus {
        try read(folder, as: CREMADLayout(), strict: strict, truncated)
    }

    /// Reads SAVEE from a folder.
    /// - Throws: ``CorpusError``, as ``tess(at:strict:truncated:)`` does.
    public static func savee(
        at folder: URL, strict: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(CorpusError) -> Corpus {
        try read(folder, as: SAVEELayout(), strict: strict, truncated)
    }

    /// Reads a folder of folders that are named by label; labels are taken as they are written, and the corpus is
    /// named after the folder.
    /// - Throws: ``CorpusError``, as ``tess(at:strict:truncated:)`` does.
    public static func folders(
        at folder: URL, strict: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(CorpusError) -> Corpus {
        let walk = try FolderWalk(folder)
        return try CorpusScan(
            walk, at: folder, layout: FoldersLayout(for: walk.audio), name: folder.lastPathComponent
        ).corpus(strict: strict, truncated: truncated)
    }

    /// Reads a corpus whose layout is told from the names of its files. Where a folder holds files of several corpora, each
    /// is read by its rule (``CorpusProblem/severalCorpora(_:)`` says which). A URL that ends in `.csv` or `.tsv` is read as a
    /// manifest, and so is a folder without a known layout that holds one CSV file.
    /// - Throws: ``CorpusError``; where no layout fits, ``CorpusError/unknownLayout(_:audioFiles:tried:)``, which lists
    ///   what was tried and what each looks like.
    public init(
        detecting url: URL, strict: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(CorpusError) {
        if FolderWalk.manifestEndings.contains(url.pathExtension.lowercased()) {
            self = try .manifest(at: url, strict: strict, truncated: truncated)
            return
        }
        let walk = try FolderWalk(url)
        guard !walk.audio.isEmpty || walk.manifests.count == 1 else {
            throw CorpusError.noAudio(url, files: walk.otherFiles)
        }
        let layouts = Self.named(at: url)
        var candidates = layouts + [FoldersLayout(for: walk.audio, onlyEmotionWords: true)]
        if let mixed = MixedLayout(layouts, files: walk.audio) { candidates.insert(mixed, at: 0) }
        for layout in candidates {
            let matching = layout.trial(on: walk.audio).matching
            // Nine in ten, since a stray file must not hide a corpus.
            guard matching > 0, matching * 10 >= walk.audio.count * 9 else { continue }
            let name = layout is FoldersLayout ? url.lastPathComponent : layout.name
            self = try CorpusScan(walk, at: url, layout: layout, name: name)
                .corpus(strict: strict, truncated: truncated)
            return
        }
        if walk.manifests.count == 1 {
            self = try .manifest(at: walk.manifests[0], strict: strict, truncated: truncated)
            return
        }
        let tried = candidates.filter { !($0 is MixedLayout) }.map { $0.trial(on: walk.audio) }
        throw CorpusError.unknownLayout(url, audioFiles: walk.audio.count, tried: tried)
    }

    /// The layouts that are told by the names of files.
    private static func named(at folder: URL) -> [any CorpusLayout] {
        [tessLayout(at: folder), EMODBLayout(), RAVDESSLayout(), CREMADLayout(), SAVEELayout()]
    }

    private static func tessLayout(at folder: URL) -> TESSLayout {
        if let marker = SyntheticMarker(of: folder) {
            return TESSLayout(name: SyntheticMarker.corpusName, words: marker.words)
        }
        // A part of a synthetic corpus, or a folder of several, must not pass for recordings either.
        let below = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let near = [folder.deletingLastPathComponent()] + (below ?? [])
        // Nor must one whose settings cannot be read.
        let isSynthetic = SyntheticMarker.isIn(folder) || near.contains(where: SyntheticMarker.isIn)
        return isSynthetic ? TESSLayout(name: SyntheticMarker.corpusName) : TESSLayout()
    }

    private static func read(
        _ folder: URL, as layout: some CorpusLayout, strict: Bool, _ truncated: TruncatedFiles
    ) throws(CorpusError) -> Corpus {
        try CorpusScan(try FolderWalk(folder), at: folder, layout: layout, name: layout.name)
            .corpus(strict: strict, truncated: truncated)
    }
}
