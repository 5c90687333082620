// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Finds the clips that lists name by file names or the ends of paths.
struct ListedClips {
    private let clips: [Clip]
    /// How many of the clips were not left out; they come first.
    private let present: Int
    private let byFile: [String: [Int]]
    private let bySegment: [String: [Int]]

    /// - Parameters:
    ///   - clips: The clips.
    ///   - leftOut: Clips that lists may name, and that nothing is found for.
    init(_ clips: [Clip], leftOut: [Clip] = []) {
        let all = clips + leftOut
        self.clips = all
        present = clips.count
        byFile = Dictionary(grouping: all.indices) { all[$0].path.lastPathComponent }
        bySegment = Dictionary(grouping: all.indices.filter { all[$0].segment != nil }) { all[$0].fileName }
    }

    /// The clips of each name of a list, and none where they were left out.
    /// - Throws: ``SplitError/listedFile(_:found:)`` where no file or several are called so;
    ///   ``SplitError/listedFiles(_:)`` for several that no file is called.
    func clips(of names: [String]) throws(SplitError) -> [[Int]] {
        var found: [[Int]] = [], missing: [String] = []
        for name in names {
            let clips = try clips(name)
            if clips.isEmpty { missing.append(name) }
            found.append(clips.filter { $0 < present })
        }
        guard missing.count < 2 else { throw .listedFiles(missing) }
        if let name = missing.first { throw .listedFile(name, found: 0) }
        return found
    }

    /// The clip that a text names, or all segments of the file that it names.
    private func clips(_ name: String) throws(SplitError) -> [Int] {
        let path = Self.plain(name)
        let last = String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
        let files = (byFile[last] ?? []).filter { Self.isEnd(path, of: clips[$0].path.path) }
        let segments = (bySegment[last] ?? []).filter { Self.isEnd(path, of: clips[$0].name) }
        let found = files.isEmpty ? segments : files
        let several = Set(found.map { clips[$0].path }).count
        guard several < 2 else { throw .listedFile(name, found: several) }
        guard found.isEmpty, path.hasPrefix("/") else { return found }
        return linked(path)
    }

    /// The clips of the file that a whole path leads to, whatever links are on the way.
    private func linked(_ path: String) -> [Int] {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        return (byFile[target.lastPathComponent] ?? []).filter { clips[$0].path.resolvingSymlinksInPath() == target }
    }

    private static func isEnd(_ path: String, of whole: String) -> Bool {
        path.hasPrefix("/") ? whole == path : ("/" + whole).hasSuffix("/" + path)
    }

    /// A path without steps that lead nowhere: `./a.wav` and `b/../a.wav` are `a.wav`, and of `../a.wav`, which starts from
    /// a folder that nobody knows here, `a.wav` is the end.
    private static func plain(_ path: String) -> String {
        guard path.contains(".") else { return path }
        var steps: [Substring] = []
        for step in path.split(separator: "/") where step != "." {
            if step == ".." { _ = steps.popLast() } else { steps.append(step) }
        }
        return (path.hasPrefix("/") ? "/" : "") + steps.joined(separator: "/")
    }
}
