// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The bytes of a sound file, read at any place: those of an open descriptor, or those held in memory.
final class ByteSource {
    private enum Store {
        case descriptor(Int32)
        case memory([UInt8])
    }

    /// How many bytes there are.
    let count: Int
    /// Whether they are held in memory, and no file's.
    var isInMemory: Bool {
        if case .memory = store { true } else { false }
    }
    /// The system's reason where bytes that are there could not be read.
    private(set) var failure: String?
    private let store: Store

    /// Bytes held in memory.
    init(_ bytes: [UInt8]) {
        store = .memory(bytes)
        count = bytes.count
    }

    /// An open regular file, which is closed at the end.
    init(descriptor: Int32, count: Int) {
        store = .descriptor(descriptor)
        self.count = count
    }

    deinit {
        if case .descriptor(let descriptor) = store { close(descriptor) }
    }

    /// Copies bytes from a place on, and says how many: fewer than there is room for at the end of the file.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let wanted = min(buffer.count, count - offset)
        guard offset >= 0, wanted > 0, let base = buffer.baseAddress else { return 0 }
        switch store {
        case .memory(let bytes):
            bytes[offset..<offset + wanted].withUnsafeBytes { buffer.copyMemory(from: $0) }
            return wanted
        case .descriptor(let descriptor):
            var done = 0
            while done < wanted {
                let got = pread(descriptor, base + done, wanted - done, off_t(offset + done))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = String(cString: strerror(errno)) }
                guard got > 0 else { break }
                done += got
            }
            return done
        }
    }

    /// So many bytes from a place on; nil where the file ends before.
    func bytes(at offset: Int, count wanted: Int) -> [UInt8]? {
        guard offset >= 0, wanted >= 0, offset <= count - wanted else { return nil }
        var complete = true
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
            initialized = read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            complete = initialized == wanted
        }
        return complete ? bytes : nil
    }

    /// The bytes of a range, as far as the file goes.
    func bytes(in range: Range<Int>) -> [UInt8] {
        let range = range.clamped(to: 0..<count)
        return bytes(at: range.lowerBound, count: range.count) ?? []
    }
}

/// Numbers and names in headers.
extension [UInt8] {
    /// A whole number of up to eight bytes without a sign; the largest `Int` for what is larger.
    func number(at place: Int, bytes count: Int, bigEndian: Bool) -> Int {
        let part = self[place..<place + count]
        let value = (bigEndian ? Array(part) : part.reversed()).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(clamping: value)
    }

    /// Whether the characters of a name stand at a place.
    func has(_ name: String, at place: Int = 0) -> Bool {
        let name = name.utf8
        return place >= 0 && place + name.count <= count && self[place..<place + name.count].elementsEqual(name)
    }

    /// The bytes of a whole number.
    static func number(_ value: Int, bytes count: Int, bigEndian: Bool) -> [UInt8] {
        let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return bigEndian ? little.reversed() : little
    }
}
