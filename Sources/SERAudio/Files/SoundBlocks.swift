import Foundation

extension AudioFile {
    /// Decodes a part of a file as one channel at its own rate, block by block, so that files of any length fit in memory.
    /// - Parameters:
    ///   - url: The file.
    ///   - from: Where to begin, in seconds.
    ///   - duration: How much to decode, in seconds; less where the file ends; nil for all.
    ///   - body: Takes the blocks, one after the other.
    /// - Throws: ``AudioError``.
    package static func decode(
        at url: URL, from: Double = 0, duration: Double? = nil, _ body: (UnsafeBufferPointer<Float>) -> Void
    ) throws(AudioError) {
        let reader = try SoundFileReader(url, truncated: .refuse)
        try reader.read(try reader.frames(from: from, duration: duration)) {
            body($0)
            return true
        }
    }
}
