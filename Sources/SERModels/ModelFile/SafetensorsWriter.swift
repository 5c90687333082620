// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation
import SERCore
import SERSupport

/// What goes into a safetensors file; the same content gives the same bytes.
package struct SafetensorsWriter {
    /// One tensor to write.
    private struct Item {
        enum Content {
            case floats(Tensor, WeightStorage)
            case doubles([Double], shape: [Int])
        }

        var name: String
        var content: Content

        var type: SafetensorsType {
            switch content {
            case .floats(_, let storage): storage.type
            case .doubles: .float64
            }
        }

        var shape: [Int] {
            switch content {
            case .floats(let tensor, _): tensor.shape
            case .doubles(_, let shape): shape
            }
        }

        /// Why the numbers could not be read back; nil when they can.
        var fault: String? {
            guard case .floats(let tensor, let storage) = content,
                tensor.withPointer({ ser_all_below($0, Int64(tensor.count), storage.limit) }) == 0
            else { return nil }
            return storage == .float32 ? "are infinite or no numbers" : "do not fit \(storage.rawValue)"
        }
    }

    /// Free text by name.
    package var metadata: [String: String]
    private var items: [Item] = []

    /// A file of no tensors yet.
    package init(metadata: [String: String] = [:]) { self.metadata = metadata }

    /// Adds tensors, each under its path after a prefix.
    package mutating func add(_ parameters: Parameters, prefix: String = "", storage: WeightStorage = .float32) {
        for (path, tensor) in zip(parameters.paths, parameters.tensors) {
            items.append(Item(name: prefix + path, content: .floats(tensor, storage)))
        }
    }

    /// Adds 64-bit numbers of any value.
    package mutating func add(_ name: String, doubles: [Double], shape: [Int]) {
        items.append(Item(name: name, content: .doubles(doubles, shape: shape)))
    }

    /// Writes the file whole or not at all.
    /// - Throws: ``ModelFileError/unwritable(path:reason:)``, also for numbers that are not finite or too large for the
    ///   storage they are to have: what cannot be read is not written.
    package func write(to url: URL) throws(ModelFileError) {
        func unwritable(_ reason: String) -> ModelFileError { .unwritable(path: url.path, reason: reason) }
        // Wider types first, so that every tensor lies aligned to its numbers.
        let ordered = items.enumerated()
            .sorted { ($1.element.type.size, $0.offset) < ($0.element.type.size, $1.offset) }
            .map(\.element)
        for item in ordered {
            if let fault = item.fault { throw unwritable("\(quoted(item.name)) holds values that \(fault)") }
        }
        let header: Data
        do { header = try encodedHeader(ordered) } catch { throw unwritable("\(error)") }
        guard header.count <= SafetensorsReader.longestHeader else {
            throw unwritable("a header of \(header.count) bytes; \(SafetensorsReader.longestHeader) can be read")
        }
        do throws(FileWriteError) {
            try AtomicFile.write(to: url) { output in
                withUnsafeBytes(of: UInt64(header.count).littleEndian) { output.append($0) }
                header.withUnsafeBytes { output.append($0) }
                for item in ordered { Self.write(item, to: output) }
            }
        } catch { throw .unwritable(path: error.path, reason: error.reason) }
    }

    private struct Entry: Encodable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    private enum Value: Encodable {
        case metadata([String: String])
        case entry(Entry)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .metadata(let metadata): try metadata.encode(to: encoder)
            case .entry(let entry): try entry.encode(to: encoder)
            }
        }
    }

    private func encodedHeader(_ items: [Item]) throws -> Data {
        var header: [String: Value] = metadata.isEmpty ? [:] : ["__metadata__": .metadata(metadata)]
        var offset = 0
        for item in items {
            let end = offset + item.shape.reduce(item.type.size, *)
            header[item.name] = .entry(
                Entry(dtype: item.type.rawValue, shape: item.shape, data_offsets: [offset, end]))
            offset = end
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = try encoder.encode(header)
        while json.count % 8 != 0 { json.append(0x20) }  // the data begins aligned, as the format asks
        return json
    }

    private static func write(_ item: Item, to output: AtomicFile.Output) {
        guard case .floats(let tensor, let storage) = item.content else {
            if case .doubles(let values, _) = item.content { values.withUnsafeBytes { output.append($0) } }
            return
        }
        let count = tensor.count
        tensor.withPointer { values in
            if storage == .float32 {
                output.append(UnsafeRawBufferPointer(start: values, count: count * 4))
                return
            }
            let step = 1 << 14
            withUnsafeTemporaryAllocation(of: UInt16.self, capacity: min(step, max(count, 1))) { room in
                guard let base = room.baseAddress else { return }
                for first in stride(from: 0, to: count, by: step) {
                    let part = min(step, count - first)
                    storage.narrow(values + first, part, to: base)
                    output.append(UnsafeRawBufferPointer(start: base, count: part * 2))
                }
            }
        }
    }
}
