// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A safetensors file taken apart, to be put together as another.
struct Safetensors {
    private var header: [String: Any]
    private let body: Data

    init(_ file: Data) {
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let json = try? JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length))
        header = json as? [String: Any] ?? [:]
        body = file.dropFirst(8 + length)
    }

    /// The file.
    var data: Data {
        let json = (try? JSONSerialization.data(withJSONObject: header, options: .sortedKeys)) ?? Data()
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json + body
    }

    /// The tensors under other names.
    func renamed(_ name: (String) -> String) -> Data {
        var copy = self
        copy.header = Dictionary(header.map { ($0 == "__metadata__" ? $0 : name($0), $1) }) { first, _ in first }
        return copy.data
    }

    /// The tensors as if they held numbers of another type of the same size.
    func retyped(_ type: String, where isMeant: (String) -> Bool = { _ in true }) -> Data {
        var copy = self
        for (name, entry) in header where isMeant(name) {
            guard var entry = entry as? [String: Any], entry["dtype"] != nil else { continue }
            entry["dtype"] = type
            copy.header[name] = entry
        }
        return copy.data
    }

    /// A tensor in another shape of as many numbers.
    func reshaped(_ name: String, _ shape: [Int]) -> Data {
        var copy = self
        var entry = header[name] as? [String: Any] ?? [:]
        entry["shape"] = shape
        copy.header[name] = entry
        return copy.data
    }

    /// A part of the metadata, which is JSON text in the JSON, with other values.
    func changed(_ part: String, _ values: [String: Any]) -> Data {
        var copy = self
        var metadata = header["__metadata__"] as? [String: String] ?? [:]
        let old = try? JSONSerialization.jsonObject(with: Data((metadata[part] ?? "").utf8))
        let new = (old as? [String: Any] ?? [:]).merging(values) { $1 }
        let text = try? JSONSerialization.data(withJSONObject: new, options: .sortedKeys)
        metadata[part] = text.map { String(decoding: $0, as: UTF8.self) }
        copy.header["__metadata__"] = metadata
        return copy.data
    }
}
