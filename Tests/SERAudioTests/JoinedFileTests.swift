// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Several recordings in one file, as `cat a.wav b.wav` makes them: what is left out is told.
@Suite struct JoinedFileTests {
    private static let short = chirp(count: 4000)

    /// The short chirp in a format, written by ffmpeg.
    private func written(_ name: String, in folder: URL, arguments: [String] = []) throws -> Data {
        let sound = folder.appendingPathComponent("source.wav"), file = folder.appendingPathComponent("short.\(name)")
        try AudioFile.write(Self.short, to: sound)
        try SoundProgram.run("ffmpeg", ["-v", "quiet", "-y", "-i", sound.path] + arguments + [file.path])
        return try Data(contentsOf: file)
    }

    @Test(
        .enabled(if: SoundProgram.has("ffmpeg"), "ffmpeg is not installed"),
        arguments: ["wav", "rf64", "aiff", "w64", "au", "flac"])
    func theSecondOfTwoFilesIsTold(_ format: String) throws {
        try withTemporaryFolder { folder in
            let arguments = format == "rf64" ? ["-rf64", "always", "-f", "wav"] : []
            let one = try written(format, in: folder, arguments: arguments)
            let file = folder.appendingPathComponent("one.\(format)")
            try one.write(to: file)
            let alone = try AudioFile.decode(at: file)
            #expect(alone.remarks == [] && alone.clip.samples.count == 4000)
            for padding in [0, 1] where padding == 0 || format == "flac" {
                try (one + Data(count: padding) + one).write(to: file)
                let joined = try AudioFile.decode(at: file)
                let isSame = joined.clip == alone.clip
                #expect(isSame, "\(joined.clip.samples.count) samples")
                #expect(joined.remarks == [.joined(bytes: one.count)])
                #expect(try AudioFile.info(at: file).remarks == joined.remarks)
            }
        }
    }

    @Test func otherChunksBehindTheSoundAreNoSecondFile() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            var data = RawWAV(body: RawWAV.shorts((0..<999).map { Int16($0) })).data
            data.append(Data("LIST".utf8) + little(UInt32(12)) + Data("INFOISFT".utf8) + little(UInt32(0)))
            try data.write(to: file)
            #expect(try AudioFile.decode(at: file).remarks == [])
        }
    }

    @Test(.enabled(if: SoundProgram.has("ffmpeg"), "ffmpeg is not installed"))
    func chainedOggIsHeardWhole() throws {
        try withTemporaryFolder { folder in
            let first = try Data(contentsOf: SoundFiles.url("vorbis_30s_seek.ogg"))
            let second = try written("ogg", in: folder, arguments: ["-c:a", "libvorbis", "-ar", "16000"])
            let file = folder.appendingPathComponent("chained.ogg")
            for tail in [second, first] {
                try (first + tail).write(to: file)
                let info = try AudioFile.info(at: file)
                let expected = try SoundProgram.samplesByFFmpeg(file, rate: info.sampleRate, channels: info.channels)
                let clip = try AudioFile.read(at: file)
                #expect(info.format == "Ogg with several streams one after the other, by ffmpeg")
                let isSame = clip.samples == expected
                #expect(isSame && clip.duration > 30.2)
            }
        }
    }

    /// FLAC that ends within its header: it is cut, and no "unknown format".
    @Test func flacCutInItsHeader() throws {
        let whole = try Data(contentsOf: SoundFiles.url("flac_pipe.flac"))
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.flac")
            for count in [42, 50, 80] {
                try whole.prefix(count).write(to: file)
                let error = SoundFilesError.of(file)
                guard case .truncated(_, _, foundFrames: 0)? = error else {
                    Issue.record("\(count) bytes: \(error.map { "\($0)" } ?? "no error")")
                    continue
                }
            }
        }
    }
}

private enum SoundFilesError {
    static func of(_ file: URL) -> AudioError? {
        do throws(AudioError) {
            _ = try AudioFile.decode(at: file)
            return nil
        } catch { return error }
    }
}
