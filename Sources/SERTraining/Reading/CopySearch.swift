// SPDX-License-Identifier: Apache-2.0

/// Finds files with the same bytes.
///
/// The same bytes under the same file name, label and speaker are the same clip lying in the corpus twice, as when an
/// archive was unpacked inside itself: it counts once, since it would train and test on the same sound. The same bytes
/// under another name or label state two different things, and which one is right cannot be told: all are kept, listed.
struct CopySearch {
    private(set) var kept: [(path: String, clip: Clip)] = []
    private(set) var problems: [CorpusProblem] = []

    private struct Identity: Hashable {
        let content: ContentDigest?
        let fileName: Substring
        let emotion: String
        let speaker: String?
    }

    private struct FolderPair: Hashable {
        let copy: String
        let original: String
    }

    init(_ clips: [(path: String, clip: Clip)]) {
        var originals: [Identity: String] = [:]
        var nested: [FolderPair: Int] = [:]
        let outermostFirst = clips.indices.sorted { Self.depth(clips[$0].path, $0) < Self.depth(clips[$1].path, $1) }
        var isCopy = Set<Int>()
        for i in outermostFirst {
            let (path, clip) = clips[i]
            let identity = Identity(
                content: clip.content, fileName: Self.fileName(path), emotion: clip.emotion, speaker: clip.speaker)
            if let original = originals[identity] {
                isCopy.insert(i)
                nested[Self.folders(of: path, and: original), default: 0] += 1
            } else {
                originals[identity] = path
            }
        }
        kept = clips.indices.filter { !isCopy.contains($0) }.map { clips[$0] }
        let pairs = nested.sorted { ($0.key.copy, $0.key.original) < ($1.key.copy, $1.key.original) }
        problems = pairs.map { .nestedCopy(folder: $0.key.copy, of: $0.key.original, files: $0.value) }
        problems += Self.renamedCopies(in: kept)
    }

    private static func renamedCopies(in clips: [(path: String, clip: Clip)]) -> [CorpusProblem] {
        let groups = Dictionary(grouping: clips.filter { $0.clip.content != nil }) { $0.clip.content }
        return groups.values.filter { $0.count > 1 }.sorted { $0[0].path < $1[0].path }.map { group in
            .duplicates(paths: group.map(\.path), labels: Set(group.map(\.clip.emotion)).sorted())
        }
    }

    private static func depth(_ path: String, _ index: Int) -> (Int, Int) {
        (path.utf8.count { $0 == UInt8(ascii: "/") }, index)
    }

    private static func fileName(_ path: String) -> Substring {
        path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    }

    /// The folders below which two paths agree: the outermost that are still two names, where there are such.
    private static func folders(of copy: String, and original: String) -> FolderPair {
        var a = Array(copy.split(separator: "/").dropLast()), b = Array(original.split(separator: "/").dropLast())
        while a.count > 1, b.count > 1, a.last == b.last {
            a.removeLast()
            b.removeLast()
        }
        func name(_ parts: [Substring]) -> String { parts.isEmpty ? "the folder itself" : parts.joined(separator: "/") }
        return FolderPair(copy: name(a), original: name(b))
    }
}
