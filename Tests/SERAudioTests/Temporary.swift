// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// A folder of its own for one test, removed at the end.
func withTemporaryFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ser-audio-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// A rising tone, full scale 0.5.
func chirp(count: Int, sampleRate: Double = 16_000) -> AudioClip {
    let samples = (0..<count).map { i -> Float in
        let t = Double(i) / sampleRate
        return Float(0.5 * sin(2 * .pi * (100 * t + 400 * t * t)))
    }
    return AudioClip(samples: samples, sampleRate: sampleRate)
}

/// A WAV file of 16-bit samples, written by hand so that its header may lie.
struct RawWAV {
    var channels = 1
    var sampleRate = 16_000
    var bits = 16
    var encoding = 1
    var body = Data()
    var promisedBytes: Int?

    var data: Data {
        var out = Data("RIFF".utf8)
        let promised = promisedBytes ?? body.count
        out.append(little(UInt32(truncatingIfNeeded: 36 + promised)))
        out.append(Data("WAVEfmt ".utf8))
        out.append(little(UInt32(16)))
        out.append(little(UInt16(encoding)))
        out.append(little(UInt16(channels)))
        out.append(little(UInt32(truncatingIfNeeded: sampleRate)))
        out.append(little(UInt32(truncatingIfNeeded: sampleRate * channels * bits / 8)))
        out.append(little(UInt16(truncatingIfNeeded: channels * bits / 8)))
        out.append(little(UInt16(bits)))
        out.append(Data("data".utf8))
        out.append(little(UInt32(truncatingIfNeeded: promised)))
        out.append(body)
        return out
    }

    static func shorts(_ values: [Int16]) -> Data { values.reduce(into: Data()) { $0.append(little($1)) } }
    static func floats(_ values: [Float]) -> Data { values.reduce(into: Data()) { $0.append(little($1.bitPattern)) } }
}

func little<T: FixedWidthInteger>(_ value: T) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
