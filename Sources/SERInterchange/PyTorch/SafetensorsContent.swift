import Foundation
import SERCore

/// The tensors of any safetensors file: 8 bytes of little-endian header length, a JSON header, the tensors' bytes.
/// (https://github.com/huggingface/safetensors, "Format")
struct SafetensorsContent {
    /// Those of floating-point numbers.
    private(set) var tensors: [String: Tensor] = [:]

    init(contentsOf file: URL) throws(InterchangeError) {
        let path = file.path
        let data: Data
        do { data = try Data(contentsOf: file) } catch {
            let exists = FileManager.default.fileExists(atPath: path)
            throw .unreadable(path: path, reason: exists ? error.localizedDescription : "there is no such file")
        }
        func malformed(_ reason: String) -> InterchangeError {
            .malformed(path: path, reason: "not a safetensors file, or damaged: \(reason)")
        }
        guard data.count >= 8 else { throw malformed("only \(data.count) bytes") }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(data.count - 8) else { throw malformed("its header is longer than the file") }
        let body = data.dropFirst(8 + Int(length))
        let header = data.dropFirst(8).prefix(Int(length))
        guard let object = try? JSONSerialization.jsonObject(with: header) as? [String: Any] else {
            throw malformed("its header is not what safetensors describes")
        }
        for (name, value) in object where name != "__metadata__" {
            guard let fields = value as? [String: Any], let type = fields["dtype"] as? String,
                let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int], offsets.count == 2,
                0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= body.count
            else { throw malformed("'\(name)' is not where it should be") }
            guard let size = Self.sizes[type] else { continue }
            var count = 1
            for length in shape {
                let (next, overflow) = count.multipliedReportingOverflow(by: length)
                guard length >= 0, !overflow, next <= body.count else { throw malformed("'\(name)' is larger than the file") }
                count = next
            }
            guard offsets[1] - offsets[0] == count * size else { throw malformed("'\(name)' does not fill its shape") }
            let start = body.startIndex + offsets[0]
            let values = body[start..<start + count * size].withUnsafeBytes { Self.floats($0, type, count) }
            guard values.allSatisfy(\.isFinite) else { throw malformed("'\(name)' holds values that are not numbers") }
            tensors[name] = Tensor(values, shape: shape)
        }
    }

    private static let sizes = ["F32": 4, "F64": 8, "F16": 2, "BF16": 2]

    private static func floats(_ bytes: UnsafeRawBufferPointer, _ type: String, _ count: Int) -> [Float] {
        func word<Word: FixedWidthInteger>(_ index: Int, as type: Word.Type) -> Word {
            Word(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self))
        }
        return (0..<count).map { index in
            switch type {
            case "F32": Float(bitPattern: word(index, as: UInt32.self))
            case "F64": Float(Double(bitPattern: word(index, as: UInt64.self)))
            case "F16": Float(halfBits: word(index, as: UInt16.self))
            default: Float(bitPattern: UInt32(word(index, as: UInt16.self)) << 16)
            }
        }
    }
}
