// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Writes WAV files, whole or not at all.
enum SoundFileWriter {
    static func write(
        _ clip: AudioClip, to url: URL, format: AudioFile.Format, _ durability: AtomicFile.Durability
    ) throws(AudioError) {
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
        do throws(FileWriteError) {
            try AtomicFile.write(to: url, durability) { output in
                let header = header(of: clip, format)
                header.withUnsafeBytes { output.append($0) }
                append(clip.samples, format, to: output)
            }
        } catch { throw .unwritable(path: error.path, reason: error.reason) }
    }

    /// All that comes before the samples. (Microsoft and IBM, Multimedia Programming Interface and Data Specifications
    /// 1.0; the chunk `fact`, which counts frames, belongs to all encodings but whole numbers)
    private static func header(of clip: AudioClip, _ format: AudioFile.Format) -> [UInt8] {
        let isFloat = format == .wavFloat
        let width = isFloat ? 4 : 2
        let rate = UInt32(saturating: clip.sampleRate), frames = UInt32(clip.samples.count)
        let bytes = frames * UInt32(width)
        var header: [UInt8] = []
        func add(_ name: String) { header += Array(name.utf8) }
        func add(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { header += Array($0) } }
        add("RIFF")
        add(bytes + (isFloat ? 48 : 36))
        add("WAVEfmt ")
        add(UInt32(16))
        add(UInt16(isFloat ? 3 : 1))  // WAVE_FORMAT_IEEE_FLOAT or WAVE_FORMAT_PCM
        add(UInt16(1))
        add(rate)
        add(rate * UInt32(width))
        add(UInt16(width))
        add(UInt16(width * 8))
        if isFloat {
            add("fact")
            add(UInt32(4))
            add(frames)
        }
        add("data")
        add(bytes)
        return header
    }

    private static func append(_ samples: [Float], _ format: AudioFile.Format, to output: AtomicFile.Output) {
        let block = 1 << 14
        for start in stride(from: 0, to: samples.count, by: block) {
            let part = samples[start..<min(start + block, samples.count)]
            switch format {
            case .wavFloat: part.map(\.bitPattern.littleEndian).withUnsafeBytes { output.append($0) }
            case .wav16: part.map { short($0).littleEndian }.withUnsafeBytes { output.append($0) }
            }
        }
    }

    /// Scaled by 32,768, so that what was read from a 16-bit file is written back bit for bit.
    private static func short(_ sample: Float) -> Int16 { Int16(saturating: sample * 32_768) }
}
