// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Files that somebody put one after the other in one, as `cat a.wav b.wav` does: only the first can be read.
extension ByteSource {
    /// The bytes from the first of some places on at which a file of the same kind begins anew; 0 where none does.
    /// - Parameter marks: Where the bytes stand that all files of the kind have in common.
    func bytesJoined(at places: [Int], alike marks: [Range<Int>]) -> Int {
        func isAlike(_ mark: Range<Int>, at place: Int) -> Bool {
            guard let own = bytes(at: mark.lowerBound, count: mark.count) else { return false }
            return own == bytes(at: place + mark.lowerBound, count: mark.count)
        }
        // Places come from headers, which can state anything.
        let sensible = places.filter { $0 > 0 && $0 < count }.sorted()
        guard let place = sensible.first(where: { place in marks.allSatisfy { isAlike($0, at: place) } }) else {
            return 0
        }
        return count - place
    }

    /// The first place from another on at which one of some rows of bytes stands.
    func firstPlace(of rows: [[UInt8]], from start: Int) -> Int? {
        let longest = rows.map(\.count).max() ?? 0
        let span = 1 << 18
        var position = start
        while longest > 0, position < count {
            let part = bytes(in: position..<position + span)
            guard part.count >= longest else { return nil }
            let found = rows.compactMap { row in Self.place(of: row, in: part) }.min()
            if let found { return position + found }
            position += part.count - (longest - 1)
        }
        return nil
    }

    private static func place(of row: [UInt8], in part: [UInt8]) -> Int? {
        part.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, let first = row.first else { return nil }
            var place = 0
            while place + row.count <= bytes.count {
                let rest = bytes.count - row.count + 1 - place
                guard let hit = memchr(base + place, Int32(first), rest) else { return nil }
                place = UnsafeRawPointer(hit) - base
                if memcmp(base + place, row, row.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }
}
