// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Finds the clips that lists name by file names or the ends of paths.
struct ListedClips {
    private let clips: [Clip]
    private let byFile: [String: [Int]]
    private let bySegment: [String: [Int]]

    init(_ clips: [Clip]) {
        self.clips = clips
        byFile = Dictionary(grouping: clips.indices) { clips[$0].path.lastPathComponent }
        bySegment = Dictionary(grouping: clips.indices.filter { clips[$0].segment != nil }) { clips[$0].fileName }
    }

    /// The clip that a text names, or all segments of the file that it names.
    /// - Throws: ``SplitError/listedFile(_:found:)`` where no file or several are called so.
    func clips(_ name: String) throws(SplitError) -> [Int] {
        let last = String(name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...])
        let files = (byFile[last] ?? []).filter { ("/" + clips[$0].path.path).hasSuffix("/" + name) }
        let segments = (bySegment[last] ?? []).filter { ("/" + clips[$0].name).hasSuffix("/" + name) }
        let found = files.isEmpty ? segments : files
        let several = Set(found.map { clips[$0].path }).count
        guard several == 1 else { throw .listedFile(name, found: several) }
        return found
    }
}
