// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// Reads a sound file as the recognizer does: its header, then a part of it.
private func readSound(_ file: InputFile, _ bytes: UnsafeRawBufferPointer) {
    file.fill(bytes)
    let truncated: TruncatedFiles = bytes.count % 2 == 0 ? .accept : .refuse
    do throws(AudioError) {
        let info = try AudioFile.info(at: file.url, truncated: truncated)
        expect(info.sampleRate > 0 && info.sampleRate.isFinite && info.channels > 0 && info.frames >= 0, "\(info)")
        // Where in the file depends on the input, so that seeking is under attack too.
        let start = (bytes.count % 3 == 0 ? 0.25 : 0) * info.duration
        let rate = bytes.count % 5 == 0 ? 16_000 : info.sampleRate
        let decoded = try AudioFile.decode(
            at: file.url, sampleRate: rate, from: start, duration: 0.5, truncated: truncated)
        let clip = decoded.clip
        expect(decoded.remarks.allSatisfy { !$0.description.isEmpty }, "a remark without words")
        // What no recording holds, 1e6 times full scale, is an error.
        expect(clip.samples.allSatisfy { abs($0) <= 1e6 }, "samples that no recording holds")
        expect(clip.sampleRate == rate, "a clip of \(clip.sampleRate) Hz")
        expect(Double(clip.samples.count) <= 0.5 * clip.sampleRate + 1, "\(clip.samples.count) samples in 0.5 s")
    } catch { expect(error.description.contains(file.url.lastPathComponent), error.description) }
}

/// WAV, RF64 and W64.
struct WAVTarget: FuzzTarget {
    private let file: InputFile

    init() throws { file = try InputFile("input.wav") }

    func read(_ bytes: UnsafeRawBufferPointer) { readSound(file, bytes) }
}

/// AIFF, AIFC, CAF, AU and the rarer containers.
struct AIFFTarget: FuzzTarget {
    private let file: InputFile

    init() throws { file = try InputFile("input.aiff") }

    func read(_ bytes: UnsafeRawBufferPointer) { readSound(file, bytes) }
}

/// FLAC.
struct FLACTarget: FuzzTarget {
    private let file: InputFile

    init() throws { file = try InputFile("input.flac") }

    func read(_ bytes: UnsafeRawBufferPointer) { readSound(file, bytes) }
}

/// Vorbis, Opus and FLAC in Ogg.
struct OggTarget: FuzzTarget {
    private let file: InputFile

    init() throws { file = try InputFile("input.ogg") }

    func read(_ bytes: UnsafeRawBufferPointer) { readSound(file, bytes) }
}

/// MPEG audio, layers 1 to 3.
struct MPEGTarget: FuzzTarget {
    private let file: InputFile

    init() throws { file = try InputFile("input.mp3") }

    func read(_ bytes: UnsafeRawBufferPointer) { readSound(file, bytes) }
}
