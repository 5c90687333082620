// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation
import SERCore
import SERSupport

/// A safetensors file, open for reading: its header is checked in full, and tensors are read when they are asked for.
///
/// The container is 8 bytes of little-endian header length, a JSON header, then the tensors' bytes, one after the
/// other. (https://github.com/huggingface/safetensors, "Format")
///
/// The file is read, not mapped: what a map shows changes when somebody rewrites the file, after every check, and
/// touching a page beyond a file that became shorter kills the process. Each tensor is read straight into its place,
/// which costs the one copy that a map would cost too, and no second copy of the file in memory.
package final class SafetensorsReader: Sendable {
    /// One tensor of the file.
    package struct Entry: Sendable {
        package let name: String
        let type: SafetensorsType
        package let shape: [Int]
        /// Its bytes, counted from the end of the header.
        let range: Range<Int>

        /// How many numbers it holds.
        package var count: Int { range.count / type.size }
        /// The name of its type, such as `F32`.
        package var typeName: String { type.rawValue }
        /// Whether ``SafetensorsReader/tensor(_:)`` can read it.
        package var isFloatingPoint: Bool { type.isFloatingPoint }
    }

    /// The longest header that is read, in bytes: some 40,000 tensors. Checking it takes up to ten times its size in
    /// memory.
    static let longestHeader = 4 << 20

    /// The file's path, for messages.
    package let path: String
    /// Free text by name.
    package let metadata: [String: String]
    /// The tensors, in the order of their bytes.
    package let entries: [Entry]
    private let file: OpenFile
    private let start: Int
    private let indices: [String: Int]

    /// Opens a file and checks its header.
    /// - Throws: ``ModelFileError``.
    package init(at url: URL) throws(ModelFileError) {
        path = url.path
        file = try OpenFile(path)
        let size = file.size
        let path = path
        func damaged(_ reason: String) -> ModelFileError { .damaged(path: path, part: "header", reason: reason) }
        let beginning = try file.bytes(at: 0, count: min(size, TorchArchive.startLength))
        guard !TorchArchive.isOne(beginning) else { throw .torchArchive(path: path) }
        if let kind = FileKind(beginning: beginning, path: path) { throw .otherKind(path: path, kind) }
        guard size >= 8 else { throw damaged("\(size) bytes are too few for a safetensors file") }
        let length = try file.bytes(at: 0, count: 8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(size - 8) else {
            throw damaged("it claims \(length) bytes in a file of \(size)")
        }
        guard length <= UInt64(Self.longestHeader) else {
            throw damaged("\(length) bytes are more than the \(Self.longestHeader) that are read")
        }
        start = 8 + Int(length)
        let text = try file.bytes(at: 8, count: Int(length))
        let header: SafetensorsHeader
        do throws(JSONScanner.Fault) { header = try SafetensorsHeader(text) } catch {
            throw damaged("\(error.reason), at byte \(error.offset)")
        }
        metadata = header.metadata
        entries = header.entries.sorted {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < ($1.range.lowerBound, $1.range.upperBound, $1.name)
        }
        indices = Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var position = 0
        for entry in entries {
            func misplaced(_ reason: String) -> ModelFileError {
                .damaged(path: path, part: "tensor \(quoted(entry.name))", reason: reason)
            }
            guard entry.range.upperBound <= size - start else {
                throw misplaced(
                    "it ends at byte \(entry.range.upperBound) of \(size - start), so the file was cut short")
            }
            guard entry.range.lowerBound == position else {
                throw misplaced(
                    entry.range.lowerBound < position
                        ? "its bytes overlap those of another"
                        : "\(entry.range.lowerBound - position) bytes before it belong to no tensor")
            }
            position = entry.range.upperBound
        }
        guard position == size - start else { throw damaged("\(size - start - position) bytes belong to no tensor") }
    }

    /// The tensor of a name; nil where there is none.
    package func entry(_ name: String) -> Entry? { indices[name].map { entries[$0] } }

    /// Reads a tensor of any floating-point type.
    /// - Throws: ``ModelFileError`` for other types, values that are not finite and files that cannot be read.
    package func tensor(_ entry: Entry) throws(ModelFileError) -> Tensor {
        let buffer = Buffer(uninitialized: entry.count)
        try read(entry, into: buffer.pointer)
        return Tensor(buffer: buffer, shape: entry.shape)
    }

    /// Reads a tensor of 64-bit floats as such; they may be infinite or no numbers.
    /// - Throws: ``ModelFileError`` for other types and files that cannot be read.
    package func doubles(_ entry: Entry) throws(ModelFileError) -> [Double] {
        guard entry.type == .float64 else {
            throw .damaged(
                path: path, part: "tensor \(quoted(entry.name))", reason: "it holds \(entry.typeName), not F64")
        }
        let bytes = try file.bytes(at: start + entry.range.lowerBound, count: entry.range.count)
        return bytes.withUnsafeBytes { bytes in
            (0..<entry.count).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
        }
    }

    /// Reads the numbers of a tensor of any floating-point type, ``Entry/count`` of them.
    /// - Throws: ``ModelFileError`` for other types, values that are not finite and files that cannot be read.
    package func read(_ entry: Entry, into out: UnsafeMutablePointer<Float>) throws(ModelFileError) {
        let path = path
        func damaged(_ reason: String) -> ModelFileError {
            .damaged(path: path, part: "tensor \(quoted(entry.name))", reason: reason)
        }
        let offset = start + entry.range.lowerBound
        if entry.type == .float32 {
            try file.read(at: offset, into: UnsafeMutableRawBufferPointer(start: out, count: entry.range.count))
        } else {
            guard entry.type.isFloatingPoint else { throw damaged("it holds \(entry.typeName), which are no floats") }
            let step = 1 << 14
            let room = UnsafeMutableRawBufferPointer.allocate(
                byteCount: min(step, max(entry.count, 1)) * entry.type.size, alignment: 8)
            defer { room.deallocate() }
            for first in stride(from: 0, to: entry.count, by: step) {
                let count = min(step, entry.count - first)
                let part = UnsafeMutableRawBufferPointer(rebasing: room[..<(count * entry.type.size)])
                try file.read(at: offset + first * entry.type.size, into: part)
                if let base = part.baseAddress { entry.type.convert(base, count, to: out + first) }
            }
        }
        guard ser_all_below(out, Int64(entry.count), .infinity) == 1 else {
            throw damaged("it holds values that are infinite or no numbers")
        }
    }
}

/// The header of a safetensors file, before it is known whether the tensors lie as it says.
private struct SafetensorsHeader {
    var metadata: [String: String] = [:]
    var entries: [SafetensorsReader.Entry] = []

    init(_ bytes: [UInt8]) throws(JSONScanner.Fault) {
        var header = SafetensorsHeader()
        let fault = bytes.withUnsafeBytes { bytes -> JSONScanner.Fault? in
            do throws(JSONScanner.Fault) {
                try header.read(bytes)
                return nil
            } catch { return error }
        }
        if let fault { throw fault }
        self = header
    }

    private init() {}

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(JSONScanner.Fault) {
        var scanner = JSONScanner(bytes)
        var metadata: [String: String] = [:]
        var entries: [SafetensorsReader.Entry] = []
        try scanner.object { (scanner: inout JSONScanner, name: String) throws(JSONScanner.Fault) in
            if name == "__metadata__" {
                try scanner.object { (scanner: inout JSONScanner, key: String) throws(JSONScanner.Fault) in
                    metadata[key] = try scanner.string()
                }
            } else {
                entries.append(try Self.entry(name, &scanner))
            }
        }
        try scanner.finish()
        self.metadata = metadata
        self.entries = entries
    }

    private static func entry(
        _ name: String, _ scanner: inout JSONScanner
    ) throws(JSONScanner.Fault) -> SafetensorsReader.Entry {
        var (type, shape, offsets): (String?, [Int]?, [Int]?) = (nil, nil, nil)
        var (unknown, place): (String?, Int) = (nil, scanner.offset)
        try scanner.object { (scanner: inout JSONScanner, key: String) throws(JSONScanner.Fault) in
            switch key {
            case "dtype": type = try scanner.string()
            case "shape": shape = try counts(&scanner)
            case "data_offsets": offsets = try counts(&scanner)
            default:
                unknown = key
                try scanner.skipValue()
            }
        }
        place = scanner.offset
        func fault(_ reason: String) -> JSONScanner.Fault {
            JSONScanner.Fault(reason: "tensor \(quoted(name)): \(reason)", offset: place)
        }
        if let unknown { throw fault("an unknown property \(quoted(unknown))") }
        guard let type, let shape, let offsets else { throw fault("dtype, shape or data_offsets are missing") }
        guard let kind = SafetensorsType(rawValue: type) else { throw fault("\(quoted(type)) is no known type") }
        var bytes = kind.size
        for length in shape {
            let (next, overflow) = bytes.multipliedReportingOverflow(by: length)
            guard !overflow else { throw fault("a shape larger than any file") }
            bytes = next
        }
        guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] - offsets[0] == bytes else {
            throw fault("\(bytes) bytes do not lie between its offsets")
        }
        return SafetensorsReader.Entry(name: name, type: kind, shape: shape, range: offsets[0]..<offsets[1])
    }

    private static func counts(_ scanner: inout JSONScanner) throws(JSONScanner.Fault) -> [Int] {
        var counts: [Int] = []
        try scanner.array { (scanner: inout JSONScanner) throws(JSONScanner.Fault) in
            guard counts.count < 64 else {
                throw JSONScanner.Fault(reason: "a list of more than 64 numbers", offset: scanner.offset)
            }
            counts.append(try scanner.count())
        }
        return counts
    }
}

/// A regular file, open for reading until nobody holds it any more.
private final class OpenFile: Sendable {
    let path: String
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws(ModelFileError) {
        self.path = path
        // O_NONBLOCK: opening a pipe to which nobody writes would wait for ever.
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno == ENOENT ? "there is no such file" : String(cString: strerror(errno))
            throw .unreadable(path: path, reason: reason)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .unreadable(path: path, reason: "it is no file, but a folder or a device")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    func bytes(at offset: Int, count: Int) throws(ModelFileError) -> [UInt8] {
        var failure: ModelFileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { space, filled in
            do throws(ModelFileError) {
                let room = UnsafeMutableRawBufferPointer(space)
                try read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
                filled = count
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    func read(at offset: Int, into out: UnsafeMutableRawBufferPointer) throws(ModelFileError) {
        var done = 0
        while done < out.count {
            let count = pread(descriptor, out.baseAddress.map { $0 + done }, out.count - done, off_t(offset + done))
            if count == 0 {
                throw .damaged(
                    path: path, part: "byte \(offset + done)", reason: "the file became shorter as it was read")
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(path: path, reason: String(cString: strerror(errno)))
            }
            done += count
        }
    }
}
