// SPDX-License-Identifier: Apache-2.0

import CSndFile
import Foundation
import SERSupport

/// A file that is nowhere but in memory, for libsndfile to write and read.
final class MemoryFile {
    private var bytes: [UInt8] = []
    private var position = 0

    var count: Int { bytes.count }

    func encode(_ samples: [Float], _ codec: SpeechCodec, sampleRate: Double) throws(DegradationError) {
        var header = codec.header(sampleRate: sampleRate)
        guard let file = open(SFM_WRITE, &header) else { throw failure(codec, nil) }
        if var level = codec.compressionLevel {
            sf_command(file, Int32(SFC_SET_COMPRESSION_LEVEL), &level, Int32(MemoryLayout<Double>.size))
        }
        // Integer codecs would wrap around beyond full scale.
        let limited = samples.map { min(max($0, -1), 1) }
        let written = sf_writef_float(file, limited, sf_count_t(limited.count))
        let reason = written == sf_count_t(limited.count) ? nil : failure(codec, file)
        guard sf_close(file) == 0, reason == nil else { throw reason ?? failure(codec, nil) }
    }

    /// As many samples as were encoded: whole blocks of the codec cut, or filled with zeros.
    func decode(_ codec: SpeechCodec, sampleRate: Double, count: Int) throws(DegradationError) -> [Float] {
        position = 0
        // Only a raw file needs to be told what it is.
        var header = codec == .muLaw ? codec.header(sampleRate: sampleRate) : SF_INFO()
        guard let file = open(SFM_READ, &header) else { throw failure(codec, nil) }
        defer { sf_close(file) }
        guard header.samplerate == Int32(saturating: sampleRate, rounding: .towardZero), header.channels == 1 else {
            throw .coding(codec, reason: "it came back as \(header.channels) channels at \(header.samplerate) Hz")
        }
        var samples = [Float](repeating: 0, count: count)
        guard sf_readf_float(file, &samples, sf_count_t(count)) >= 0 else { throw failure(codec, file) }
        return samples
    }

    private func failure(_ codec: SpeechCodec, _ file: OpaquePointer?) -> DegradationError {
        .coding(codec, reason: String(cString: sf_strerror(file)))
    }

    private func open(_ mode: Int, _ header: inout SF_INFO) -> OpaquePointer? {
        var calls = SF_VIRTUAL_IO(
            get_filelen: { sf_count_t(MemoryFile.of($0)?.bytes.count ?? 0) },
            seek: { MemoryFile.of($2)?.seek(Int($0), whence: $1) ?? -1 },
            read: { MemoryFile.of($2)?.read(into: $0, count: Int($1)) ?? 0 },
            write: { MemoryFile.of($2)?.write($0, count: Int($1)) ?? 0 },
            tell: { sf_count_t(MemoryFile.of($0)?.position ?? 0) })
        return sf_open_virtual(&calls, Int32(mode), &header, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> MemoryFile? {
        pointer.map { Unmanaged<MemoryFile>.fromOpaque($0).takeUnretainedValue() }
    }

    private func seek(_ offset: Int, whence: Int32) -> sf_count_t {
        switch whence {
        case SEEK_SET: position = offset
        case SEEK_CUR: position += offset
        default: position = bytes.count + offset
        }
        position = max(0, position)
        return sf_count_t(position)
    }

    private func read(into target: UnsafeMutableRawPointer?, count: Int) -> sf_count_t {
        let available = max(0, min(count, bytes.count - position))
        guard let target, available > 0 else { return 0 }
        bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            target.copyMemory(from: base + position, byteCount: available)
        }
        position += available
        return sf_count_t(available)
    }

    private func write(_ source: UnsafeRawPointer?, count: Int) -> sf_count_t {
        guard let source, count > 0 else { return 0 }
        if bytes.count < position + count { bytes += [UInt8](repeating: 0, count: position + count - bytes.count) }
        bytes.withUnsafeMutableBytes { target in
            target.baseAddress.map { ($0 + position).copyMemory(from: source, byteCount: count) }
        }
        position += count
        return sf_count_t(count)
    }
}
