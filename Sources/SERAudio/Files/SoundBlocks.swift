// SPDX-License-Identifier: Apache-2.0

import Foundation

extension AudioFile {
    /// Decodes a part of a regular file as one channel at its own rate, block by block, so that files of
    /// any length fit in memory.
    /// - Parameters:
    ///   - url: The file.
    ///   - from: Where to begin, in seconds.
    ///   - duration: How much to decode, in seconds; less where the file ends; nil for all.
    ///   - truncated: What is done with a file whose end is missing.
    ///   - body: Takes the blocks, one after the other.
    /// - Returns: What is to be known of the file.
    /// - Throws: ``AudioError``.
    package static func decode(
        at url: URL, from: Double = 0, duration: Double? = nil, truncated: TruncatedFiles,
        _ body: (UnsafeBufferPointer<Float>) throws(AudioError) -> Void
    ) throws(AudioError) -> [AudioRemark] {
        let reader = try SoundFileReader(url, truncated: truncated, takesPipes: false)
        try reader.read(try reader.frames(from: from, duration: duration)) { block throws(AudioError) in
            try body(block)
            return true
        }
        return reader.remarks
    }
}
