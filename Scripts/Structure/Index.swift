// SPDX-License-Identifier: Apache-2.0

import CIndexStore
import Foundation

/// What the compiler noted of the files below a folder: where symbols are defined and where they are used.
struct Index {
    /// A symbol, by the name that the compiler gives it and the one that people read.
    struct Symbol: Hashable {
        var usr, name: String
    }

    /// The file that defines a symbol, by its compiler's name.
    private(set) var definitions: [String: String] = [:]
    /// For each file, the symbols it uses.
    private(set) var uses: [String: Set<Symbol>] = [:]
    /// All files that the compiler read.
    private(set) var files: Set<String> = []

    /// Reads an index store; files are named by their paths below `root`.
    init?(store path: String, root: String) {
        guard let store = indexstore_store_create(path, nil) else { return nil }
        let names = Self.collected { list in
            _ = indexstore_store_units_apply_f(store, 1, list) { context, name in
                Collector.of(context).texts.append(name.text)
                return true
            }
        }.texts
        for name in names { add(unit: name, of: store, root: root) }
    }

    private mutating func add(unit name: String, of store: indexstore_t, root: String) {
        guard let unit = indexstore_unit_reader_create(store, name, nil) else { return }
        defer { indexstore_unit_reader_dispose(unit) }
        let main = indexstore_unit_reader_get_main_file(unit).text
        // The store keeps what it knows of files that are gone.
        guard main.hasPrefix(root + "/Sources/"), FileManager.default.fileExists(atPath: main) else { return }
        let records = Self.collected { list in
            _ = indexstore_unit_reader_dependencies_apply_f(unit, list) { context, dependency in
                if indexstore_unit_dependency_get_kind(dependency) == Int32(indexstore_dependency_record) {
                    Collector.of(context).records.append(
                        (
                            indexstore_unit_dependency_get_name(dependency).text,
                            indexstore_unit_dependency_get_filepath(dependency).text
                        ))
                }
                return true
            }
        }.records
        let file = String(main.dropFirst(root.count + 1))
        files.insert(file)
        for record in records where record.path == main { add(record: record.name, of: file, in: store) }
    }

    private mutating func add(record name: String, of file: String, in store: indexstore_t) {
        guard let record = indexstore_record_reader_create(store, name, nil) else { return }
        defer { indexstore_record_reader_dispose(record) }
        let found = Self.collected { list in
            _ = indexstore_record_reader_occurrences_apply_f(record, list) { context, occurrence in
                let symbol = indexstore_occurrence_get_symbol(occurrence)
                Collector.of(context).occurrences.append(
                    (
                        Symbol(
                            usr: indexstore_symbol_get_usr(symbol).text, name: indexstore_symbol_get_name(symbol).text),
                        indexstore_occurrence_get_roles(occurrence)
                    ))
                return true
            }
        }.occurrences
        for (symbol, roles) in found {
            if roles & UInt64(indexstore_role_definition) != 0 {
                definitions[symbol.usr] = definitions[symbol.usr] ?? file
            } else if roles & UInt64(indexstore_role_reference) != 0 {
                uses[file, default: []].insert(symbol)
            }
        }
    }

    /// What C functions hand to their callbacks.
    private final class Collector {
        var texts: [String] = []
        var records: [(name: String, path: String)] = []
        var occurrences: [(symbol: Symbol, roles: UInt64)] = []

        static func of(_ context: UnsafeMutableRawPointer?) -> Collector {
            guard let context else { return Collector() }
            return Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
        }
    }

    private static func collected(_ body: (UnsafeMutableRawPointer) -> Void) -> Collector {
        let collector = Collector()
        withExtendedLifetime(collector) { body(Unmanaged.passUnretained(collector).toOpaque()) }
        return collector
    }
}

extension indexstore_string_ref_t {
    fileprivate var text: String {
        guard let data else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: data, count: length), as: UTF8.self)
    }
}
