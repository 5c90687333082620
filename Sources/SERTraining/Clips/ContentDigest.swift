// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// A 128-bit fingerprint of a file's bytes: equal files have equal digests, and different files in practice never do.
///
/// It tells copies apart, quickly; it is no protection against files made to collide.
public struct ContentDigest: Sendable, Hashable, Codable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// The digest in 32 hexadecimal digits.
    public var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    /// The digest of some bytes.
    public init(of bytes: some Sequence<UInt8>) {
        var hash = Hash()
        Array(bytes).withUnsafeBytes { hash.add($0) }
        self = hash.digest
    }

    /// The digest of samples.
    init(ofSamples samples: [Float]) {
        var hash = Hash()
        samples.withUnsafeBytes { hash.add($0) }
        self = hash.digest
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "A content digest is 32 hexadecimal digits, not \"\(text)\".")
        }
        self.init(high: high, low: low)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Two lanes of multiply and rotate over 64-bit words, closed by the finaliser of MurmurHash3: a few gigabytes a
    /// second, so that reading the file costs more than fingerprinting it.
    struct Hash {
        private var first: UInt64 = 0x9e37_79b9_7f4a_7c15
        private var second: UInt64 = 0xc2b2_ae3d_27d4_eb4f
        private var length: UInt64 = 0
        private var rest: [UInt8] = []

        mutating func add(_ bytes: UnsafeRawBufferPointer) {
            length += UInt64(bytes.count)
            var start = 0
            if !rest.isEmpty {
                while rest.count < 8 && start < bytes.count {
                    rest.append(bytes[start])
                    start += 1
                }
                guard rest.count == 8 else { return }
                mix(rest.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) })
                rest.removeAll(keepingCapacity: true)
            }
            while start + 8 <= bytes.count {
                mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
                start += 8
            }
            rest.append(contentsOf: bytes[start...])
        }

        private mutating func mix(_ word: UInt64) {
            first = rotated(first ^ word, by: 29) &* 0x9fb2_1c65_1e98_df25
            second = rotated(second &+ word, by: 37) &* 0xd6e8_feb8_6659_fd93
        }

        private func rotated(_ word: UInt64, by count: UInt64) -> UInt64 { word << count | word >> (64 - count) }

        private func finished(_ word: UInt64) -> UInt64 {
            var hash = word
            hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
            hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
            return hash ^ hash >> 33
        }

        var digest: ContentDigest {
            var copy = self
            var last: UInt64 = 0
            for (place, byte) in rest.enumerated() { last |= UInt64(byte) << UInt64(8 * place) }
            copy.mix(last)
            copy.mix(length)
            return ContentDigest(
                high: finished(copy.first ^ rotated(copy.second, by: 17)), low: finished(copy.second &+ copy.first))
        }
    }
}

extension ContentDigest {
    /// The digest of a regular file, read a megabyte at a time; nil where reading fails.
    init?(contentsOf url: URL) {
        guard let file = try? RegularFile(url.path) else { return nil }
        var hash = Hash()
        do throws(FileReadError) { try file.forEachPiece { hash.add($0) } } catch { return nil }
        self = hash.digest
    }
}
