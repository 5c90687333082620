import CSndFile
import Foundation
import SERSupport

/// Writes WAV files by way of a temporary file.
enum SoundFileWriter {
    static func write(_ clip: AudioClip, to url: URL, format: AudioFile.Format) throws(AudioError) {
        guard Resampler.accepts(clip.sampleRate), clip.sampleRate.rounded() == clip.sampleRate else {
            throw .invalidRate(path: url.path, from: clip.sampleRate, to: clip.sampleRate)
        }
        if let bad = clip.samples.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(path: url.path, seconds: Double(bad) / clip.sampleRate)
        }
        // The lengths in a WAV header have 32 bits.
        guard clip.samples.count < Int(UInt32.max) / 4 - 64 else {
            throw .unwritable(path: url.path, reason: "longer than a WAV file can be")
        }
        let temporary = url.deletingLastPathComponent()
            .appendingPathComponent(".\(url.lastPathComponent).\(UUID().uuidString).part")
        do throws(AudioError) {
            try encode(clip, to: temporary.path, for: url.path, format)
            guard rename(temporary.path, url.path) == 0 else {
                throw .unwritable(path: url.path, reason: String(cString: strerror(errno)))
            }
        } catch {
            unlink(temporary.path)
            throw error
        }
    }

    private static func encode(
        _ clip: AudioClip, to path: String, for name: String, _ format: AudioFile.Format
    ) throws(AudioError) {
        var header = SF_INFO()
        header.samplerate = Int32(saturating: clip.sampleRate, rounding: .towardZero)
        header.channels = 1
        header.format = Int32(SF_FORMAT_WAV | (format == .wav16 ? SF_FORMAT_PCM_16 : SF_FORMAT_FLOAT))
        guard let file = sf_open(path, Int32(SFM_WRITE), &header) else {
            throw .unwritable(path: name, reason: String(cString: sf_strerror(nil)))
        }
        let written = format == .wav16 ? writeShorts(clip, file) : writeFloats(clip, file)
        guard sf_close(file) == 0, written == clip.samples.count else {
            throw .unwritable(path: name, reason: "the disk may be full")
        }
    }

    private static func writeFloats(_ clip: AudioClip, _ file: OpaquePointer) -> Int {
        // A chunk with the time of writing would make equal sounds differ.
        sf_command(file, Int32(SFC_SET_ADD_PEAK_CHUNK), nil, Int32(SF_FALSE))
        return clip.samples.withUnsafeBufferPointer { samples in
            guard let base = samples.baseAddress else { return 0 }
            return Int(sf_writef_float(file, base, sf_count_t(samples.count)))
        }
    }

    /// Scaled by 32,768, so that what was read from a 16-bit file is written back bit for bit.
    private static func writeShorts(_ clip: AudioClip, _ file: OpaquePointer) -> Int {
        let values = clip.samples.map { Int16(saturating: $0 * 32_768) }
        return Int(sf_writef_short(file, values, sf_count_t(values.count)))
    }
}
