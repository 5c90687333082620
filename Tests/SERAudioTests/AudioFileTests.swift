// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

@Suite struct AudioFileTests {
    @Test func sixteenBitFilesComeBackBitForBit() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            let clip = AudioClip(samples: [0, 0.25, -1, 32767 / 32768, -1 / 32768], sampleRate: 24_414)
            try AudioFile.write(clip, to: file)
            #expect(try AudioFile.read(at: file) == clip)
            let info = try AudioFile.info(at: file)
            #expect(info.frames == 5 && info.channels == 1 && info.sampleRate == 24_414)
            #expect(info.format.contains("WAV") && info.format.contains("16 bit"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.wav"])
        }
    }

    @Test func floatFilesKeepWhatIsBeyondFullScaleAndIntegersClip() throws {
        try withTemporaryFolder { folder in
            let clip = AudioClip(samples: [1.5, -2, 0.1], sampleRate: 8_000)
            let floats = folder.appendingPathComponent("f.wav"), shorts = folder.appendingPathComponent("s.wav")
            try AudioFile.write(clip, to: floats, format: .wavFloat)
            try AudioFile.write(clip, to: shorts, format: .wav16)
            #expect(try AudioFile.read(at: floats) == clip)
            #expect(try AudioFile.read(at: shorts).samples == [32767 / 32768, -1, 3277 / 32768])
            let again = folder.appendingPathComponent("g.wav")
            try AudioFile.write(clip, to: again, format: .wavFloat)
            #expect(try Data(contentsOf: floats) == Data(contentsOf: again))
        }
    }

    @Test func channelsAreAveraged() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("8.wav")
            let frames =
                [[Int16]](repeating: [800, 0, 0, 0, 0, 0, 0, 800], count: 3) + [[Int16](repeating: -8, count: 8)]
            try RawWAV(channels: 8, body: RawWAV.shorts(frames.flatMap { $0 })).data.write(to: file)
            #expect(try AudioFile.info(at: file).channels == 8)
            let expected = [200, 200, 200, -8].map { Float($0) / 32768 }
            #expect(try AudioFile.read(at: file).samples == expected)
        }
    }

    @Test func contentDecidesNotTheExtension() throws {
        try withTemporaryFolder { folder in
            for name in ["a.aiff", "a.txt", "a", "a.vox", "a.gsm", "a.raw"] {
                let file = folder.appendingPathComponent(name)
                try RawWAV(body: RawWAV.shorts([1, 2, 3])).data.write(to: file)
                #expect(try AudioFile.read(at: file).samples.count == 3)
                let words = Data("these are words, long enough to be heard as samples by a careless reader".utf8)
                try words.write(to: file)
                #expect(throws: AudioError.self) { try AudioFile.read(at: file) }
            }
        }
    }

    @Test func partsAreThoseOfTheWhole() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            let clip = chirp(count: 100_000)
            try AudioFile.write(clip, to: file, format: .wavFloat)
            let part = try AudioFile.read(at: file, from: 1.5, duration: 2.25)
            #expect(part.samples == Array(clip.samples[24_000..<60_000]))
            #expect(try AudioFile.read(at: file, from: 6, duration: 9).samples == Array(clip.samples[96_000...]))
            for (from, duration) in [(7.0, 1.0), (-1, 1), (0, 0), (0, -1), (.nan, 1), (0, .nan), (.infinity, 1)] {
                #expect(throws: AudioError.self) { try AudioFile.read(at: file, from: from, duration: duration) }
            }
            #expect(try AudioFile.read(at: file, duration: .infinity).samples.count == 100_000)
        }
    }

    @Test func readingAtARateIsReadingAndResampling() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            let clip = chirp(count: 123_457)
            try AudioFile.write(clip, to: file, format: .wavFloat)
            for rate in [22_050.0, 8_000, 16_000, 48_000, 11_025.5] {
                let direct = try AudioFile.read(at: file, sampleRate: rate)
                #expect(direct == (try clip.resampled(to: rate)))
                #expect(direct.samples.count == Int((123_457 * (rate / 16_000)).rounded(.up)))
            }
        }
    }
}

@Suite struct BadAudioFileTests {
    private func failure(_ data: Data, name: String = "bad.wav") throws -> AudioError? {
        try withTemporaryFolder { folder -> AudioError? in
            let file = folder.appendingPathComponent(name)
            try data.write(to: file)
            do throws(AudioError) {
                _ = try AudioFile.read(at: file)
                return nil
            } catch {
                #expect(error.description.contains(file.path))
                return error
            }
        }
    }

    @Test func missingFile() {
        let url = URL(fileURLWithPath: "/nowhere/at all.wav")
        #expect(throws: AudioError.missing(path: "/nowhere/at all.wav")) { try AudioFile.read(at: url) }
        #expect(throws: AudioError.missing(path: "/nowhere/at all.wav")) { try AudioFile.info(at: url) }
    }

    @Test func foldersAndDevices() throws {
        try withTemporaryFolder { folder in
            #expect(throws: AudioError.notAFile(path: folder.path)) { try AudioFile.read(at: folder) }
            let pipe = folder.appendingPathComponent("pipe.wav")
            mkfifo(pipe.path, 0o600)
            #expect(throws: AudioError.notAFile(path: pipe.path)) { try AudioFile.read(at: pipe) }
        }
        #expect(throws: AudioError.self) { try AudioFile.read(at: URL(fileURLWithPath: "/dev/zero")) }
    }

    @Test func emptyFile() throws {
        guard case .emptyFile = try failure(Data()) else { Issue.record("not told"); return }
    }

    @Test func textRenamedToWav() throws {
        guard case .text(_, .plain("dear diary, today")) = try failure(Data("dear diary, today\n".utf8)) else {
            Issue.record("not told")
            return
        }
    }

    @Test func truncatedFile() throws {
        var wav = RawWAV(body: RawWAV.shorts([Int16](repeating: 5, count: 100)))
        wav.promisedBytes = 2000
        guard case .truncated(_, 1000, 100) = try failure(wav.data) else { Issue.record("not told"); return }
        guard try failure(RawWAV(body: RawWAV.shorts([1, 2, 3])).data.prefix(30)) != nil else {
            Issue.record("half a header was taken for sound")
            return
        }
    }

    @Test func lengthLeftOpenByAPipe() throws {
        var wav = RawWAV(body: RawWAV.shorts([Int16](repeating: 5, count: 100)))
        wav.promisedBytes = 0xffff_ffff
        #expect(try failure(wav.data) == nil)
    }

    @Test func noSamples() throws {
        guard case .noSamples = try failure(RawWAV().data) else { Issue.record("not told"); return }
    }

    @Test func notFinite() throws {
        for bad in [Float.nan, .infinity, -.infinity] {
            let body = RawWAV.floats([0, 0.5, bad, 0])
            let error = try failure(RawWAV(bits: 32, encoding: 3, body: body).data)
            guard case .notFinite(_, 0.000125) = error else {
                Issue.record("\(bad): \(String(describing: error))")
                return
            }
        }
    }

    @Test func sillyHeaders() throws {
        // Sun's AU format, big-endian: 2^31 channels, rate 0, then a huge length.
        func au(channels: UInt32, rate: UInt32, length: UInt32) -> Data {
            [0x2e73_6e64, 24, length, 3, rate, channels].reduce(into: Data()) { data, word in
                withUnsafeBytes(of: UInt32(word).bigEndian) { data.append(contentsOf: $0) }
            } + Data(repeating: 1, count: 64)
        }
        for data in [au(channels: 1 << 31, rate: 8000, length: 64), au(channels: 1025, rate: 8000, length: 64)] {
            #expect(try failure(data, name: "a.au") != nil)
        }
        // At a rate of 1 Hz a small file would be resampled to gigabytes.
        for rate in [0, 1, 999, 20_000_000, 1 << 31] as [UInt32] {
            let error = try failure(au(channels: 1, rate: rate, length: 64), name: "a.au")
            #expect(error != nil, "\(rate) Hz")
        }
        for channels in [0, 1025, 65_535] {
            #expect(try failure(RawWAV(channels: channels, body: Data(repeating: 0, count: 64)).data) != nil)
        }
        let wide = RawWAV(channels: 1024, body: RawWAV.shorts([Int16](repeating: 3, count: 4096)))
        #expect(try failure(wide.data) == nil)
    }

    @Test func resamplingToWhatCannotBe() {
        let clip = chirp(count: 100_000)
        for rate in [0, -1, .nan, .infinity, 1e300] {
            #expect(throws: AudioError.self) { try clip.resampled(to: rate) }
            #expect(throws: AudioError.self) {
                try AudioClip(samples: clip.samples, sampleRate: rate).resampled(to: 8000)
            }
        }
        #expect(throws: AudioError.self) {
            try AudioClip(samples: clip.samples, sampleRate: 0.01).resampled(to: 1_000_000)
        }
    }

    @Test(.enabled(if: getuid() != 0, "root may read everything")) func unreadableFile() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            try RawWAV(body: RawWAV.shorts([1])).data.write(to: file)
            chmod(file.path, 0)
            #expect(throws: AudioError.self) { try AudioFile.read(at: file) }
        }
    }

    @Test func writingWhereItCannotBe() throws {
        let clip = chirp(count: 10)
        try withTemporaryFolder { folder in
            let nowhere = folder.appendingPathComponent("no/such/folder/a.wav")
            #expect(throws: AudioError.self) { try AudioFile.write(clip, to: nowhere) }
            let taken = folder.appendingPathComponent("taken")
            try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: true)
            #expect(throws: AudioError.self) { try AudioFile.write(clip, to: taken) }
            #expect(throws: AudioError.self) {
                let bad = AudioClip(samples: [.nan], sampleRate: 8000)
                try AudioFile.write(bad, to: folder.appendingPathComponent("n"))
            }
            for rate in [0, -1, .nan, .infinity, 11_025.5] {
                #expect(throws: AudioError.self) {
                    try AudioFile.write(
                        AudioClip(samples: [0], sampleRate: rate), to: folder.appendingPathComponent("r"))
                }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
        }
    }
}
