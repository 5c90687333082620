// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Lengths that a header leaves open or states wrongly: the sound is read to the end of the file, and that is told.
@Suite struct UnknownLengthTests {
    private static let whole = "ok16.wav"
    private static let open = [
        "d0_riff0.wav", "d0_riff36.wav", "d0_riffok.wav", "d0_junk28_riff4088.wav", "avaudiofile_crash.wav",
        "ff_pipe_rf64.wav", "aiff_pipe.aif", "caf_minus1.caf", "flac_pipe.flac",
    ]

    @Test(arguments: open) func headersLeftOpen(_ name: String) throws {
        let expected = try AudioFile.read(at: SoundFiles.url(Self.whole))
        let read = try AudioFile.decode(at: SoundFiles.url(name))
        #expect(read.clip == expected)
        #expect(read.remarks == [.lengthNotStated])
        let info = try AudioFile.info(at: SoundFiles.url(name))
        #expect(info.frames == 24_000 && info.remarks == [.lengthNotStated])
    }

    @Test(arguments: [("over_2.wav", 24_001), ("over_44.wav", 24_022), ("data_double_riff_right.wav", 48_000)])
    func headersThatCountWrongly(_ name: String, _ stated: Int) throws {
        let read = try AudioFile.decode(at: SoundFiles.url(name))
        #expect(read.clip == (try AudioFile.read(at: SoundFiles.url(Self.whole))))
        #expect(read.remarks == [.lengthMisstated(frames: stated)])
    }

    @Test func filesWithoutFaultHaveNoRemarks() throws {
        for name in ["ok16.wav", "vorbis_30s_seek.ogg", "mp3_cbr128_noinfo_id3v1.mp3"] {
            let read = try AudioFile.decode(at: SoundFiles.url(name))
            #expect(read.remarks == [], "\(name)")
        }
        for name in ["buzz.wav", "chirp.wav", "noise.wav"] {
            #expect(try AudioFile.info(at: AudioReference.folder.appendingPathComponent(name)).remarks == [])
        }
    }

    @Test func oggWithoutItsLastPage() throws {
        let read = try AudioFile.decode(at: SoundFiles.url("opus_noeos.opus"))
        #expect(read.clip.samples.count == 24_000 && read.remarks == [.lengthNotStated])
        // Opus is lossy: the same sound, not the same samples.
        let whole = try AudioFile.read(at: SoundFiles.url(Self.whole)).samples
        let error = zip(read.clip.samples, whole).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
        let power = whole.reduce(0) { $0 + Double($1) * Double($1) }
        #expect(error < 0.2 * power)
    }

    /// A header of every kind of length that programs leave, over the same samples.
    @Test func everyLengthOfAWAVHeader() throws {
        let values = (0..<5000).map { Int16(($0 * 37) % 1000) }
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            let expected = values.map { Float($0) / 32_768 }
            for length in [0, 0x7fff_ffff, 0x7fff_f000, 0x8000_0000, 0xffff_ffff, 0xffff_ffdb, 0x7f00_0000] {
                for riff in [0, 36, 10_036, 0xffff_ffff] as [UInt32] {
                    var data = RawWAV(body: RawWAV.shorts(values)).data
                    data.replaceSubrange(4..<8, with: little(riff))
                    data.replaceSubrange(40..<44, with: little(UInt32(length)))
                    try data.write(to: file)
                    let read = try AudioFile.decode(at: file)
                    #expect(read.clip.samples == expected, "\(length) \(riff)")
                    #expect(read.remarks == [.lengthNotStated], "\(length) \(riff)")
                }
            }
        }
    }

    @Test func soundOfNoLengthBeforeOtherChunksIsNone() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            var data = RawWAV().data
            data.append(Data("LIST".utf8) + little(UInt32(12)) + Data("INFOISFT".utf8) + little(UInt32(0)))
            try data.write(to: file)
            #expect(throws: AudioError.noSamples(path: file.path)) { try AudioFile.read(at: file) }
        }
    }

    @Test(.enabled(if: SoundProgram.has("sox", "ffmpeg"), "sox and ffmpeg make the files"))
    func whatProgramsWriteToPipes() throws {
        let whole = SoundFiles.url(Self.whole)
        let expected = try AudioFile.read(at: whole)
        try withTemporaryFolder { folder in
            // Of Wave64 and CAF sox writes a second header into the sound.
            for type in ["wav", "aiff", "au", "flac", "aifc", "sph", "voc"] {
                let file = folder.appendingPathComponent("sox.\(type)")
                guard let data = try? SoundProgram.run("sox", [whole.path, "-t", type, "-"]), data.count > 9000 else {
                    continue
                }
                try data.write(to: file)
                let read = try AudioFile.decode(at: file)
                #expect(SoundFiles.largestDifference(read.clip.samples, expected.samples) < 1e-4, "sox \(type)")
            }
            for type in ["wav", "aiff", "au", "w64", "caf", "flac", "voc"] {
                let file = folder.appendingPathComponent("ffmpeg.\(type)")
                let arguments = ["-v", "quiet", "-i", whole.path, "-f", type, "-"]
                guard let data = try? SoundProgram.run("ffmpeg", arguments), data.count > 9000 else { continue }
                try data.write(to: file)
                let read = try AudioFile.decode(at: file)
                #expect(SoundFiles.largestDifference(read.clip.samples, expected.samples) < 1e-4, "ffmpeg \(type)")
            }
        }
    }
}

/// Files whose end is missing: one rule for all formats.
@Suite struct TruncatedFileTests {
    /// Name, frames promised, frames there.
    private static let cut: [(name: String, expected: Int?, found: Int)] = [
        ("aiff_trunc.aif", 24_000, 12_000), ("au_trunc.au", 24_000, 11_988), ("w64_trunc.w64", 24_000, 11_948),
        ("sphere_trunc.WAV", 24_000, 11_488), ("voc_trunc.voc", 24_000, 11_979), ("flac_truncated.flac", 24_000, 4096),
        ("gsm_trunc.wav", 24_000, 36 * 320), ("ima_trunc.wav", 24_408, 11 * 1017), ("vorbis_cut.ogg", nil, 134_528),
        ("vorbis_truncated.ogg", nil, 16_256),
    ]

    @Test(arguments: cut.indices) func areRefusedAndAcceptedWhereAsked(_ index: Int) throws {
        let (name, expected, found) = Self.cut[index]
        let path = SoundFiles.url(name).path
        let error = AudioError.truncated(path: path, expectedFrames: expected, foundFrames: found)
        #expect(SoundFiles.error(of: name) == error)
        #expect(throws: error) { try AudioFile.info(at: SoundFiles.url(name)) }
        let read = try AudioFile.decode(at: SoundFiles.url(name), truncated: .accept)
        #expect(read.remarks == [.truncated(expectedFrames: expected, foundFrames: found)])
        #expect(read.clip.samples.count == found)
        let info = try AudioFile.info(at: SoundFiles.url(name), truncated: .accept)
        #expect(info.frames == found && info.remarks == read.remarks)
    }

    @Test func whatIsAcceptedIsTheBeginningOfTheWhole() throws {
        let whole = try AudioFile.read(at: SoundFiles.url("ok16.wav")).samples
        for name in ["aiff_trunc.aif", "au_trunc.au", "w64_trunc.w64", "voc_trunc.voc", "sphere_trunc.WAV"] {
            let read = try AudioFile.read(at: SoundFiles.url(name), truncated: .accept).samples
            // sox dithers some of them.
            #expect(SoundFiles.largestDifference(read, Array(whole.prefix(read.count))) <= 2 / 32_768, "\(name)")
        }
    }

    /// Any file of any format, cut anywhere after its header, is refused or says that its header was not closed, and
    /// gives the beginning of the whole where that is accepted.
    @Test(.enabled(if: SoundProgram.has("sox", "ffmpeg"), "sox and ffmpeg make the files"))
    func cutAnywhere() throws {
        let whole = SoundFiles.url("ok16.wav")
        try withTemporaryFolder { folder in
            for (name, arguments) in SoundVariants.lossless + SoundVariants.blocks {
                let file = folder.appendingPathComponent(name)
                try SoundVariants.make(file, of: whole, arguments)
                let data = try Data(contentsOf: file)
                let samples = try AudioFile.read(at: file).samples
                for part in [0.3, 0.5, 0.77, 0.95] {
                    try data.prefix(Int(Double(data.count) * part)).write(to: file)
                    #expect(throws: AudioError.self, "\(name) \(part)") { try AudioFile.read(at: file) }
                    let read = try AudioFile.decode(at: file, truncated: .accept)
                    let count = read.clip.samples.count
                    #expect(count < samples.count && count > 1000, "\(name) \(part)")
                    let beginning = samples.prefix(read.clip.samples.count)
                    #expect(read.clip.samples.elementsEqual(beginning), "\(name) \(part)")
                    guard case .truncated = read.remarks.first else {
                        Issue.record("\(name) cut to \(part): \(read.remarks)")
                        continue
                    }
                }
            }
        }
    }
}

/// Samples that no recording holds.
@Suite struct SenselessSampleTests {
    @Test func areErrorsThatNameTheSecond() throws {
        for name in ["one_huge_sample.wav", "huge_short.wav", "float32_1e18.wav"] {
            guard case .beyondScale(let path?, let seconds, let sample) = SoundFiles.error(of: name) else {
                Issue.record("\(name) was read")
                continue
            }
            #expect(path.hasSuffix(name) && abs(sample) > 1e6 && seconds < 2)
        }
        for name in ["float32_nan.wav", "float32_inf_late.wav"] {
            guard case .notFinite(_, let seconds) = SoundFiles.error(of: name) else {
                Issue.record("\(name) was read")
                continue
            }
            #expect(seconds >= 0 && seconds < 1.5)
        }
    }

    @Test func theBoundIsAMillionTimesFullScale() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            func write(_ values: [Float]) throws {
                try RawWAV(channels: 2, bits: 32, encoding: 3, body: RawWAV.floats(values)).data.write(to: file)
            }
            try write([0, 0, 1e6, -1e6, 0.5, 0.25])
            #expect(try AudioFile.read(at: file).samples == [0, 0, 0.375])
            // The mean of the two channels would hide it.
            try write([0, 0, 0, 0, 1.5e6, -1.5e6])
            let error = AudioError.beyondScale(path: file.path, seconds: 2 / 16_000, sample: 1.5e6)
            #expect(throws: error) { try AudioFile.read(at: file) }
        }
    }

    @Test func clipsFromProgramsAreLookedAtToo() throws {
        for (bad, place) in [(Float(1e20), 7), (-2e6, 0), (.nan, 30), (.infinity, 31)] {
            var clip = chirp(count: 8000)
            clip.samples[place] = bad
            #expect(throws: FeatureError.self) { try MFCC(.librosa).extract(clip) }
        }
        var loud = chirp(count: 8000)
        loud.samples[5] = 999_999
        #expect(throws: Never.self) { try MFCC(.librosa).extract(loud) }
    }
}

/// A header whose packets times frames a packet are more than any number holds.
@Suite struct HugePromiseTests {
    @Test func aPromiseBeyondAllNumbersIsNoEnd() throws {
        func number(_ value: UInt64, _ bytes: Int) -> [UInt8] {
            (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        }
        let description: [UInt8] =
            number(8000.0.bitPattern, 8) + Array("alac".utf8) + number(1, 4) + number(2, 4) + number(0xffff_ffff, 4)
            + number(1, 4) + number(16, 4)
        let bytes =
            Array("caff".utf8) + number(0x0001_0000, 4) + Array("desc".utf8) + number(32, 8) + description
            + Array("data".utf8) + number(0x7fff_ffff_ffff_0000, 8) + [UInt8](repeating: 1, count: 64)
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("promise.caf")
            try Data(bytes).write(to: file)
            #expect(throws: AudioError.self) { try AudioFile.info(at: file) }
        }
    }
}
