// SPDX-License-Identifier: Apache-2.0

import CSndFile

/// libsndfile at work on what a layout shows it.
final class SoundDecoder {
    /// What libsndfile says of the file.
    let header: SF_INFO
    private let file: OpaquePointer
    private let stream: PieceReader
    /// Whether nothing has been decoded yet.
    private(set) var isAtStart = true

    /// From this number of frames on, libsndfile does not know how many there are.
    static let unknownLength: sf_count_t = 1 << 60

    init?(_ layout: SoundLayout, _ source: ByteSource) {
        stream = PieceReader(layout.pieces, of: source)
        var callbacks = PieceReader.callbacks
        var header = SF_INFO()
        let reader = Unmanaged.passUnretained(stream).toOpaque()
        guard let file = sf_open_virtual(&callbacks, Int32(SFM_READ), &header, reader) else { return nil }
        self.file = file
        self.header = header
    }

    deinit { sf_close(file) }

    /// Container and encoding in words.
    var formatName: String {
        [Int32(SF_FORMAT_TYPEMASK), Int32(SF_FORMAT_SUBMASK)].map { mask in
            var query = SF_FORMAT_INFO()
            query.format = header.format & mask
            let size = Int32(MemoryLayout<SF_FORMAT_INFO>.size)
            guard sf_command(file, Int32(SFC_GET_FORMAT_INFO), &query, size) == 0, let name = query.name
            else { return "?" }
            return String(cString: name)
        }.joined(separator: ", ")
    }

    /// Decodes the next frames and says how many came; 0 at the end, and where decoding fails.
    func read(_ space: UnsafeMutablePointer<Float>, frames: Int) -> Int {
        isAtStart = false
        return Int(sf_readf_float(file, space, sf_count_t(frames)))
    }

    /// Goes to a frame.
    func seek(to frame: Int) -> Bool {
        isAtStart = false
        return sf_seek(file, sf_count_t(frame), Int32(SEEK_SET)) == sf_count_t(frame)
    }

    /// Decodes the whole file and counts its frames; the decoder is at its end then.
    func countFrames() -> Int {
        let channels = max(1, Int(header.channels))
        let capacity = max(1, 32_768 / channels)
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity * channels) { space in
            guard let base = space.baseAddress else { return 0 }
            var frames = 0
            while frames <= SoundBounds.mostFrames {
                let got = read(base, frames: capacity)
                guard got > 0 else { break }
                frames += got
            }
            return frames
        }
    }
}
