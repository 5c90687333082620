// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which folder of a module uses which, and by what.
struct Structure {
    /// A file uses a symbol of another.
    struct Tie: Hashable {
        var user, owner, symbol: String
    }

    /// The folders of each module, in order.
    private(set) var folders: [String: [String]] = [:]
    /// For each folder, the ties to each other folder of any module.
    private(set) var ties: [String: [String: Set<Tie>]] = [:]
    /// The Swift files.
    let files: [String]

    init(_ index: Index, files: [String]) {
        self.files = files
        for file in files { folders[Self.module(of: file), default: []].append(Self.folder(of: file)) }
        folders = folders.mapValues { Array(Set($0)).sorted() }
        let known = Set(files)
        for (user, symbols) in index.uses where known.contains(user) {
            for symbol in symbols {
                guard let owner = index.definitions[symbol.usr], owner != user, known.contains(owner) else { continue }
                let from = Self.folder(of: user), to = Self.folder(of: owner)
                guard from != to else { continue }
                ties[from, default: [:]][to, default: []].insert(Tie(user: user, owner: owner, symbol: symbol.name))
            }
        }
    }

    /// Sources/SERAudio/Files/X.swift is of the module SERAudio.
    static func module(of path: String) -> String { String(path.split(separator: "/")[1]) }

    static func folder(of file: String) -> String { file.split(separator: "/").dropLast().joined(separator: "/") }

    /// A folder as its module calls it; "." for the module's own.
    static func short(_ folder: String) -> String {
        let parts = folder.split(separator: "/").dropFirst(2)
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    /// The folders of the same module that one uses.
    func used(by folder: String) -> [String] {
        (ties[folder] ?? [:]).keys.filter { Self.module(of: $0) == Self.module(of: folder) }.sorted()
    }

    /// The modules that a module uses, those of this package alone.
    func modulesUsed(by module: String) -> [String] {
        let used = (folders[module] ?? []).flatMap { Array((ties[$0] ?? [:]).keys) }.map(Self.module)
        return Set(used).subtracting([module]).sorted()
    }

    /// All folders of its module that a folder needs, whether it names them or not.
    private func reach(_ folder: String) -> Set<String> {
        var seen = Set<String>(), waiting = [folder]
        while let next = waiting.popLast() {
            for other in used(by: next) where seen.insert(other).inserted { waiting.append(other) }
        }
        return seen
    }

    /// Pairs of folders that lie on a circle, with what ties the first to the second.
    func circles() -> [(from: String, to: String, ties: [Tie])] {
        var found: [(from: String, to: String, ties: [Tie])] = []
        for folder in folders.values.joined().sorted() {
            for other in used(by: folder) where reach(other).contains(folder) {
                let all = (ties[folder]?[other] ?? []).sorted {
                    ($0.user, $0.owner, $0.symbol) < ($1.user, $1.owner, $1.symbol)
                }
                found.append((folder, other, all))
            }
        }
        return found
    }

    /// The table of modules and folders that stands in Docs/Architecture.md: a folder uses only what is named beside it.
    var table: String {
        var lines = ["| module | uses | folders, and which others of the module each uses |", "|---|---|---|"]
        for module in folders.keys.sorted(by: order) {
            let parts = (folders[module] ?? []).filter { Self.short($0) != "." || !used(by: $0).isEmpty }.map {
                folder -> String in
                let used = used(by: folder).map { "`\(Self.short($0))`" }
                return "`\(Self.short(folder))`" + (used.isEmpty ? "" : " → " + used.joined(separator: ", "))
            }
            let modules = modulesUsed(by: module).sorted(by: order).map { "`\($0)`" }.joined(separator: ", ")
            lines.append("| `\(module)` | \(modules.isEmpty ? "–" : modules) | \(parts.joined(separator: "<br>")) |")
        }
        return lines.joined(separator: "\n")
    }

    /// Lower modules first: those that use fewer others, then by name.
    private func order(_ a: String, _ b: String) -> Bool {
        (depth(a), a) < (depth(b), b)
    }

    private func depth(_ module: String) -> Int { (modulesUsed(by: module).map(depth).max() ?? -1) + 1 }
}
