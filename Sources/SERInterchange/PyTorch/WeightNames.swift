// SPDX-License-Identifier: Apache-2.0

/// What a file's names of weights are in a model: by a table, and without what PyTorch's wrappers put into them.
struct WeightNames {
    /// A name as the model has it.
    struct Own {
        var name: String
        /// The wrappers' parts that were taken off, with the dots between; empty where there were none.
        var prefix: String
    }

    /// What wrappers put before the names of the module within: DataParallel and DistributedDataParallel,
    /// torch.compile, Lightning's modules, FSDP and checkpointed activations.
    private static let wrappers: Set<String> = [
        "module", "_orig_mod", "model", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    ]
    /// Those among them that stand within names too, where a part of a module is wrapped.
    private static let inner: Set<String> = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]

    /// The table: beginnings of names, without a dot at their end, with what they become.
    private let table: [String: String]
    private let paths: Set<String>

    init(_ table: [String: String], paths: [String]) {
        self.paths = Set(paths)
        func bare(_ name: String) -> String { name.hasSuffix(".") ? String(name.dropLast()) : name }
        // Of two keys that a dot alone tells apart the longer one counts.
        let pairs = table.sorted { $0.key.count < $1.key.count }.map { (bare($0.key), bare($0.value)) }
        self.table = Dictionary(pairs) { $1 }
    }

    /// The first of the table's keys, in their order, that begins none of the names.
    func unusedKey(among names: some Collection<String>) -> String? {
        table.keys.sorted().first { key in
            !names.contains { name in Self.begins(key, name) || Self.begins(key, Self.unwrapped(name)) }
        }
    }

    /// The model's name for one of the file's: as the table says, or the same; else without the wrappers' parts.
    func own(_ name: String) -> Own {
        if let own = tabled(name) { return Own(name: own, prefix: "") }
        guard !paths.contains(name) else { return Own(name: name, prefix: "") }
        let core = Self.unwrapped(name)
        let own = tabled(core) ?? core
        // A name that fits nowhere is told as it stands in the file.
        guard core != name, paths.contains(own) else { return Own(name: name, prefix: "") }
        return Own(name: own, prefix: Self.difference(name, core))
    }

    /// A name by the table; of the keys that begin it the longest counts. Nil where none does.
    private func tabled(_ name: String) -> String? {
        let fitting = table.keys.filter { Self.begins($0, name) }
        guard let key = fitting.max(by: { $0.count < $1.count }), let own = table[key] else { return nil }
        let rest = key.isEmpty ? "." + name : String(name.dropFirst(key.count))
        return own.isEmpty ? String(rest.dropFirst()) : own + rest
    }

    /// Whether a key is the name, or its beginning up to a dot; the empty key begins every name.
    private static func begins(_ key: String, _ name: String) -> Bool {
        key.isEmpty || name == key || name.hasPrefix(key + ".")
    }

    /// A name without the parts of wrappers.
    private static func unwrapped(_ name: String) -> String {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let rest = parts.drop { wrappers.contains($0) }
        return rest.filter { !inner.contains($0) }.joined(separator: ".")
    }

    /// The parts that a name has and what is left of it has not.
    private static func difference(_ name: String, _ core: String) -> String {
        var rest = core.split(separator: ".", omittingEmptySubsequences: false)[...]
        var parts: [Substring] = []
        for part in name.split(separator: ".", omittingEmptySubsequences: false) {
            if part == rest.first { rest = rest.dropFirst() } else { parts.append(part) }
        }
        return parts.map { $0 + "." }.joined()
    }
}
