// SPDX-License-Identifier: Apache-2.0

import CSndFile
import Foundation

/// A part of what a decoder is shown: bytes of the file, or bytes that stand in their place.
enum SoundPiece: Equatable {
    case file(Range<Int>)
    case bytes([UInt8])
    /// So many zeros.
    case zeros(Int)

    var count: Int {
        switch self {
        case .file(let range): range.count
        case .bytes(let bytes): bytes.count
        case .zeros(let count): count
        }
    }
}

extension [SoundPiece] {
    /// A file up to an end, with other bytes at the given places, which do not overlap.
    static func file(upTo end: Int, replacing patches: [(place: Int, bytes: [UInt8])]) -> [SoundPiece] {
        var pieces: [SoundPiece] = []
        var position = 0
        for patch in patches.sorted(by: { $0.place < $1.place })
        where patch.place >= position && patch.place + patch.bytes.count <= end {
            pieces += [.file(position..<patch.place), .bytes(patch.bytes)]
            position = patch.place + patch.bytes.count
        }
        return pieces + [.file(position..<Swift.max(position, end))]
    }
}

/// Pieces one after the other, as a file that libsndfile reads through callbacks.
final class PieceReader {
    private let source: ByteSource
    private let pieces: [SoundPiece]
    /// Where each piece begins, and the end of the last.
    private let starts: [Int]
    private var position = 0

    init(_ pieces: [SoundPiece], of source: ByteSource) {
        self.source = source
        self.pieces = pieces.filter { $0.count > 0 }
        starts = self.pieces.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    }

    /// How many bytes there are.
    var count: Int { starts[starts.count - 1] }

    /// The callbacks; their user data is an unretained reader.
    static var callbacks: SF_VIRTUAL_IO {
        SF_VIRTUAL_IO(
            get_filelen: { PieceReader.reader($0).map { sf_count_t($0.count) } ?? 0 },
            seek: { offset, whence, data in PieceReader.reader(data).map { $0.seek(offset, whence) } ?? -1 },
            read: { buffer, count, data in
                PieceReader.reader(data).map {
                    $0.read(UnsafeMutableRawBufferPointer(start: buffer, count: Int(count)))
                } ?? 0
            },
            write: { _, _, _ in 0 },
            tell: { PieceReader.reader($0).map { sf_count_t($0.position) } ?? -1 })
    }

    private static func reader(_ data: UnsafeMutableRawPointer?) -> PieceReader? {
        data.map { Unmanaged<PieceReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private func seek(_ offset: sf_count_t, _ whence: Int32) -> sf_count_t {
        let origin = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : count
        let (place, overflow) = origin.addingReportingOverflow(Int(offset))
        guard !overflow, place >= 0 else { return -1 }
        position = place
        return sf_count_t(place)
    }

    private func read(_ buffer: UnsafeMutableRawBufferPointer) -> sf_count_t {
        var done = 0
        while done < buffer.count, position < count {
            let index = piece(at: position)
            let offset = position - starts[index]
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer[done..<min(buffer.count, done + pieces[index].count - offset)])
            let got = copy(pieces[index], from: offset, to: part)
            guard got > 0 else { break }
            done += got
            position += got
        }
        return sf_count_t(done)
    }

    private func copy(_ piece: SoundPiece, from offset: Int, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch piece {
        case .file(let range): return source.read(at: range.lowerBound + offset, into: buffer)
        case .bytes(let bytes):
            bytes[offset..<offset + buffer.count].withUnsafeBytes { buffer.copyMemory(from: $0) }
            return buffer.count
        case .zeros:
            buffer.initializeMemory(as: UInt8.self, repeating: 0)
            return buffer.count
        }
    }

    /// The piece that holds a position before the end.
    private func piece(at position: Int) -> Int {
        var low = 0
        var high = pieces.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= position { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
