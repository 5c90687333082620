// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// A part of a sound file: from and to which time, in seconds from its beginning.
///
/// Times are whole nanoseconds, the resolution of pandas' timedeltas; segments that touch share no sample and miss none.
public struct Segment: Sendable, Hashable, Codable {
    /// Where it begins, in seconds.
    public let start: Double
    /// Where it ends, in seconds.
    public let end: Double

    /// The part between two times in seconds.
    /// - Throws: ``SegmentError`` where they are no such part.
    public init(start: Double, end: Double) throws(SegmentError) {
        guard start.isFinite, end.isFinite, abs(start) < Self.latest, abs(end) < Self.latest else {
            throw .notATime("\(start.isFinite && abs(start) < Self.latest ? end : start)")
        }
        guard start >= 0 else { throw .beforeTheBeginning(start: start) }
        guard end > start else { throw .endsBeforeItBegins(start: start, end: end) }
        self.start = Self.rounded(start)
        self.end = Self.rounded(end)
    }

    private enum CodingKeys: CodingKey {
        case start, end
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            start: container.decode(Double.self, forKey: .start), end: container.decode(Double.self, forKey: .end))
    }

    /// Ten years: no recording is longer.
    private static let latest = 3.2e8

    private static func rounded(_ seconds: Double) -> Double { (seconds * 1e9).rounded() / 1e9 }

    /// Its length in seconds.
    public var duration: Double { end - start }

    /// Whether two parts of one file share sound.
    public func overlaps(_ other: Segment) -> Bool { start < other.end && other.start < end }

    /// The frames at a rate in Hz, each time rounded to the nearest.
    package func frames(at sampleRate: Double) -> Range<Int> {
        let first = Int(saturating: start * sampleRate), last = Int(saturating: end * sampleRate)
        return first..<max(last, first + 1)
    }
}

extension Segment: CustomStringConvertible {
    /// As it follows a file's name (W3C Media Fragments), such as `t=3,4.5`.
    public var description: String { "t=\(Self.text(start)),\(Self.text(end))" }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? String(Int(saturating: seconds)) : String(seconds)
    }
}

/// Why two times are no part of a file.
public enum SegmentError: Error, Sendable, Hashable {
    /// A text that is no time.
    case notATime(String)
    /// It begins before the file does; the time in seconds.
    case beforeTheBeginning(start: Double)
    /// It ends before it begins, or where it begins; times in seconds.
    case endsBeforeItBegins(start: Double, end: Double)
    /// It reaches beyond the end of the file; times in seconds.
    case beyondTheEnd(start: Double, end: Double, fileDuration: Double)
}

extension SegmentError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .notATime(let text):
            "\(text) is no time; write seconds, such as 1.5, or 0 days 00:00:01.5"
        case .beforeTheBeginning(let start):
            "the segment begins at \(start) s, before the file does; times are seconds from the file's beginning"
        case .endsBeforeItBegins(let start, let end):
            "the segment ends at \(end) s and begins at \(start) s; the end must be later"
        case .beyondTheEnd(let start, let end, let fileDuration):
            "the segment from \(start) s to \(end) s reaches beyond the end of the file, which is \(fileDuration) s long; "
                + "times are seconds from the file's beginning"
        }
    }
}
