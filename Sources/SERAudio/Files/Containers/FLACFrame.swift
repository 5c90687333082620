// SPDX-License-Identifier: Apache-2.0

/// The head of a FLAC frame.
struct FLACFrame {
    /// Where it begins in the bytes searched.
    var place: Int
    /// The first sample that it holds, and how many.
    var firstSample: Int
    var samples: Int
    var end: Int { firstSample + samples }

    /// The frame whose head stands at a place; nil where none does that matches its checksum.
    /// - Parameter block: Samples a frame in streams of fixed blocks, whose frames are numbered and not their samples.
    init?(_ bytes: [UInt8], at place: Int, block: Int) {
        guard place + 6 <= bytes.count, bytes[place] == 0xff, bytes[place + 1] & 0xfe == 0xf8,
            bytes[place + 3] >> 4 <= 10, bytes[place + 3] & 1 == 0
        else { return nil }
        let isVariable = bytes[place + 1] & 1 == 1
        var position = place + 4
        guard let coded = Self.codedNumber(bytes, &position) else { return nil }
        let sizeCode = bytes[place + 2] >> 4
        let rateCode = bytes[place + 2] & 15
        guard sizeCode != 0, rateCode != 15 else { return nil }
        let sizeBytes = sizeCode == 6 ? 1 : sizeCode == 7 ? 2 : 0
        let rateBytes = rateCode == 12 ? 1 : rateCode == 13 || rateCode == 14 ? 2 : 0
        let check = position + sizeBytes + rateBytes
        guard check < bytes.count, Self.checksum8(bytes[place..<check]) == bytes[check] else { return nil }
        self.place = place
        samples =
            switch sizeCode {
            case 1: 192
            case 2...5: 576 << Int(sizeCode - 2)
            case 6, 7: bytes.number(at: position, bytes: sizeBytes, bigEndian: true) + 1
            default: 256 << Int(sizeCode - 8)
            }
        firstSample = isVariable ? coded : coded * block
    }

    /// A number in the manner of UTF-8, of up to 36 bits.
    private static func codedNumber(_ bytes: [UInt8], _ position: inout Int) -> Int? {
        let first = bytes[position]
        position += 1
        guard first & 0x80 != 0 else { return Int(first) }
        let more = (~first).leadingZeroBitCount - 1
        guard (1...6).contains(more), position + more <= bytes.count else { return nil }
        var value = Int(first & (0x3f >> UInt8(more)))
        for byte in bytes[position..<position + more] {
            guard byte & 0xc0 == 0x80 else { return nil }
            value = value << 6 | Int(byte & 0x3f)
        }
        position += more
        return value
    }

    private static func checksum8(_ bytes: ArraySlice<UInt8>) -> UInt8 {
        bytes.reduce(0) { register, byte in
            (0..<8).reduce(register ^ byte) { value, _ in value << 1 ^ (value & 0x80 != 0 ? 0x07 : 0) }
        }
    }

    /// Whether bytes are a whole frame: the last two are the checksum of the others.
    static func isWhole(_ frame: ArraySlice<UInt8>) -> Bool {
        frame.count > 8 && frame.reduce(UInt16(0)) { $0 << 8 ^ table[Int(UInt8($0 >> 8) ^ $1)] } == 0
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { value, _ in value << 1 ^ (value >> 15 == 1 ? 0x8005 : 0) }
    }
}
