// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import SERTraining

/// A part of a sound file as a file of its own in memory, for a page to play.
struct SoundExcerpt {
    /// The part as mono WAV, 16 bits.
    let data: Data

    /// Takes a part out of a file; nil where it cannot be read.
    init?(of file: URL, _ segment: Segment) {
        // What was measured is shown, also where the end of the file is missing and that was accepted.
        let read = try? AudioFile.read(
            regularFile: file, from: segment.start, duration: segment.duration, truncated: .accept)
        guard let sound = read else { return nil }
        data = Self.wav(sound)
    }

    private static func wav(_ sound: AudioClip) -> Data {
        var data = Data()
        func append(_ text: String) { data.append(contentsOf: text.utf8) }
        func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
        }
        let bytes = UInt32(clamping: 2 * sound.samples.count), rate = UInt32(saturating: sound.sampleRate)
        append("RIFF")
        append(bytes + 36)
        append("WAVEfmt ")
        append(16 as UInt32)
        append(1 as UInt16)  // integers
        append(1 as UInt16)  // one channel
        append(rate)
        append(2 * rate)
        append(2 as UInt16)
        append(16 as UInt16)
        append("data")
        append(bytes)
        for sample in sound.samples { append(Int16(saturating: sample * 32_768)) }
        return data
    }
}
