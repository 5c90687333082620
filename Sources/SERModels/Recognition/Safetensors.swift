import Foundation
import SERCore

/// The safetensors container: 8 bytes little-endian length of a JSON header, the header, then the tensors' bytes.
/// Only 32-bit floats are used here. (https://github.com/huggingface/safetensors, "Format")
struct Safetensors {
    struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    /// Free text by name.
    var metadata: [String: String]
    /// Tensors by name.
    var tensors: [(name: String, tensor: Tensor)]

    init(metadata: [String: String], tensors: [(name: String, tensor: Tensor)]) {
        self.metadata = metadata
        self.tensors = tensors
    }

    /// The bytes of the file; the same content gives the same bytes.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var offset = 0
        var header: [String: HeaderValue] = [:]
        if !metadata.isEmpty { header["__metadata__"] = .metadata(metadata) }
        for (name, tensor) in tensors {
            let end = offset + tensor.count * 4
            header[name] = .entry(Entry(dtype: "F32", shape: tensor.shape, data_offsets: [offset, end]))
            offset = end
        }
        var json = try encoder.encode(header)
        while json.count % 8 != 0 { json.append(0x20) }  // the data begins aligned, as the format asks
        var data = Data(capacity: 8 + json.count + offset)
        withUnsafeBytes(of: UInt64(json.count).littleEndian) { data.append(contentsOf: $0) }
        data.append(json)
        for (_, tensor) in tensors {
            tensor.scalars.withUnsafeBufferPointer { values in
                data.append(contentsOf: UnsafeRawBufferPointer(values))
            }
        }
        return data
    }

    /// What a file holds; `malformed` makes the error for a reason. Everything is checked before it is allocated.
    init(_ data: Data, malformed: (String) -> ModelFileError) throws(ModelFileError) {
        guard data.count >= 8 else { throw malformed("only \(data.count) bytes") }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(min(data.count - 8, 100_000_000)) else {
            throw malformed("its header claims \(length) bytes in a file of \(data.count)")
        }
        let body = data.count - 8 - Int(length)
        let header: [String: HeaderValue]
        do {
            header = try JSONDecoder().decode(
                [String: HeaderValue].self, from: data.dropFirst(8).prefix(Int(length)))
        } catch { throw malformed("its header is not what safetensors describes") }
        var entries: [(name: String, entry: Entry)] = []
        metadata = [:]
        for (name, value) in header {
            switch value {
            case .metadata(let metadata): self.metadata = metadata
            case .entry(let entry): entries.append((name, entry))
            }
        }
        entries.sort { ($0.entry.data_offsets.first ?? 0, $0.name) < ($1.entry.data_offsets.first ?? 0, $1.name) }
        var position = 0
        tensors = []
        for (name, entry) in entries {
            guard entry.dtype == "F32" else { throw malformed("'\(name)' holds \(entry.dtype), not F32") }
            var count = 1
            for length in entry.shape {
                let (next, overflow) = count.multipliedReportingOverflow(by: length)
                guard length >= 0, !overflow, next <= body / 4 else {
                    throw malformed("'\(name)' of shape \(entry.shape) is larger than the file")
                }
                count = next
            }
            guard entry.data_offsets == [position, position + count * 4], position + count * 4 <= body else {
                throw malformed("the bytes of '\(name)' are not where they should be")
            }
            let start = data.startIndex + 8 + Int(length) + position
            let values = data[start..<start + count * 4].withUnsafeBytes { bytes in
                [Float](unsafeUninitializedCapacity: count) { out, filled in
                    UnsafeMutableRawBufferPointer(out).copyMemory(from: bytes)
                    filled = count
                }
            }
            guard values.allSatisfy(\.isFinite) else { throw malformed("'\(name)' holds values that are not numbers") }
            tensors.append((name, Tensor(values, shape: entry.shape)))
            position += count * 4
        }
        guard position == body else { throw malformed("\(body - position) bytes belong to no tensor") }
    }

    private enum HeaderValue: Codable {
        case metadata([String: String])
        case entry(Entry)

        init(from decoder: any Decoder) throws {
            if let entry = try? Entry(from: decoder) {
                self = .entry(entry)
            } else {
                self = .metadata(try [String: String](from: decoder))
            }
        }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .metadata(let metadata): try metadata.encode(to: encoder)
            case .entry(let entry): try entry.encode(to: encoder)
            }
        }
    }
}
