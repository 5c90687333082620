// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Ways to damage a safetensors file.
struct Damage {
    private var generator: RandomKeyGenerator

    init(key: RandomKey) { generator = key.generator }

    /// Texts that stand for a number where none is meant.
    private static let numbers = [
        "0", "-1", "1", "2", "3", "7", "64", "65536", "1048576", "2147483647", "4294967296", "1000000000000",
        "9223372036854775807", "9223372036854775808", "99999999999999999999999999", "1e308", "1e400", "-1e308",
        "1e-400",
        "0.5", "3.7", "NaN", "null", "true", "[]", "{}", "\\\"x\\\"", "00", "1.", "--1",
    ]

    /// One of several damages to `data`; `other` is another file, to put pieces together.
    mutating func damaged(_ data: Data, other: Data) -> Data {
        let header = Damage.header(of: data), body = Damage.body(of: data)
        switch Int.random(in: 0..<16, using: &generator) {
        case 0: return flipped(data, times: Int.random(in: 1...8, using: &generator), in: 0..<data.count)
        case 1: return flipped(data, times: Int.random(in: 1...3, using: &generator), in: 8..<8 + header.count)
        case 2: return edited(data, in: 8..<8 + header.count)
        case 3: return edited(data, in: 8 + header.count..<data.count)
        case 4: return data.prefix(Int.random(in: 0..<data.count, using: &generator))
        case 5: return Damage.file(Damage.header(of: other), body)
        case 6: return data.suffix(from: data.startIndex + 8).reduce(into: length()) { $0.append($1) }
        case 7: return data + Data((0..<Int.random(in: 1...64, using: &generator)).map { UInt8($0) })
        case 8: return Damage.file(withoutSpan(header), body)
        case 9: return Damage.file(withSpanTwice(header), body)
        default: return Damage.file(renumbered(header), body)
        }
    }

    static func header(of data: Data) -> [UInt8] {
        let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        return Array(data.dropFirst(8).prefix(length))
    }

    static func body(of data: Data) -> Data { data.dropFirst(8 + header(of: data).count) }

    static func file(_ header: [UInt8], _ body: Data) -> Data {
        var data = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
        data.append(contentsOf: header)
        data.append(body)
        return data
    }

    private mutating func length() -> Data {
        let value =
            Bool.random(using: &generator)
            ? UInt64.random(in: 0...10_000, using: &generator) : UInt64.random(in: 0...UInt64.max, using: &generator)
        return withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }

    private mutating func flipped(_ data: Data, times: Int, in range: Range<Int>) -> Data {
        var copy = data
        for _ in 0..<times {
            copy[Int.random(in: range, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        return copy
    }

    private mutating func edited(_ data: Data, in range: Range<Int>) -> Data {
        var copy = data
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            copy[Int.random(in: range, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        return copy
    }

    private mutating func span(of header: [UInt8]) -> Range<Int> {
        let start = Int.random(in: 0..<header.count, using: &generator)
        return start..<min(header.count, start + Int.random(in: 1...60, using: &generator))
    }

    private mutating func withoutSpan(_ header: [UInt8]) -> [UInt8] {
        var copy = header
        copy.removeSubrange(span(of: header))
        return copy
    }

    private mutating func withSpanTwice(_ header: [UInt8]) -> [UInt8] {
        var copy = header
        let span = span(of: header)
        copy.insert(contentsOf: header[span], at: Int.random(in: 0..<header.count, using: &generator))
        return copy
    }

    /// Some whole numbers of the header replaced, those within the metadata's texts too.
    private mutating func renumbered(_ header: [UInt8]) -> [UInt8] {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        var places: [Range<Int>] = []
        var start: Int?
        for (index, byte) in header.enumerated() {
            if isDigit(byte) {
                if start == nil { start = index }
            } else if let first = start {
                places.append(first..<index)
                start = nil
            }
        }
        var copy = header
        let chosen = (0..<Int.random(in: 1...2, using: &generator)).compactMap { _ in
            places.randomElement(using: &generator)
        }
        for place in chosen.sorted(by: { $0.lowerBound > $1.lowerBound }) where place.upperBound <= copy.count {
            copy.replaceSubrange(place, with: Array((Damage.numbers.randomElement(using: &generator) ?? "0").utf8))
        }
        return copy
    }
}
