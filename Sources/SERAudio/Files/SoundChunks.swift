import Foundation

/// How much sound a WAV or AIFF file promises and holds. libsndfile corrects the lengths of truncated files in silence,
/// so that a broken download would pass for a short clip; the chunk headers tell.
enum SoundChunks {
    struct Promise: Equatable {
        var frames: Int
        var missingFrames: Int
    }

    /// What the sound chunk promises; nil for other formats and where the length is left open.
    static func promised(descriptor: Int32, bytes: Int) -> Promise? {
        guard let head = read(descriptor, at: 0, count: 12) else { return nil }
        let form = (name(head, 0), name(head, 8))
        switch form {
        case ("RIFF", "WAVE"): return walk(descriptor, bytes, bigEndian: false, sound: "data", format: "fmt ")
        case ("RIFX", "WAVE"): return walk(descriptor, bytes, bigEndian: true, sound: "data", format: "fmt ")
        case ("FORM", "AIFF"), ("FORM", "AIFC"):
            return walk(descriptor, bytes, bigEndian: true, sound: "SSND", format: "COMM")
        default: return nil
        }
    }

    private static func walk(
        _ descriptor: Int32, _ bytes: Int, bigEndian: Bool, sound: String, format: String
    ) -> Promise? {
        var position = 12
        var bytesAFrame = 0
        for _ in 0..<1024 {  // a file of nothing but tiny chunks is no sound
            guard let chunk = read(descriptor, at: position, count: 8) else { return nil }
            let size = number(chunk, 4, 4, bigEndian)
            if name(chunk, 0) == format, let body = read(descriptor, at: position + 8, count: 16) {
                bytesAFrame = bigEndian && sound == "SSND"
                    ? number(body, 0, 2, true) * ((number(body, 6, 2, true) + 7) / 8)
                    : number(body, 12, 2, bigEndian)
            }
            if name(chunk, 0) == sound {
                // Programs that write to a pipe leave the length at all ones, or near the limit, or at zero.
                guard bytesAFrame > 0, size > 0, size < 0x7fff_f000 else { return nil }
                let missing = position + 8 + size - bytes
                return Promise(frames: size / bytesAFrame, missingFrames: max(0, missing) / bytesAFrame)
            }
            position += 8 + size + size % 2
        }
        return nil
    }

    private static func read(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return pread(descriptor, &bytes, count, off_t(offset)) == count ? bytes : nil
    }

    private static func name(_ bytes: [UInt8], _ at: Int) -> String {
        String(decoding: bytes[at..<at + 4], as: UTF8.self)
    }

    private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int, _ bigEndian: Bool) -> Int {
        let part = bytes[at..<at + count]
        return (bigEndian ? Array(part) : part.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
}
