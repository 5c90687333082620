// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import Testing

/// Encodings made by common programs give the samples that ffmpeg gives, but for the delay that a decoder leaves.
@Suite struct SoundVariantTests {
    private static let tools = SoundProgram.has("ffmpeg", "ffprobe", "sox", "lame", "oggenc", "opusenc")

    /// Compares with ffmpeg: as many samples but for a delay, and the same ones after it.
    private func compare(
        _ recipe: SoundVariants.Recipe, of sound: URL, in folder: URL, delay: Int, tolerance: Float
    ) throws {
        let file = folder.appendingPathComponent(recipe.name)
        try SoundVariants.make(file, of: sound, recipe.arguments)
        let read = try AudioFile.decode(at: file)
        let channels = try AudioFile.info(at: file).channels
        let expected = try SoundProgram.samplesByFFmpeg(file, rate: read.clip.sampleRate, channels: channels)
        #expect(read.remarks == [], "\(recipe.name)")
        let samples = read.clip.samples
        #expect(abs(samples.count - expected.count) <= delay, "\(recipe.name): \(samples.count), \(expected.count)")
        #expect(SoundFiles.frames(file) == samples.count, "\(recipe.name)")
        let difference = Self.difference(samples, expected, delay: delay)
        #expect(difference <= tolerance, "\(recipe.name): \(difference)")
    }

    /// The largest difference at the delay that makes it smallest.
    private static func difference(_ a: [Float], _ b: [Float], delay: Int) -> Float {
        func largest(_ shift: Int, _ range: Range<Int>, below bound: Float) -> Float {
            var largest: Float = 0
            for place in range where largest < bound && b.indices.contains(place + shift) {
                largest = max(largest, abs(a[place] - b[place + shift]))
            }
            return largest
        }
        let middle = a.count / 3..<min(a.count, a.count / 3 + 4000)
        var best: (shift: Int, difference: Float) = (0, .infinity)
        for shift in (-delay...delay).sorted(by: { abs($0) < abs($1) }) {
            let difference = largest(shift, middle, below: best.difference)
            if difference < best.difference { best = (shift, difference) }
        }
        // The very ends of a lossy codec's stream are the decoder's to fill.
        return largest(best.shift, min(a.count, 3000)..<max(min(a.count, 3000), a.count - 3000), below: .infinity)
    }

    @Test(.enabled(if: tools, "needs ffmpeg, sox, lame, oggenc and opusenc"))
    func sameSamplesAsFFmpeg() throws {
        try withTemporaryFolder { folder in
            let sound = SoundFiles.url("ok16.wav")
            // ffmpeg swaps no bytes of RIFX, and leaves the last four out of VOC.
            for recipe in SoundVariants.lossless where recipe.name != "rifx.wav" {
                try compare(recipe, of: sound, in: folder, delay: 4, tolerance: 1 / 32_768)
            }
            // ffmpeg rounds the steps of IMA's ADPCM otherwise, and the differences add up.
            for recipe in SoundVariants.blocks {
                try compare(recipe, of: sound, in: folder, delay: 2040, tolerance: 0.02)
            }
            for recipe in SoundVariants.mpeg {
                try compare(recipe, of: sound, in: folder, delay: 2400, tolerance: 1e-3)
            }
            for recipe in SoundVariants.vorbis {
                try compare(recipe, of: sound, in: folder, delay: 0, tolerance: 1e-4)
            }
            let wide = folder.appendingPathComponent("wide.wav")
            try SoundVariants.make(wide, of: sound, SoundVariants.ffmpeg("", "-ar 48000").arguments)
            for recipe in SoundVariants.opus {
                try compare(recipe, of: wide, in: folder, delay: 1000, tolerance: 2e-3)
            }
        }
    }

    /// The samples are ffmpeg's own then, without a delay.
    @Test(
        .enabled(
            if: SoundProgram.has("ffmpeg", "ffprobe") && SoundProgram.ffmpegWrites("aac"), "needs ffmpeg with AAC"),
        arguments: SoundVariants.aac.map(\.name))
    func sameSamplesOfAACAsFFmpeg(name: String) throws {
        try withTemporaryFolder { folder in
            let recipe = try #require(SoundVariants.aac.first { $0.name == name })
            try compare(recipe, of: SoundFiles.url("ok16.wav"), in: folder, delay: 0, tolerance: 1e-6)
        }
    }

    @Test func thereAreSixtyVariants() {
        let all =
            SoundVariants.lossless + SoundVariants.blocks + SoundVariants.mpeg + SoundVariants.vorbis
            + SoundVariants.opus + SoundVariants.aac
        #expect(all.count >= 60 && Set(all.map(\.name)).count == all.count)
    }

    /// MPEG audio whose length is an estimate, or that is followed by what is no sound.
    @Test func mpegAgainstFFmpeg() throws {
        let decoded = try SoundFiles.decodedByFFmpeg()
        for (name, expected) in decoded where name.contains(".mp") {
            let read = try AudioFile.decode(at: SoundFiles.url(name))
            #expect(read.clip.sampleRate == expected.rate)
            #expect(abs(read.clip.samples.count - expected.frames) <= 1152, "\(name): \(read.clip.samples.count)")
            let samples = read.clip.samples
            let places = stride(from: 0, to: min(samples.count, expected.frames) - 1152, by: expected.step)
            let largest = zip(places, expected.samples).reduce(Float(0)) { max($0, abs(samples[$1.0] - $1.1)) }
            #expect(largest < 1e-3, "\(name): \(largest)")
            #expect(SoundFiles.frames(SoundFiles.url(name)) == read.clip.samples.count)
        }
    }

    @Test func whatFollowsAStreamIsTold() throws {
        #expect(try AudioFile.decode(at: SoundFiles.url("mp3_zeros_after.mp3")).remarks == [])
        guard case .skipped(let bytes) = try AudioFile.decode(at: SoundFiles.url("mp3_junk_after.mp3")).remarks.first
        else {
            Issue.record("nothing is said of the bytes after the sound")
            return
        }
        #expect(bytes > 20_000)
    }

    /// A stream whose header promises more frames than follow is cut; one without a header is as long as it is.
    @Test(.enabled(if: tools, "lame makes the files")) func cutMPEG() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.mp3")
            for (recipe, isPromised) in [
                (SoundVariants.lame("", "-V 4"), true), (SoundVariants.lame("", "-b 64"), true),
                (SoundVariants.lame("", "-t -b 64"), false), (SoundVariants.ffmpeg("", "-f mp2 -ar 32000"), false),
            ] {
                try SoundVariants.make(file, of: SoundFiles.url("ok16.wav"), recipe.arguments)
                let whole = try AudioFile.read(at: file).samples
                let data = try Data(contentsOf: file)
                try data.prefix(data.count / 2 + 7).write(to: file)
                if isPromised { #expect(throws: AudioError.self) { try AudioFile.read(at: file) } }
                let read = try AudioFile.decode(at: file, truncated: .accept)
                #expect(read.clip.samples.count > whole.count / 3 && read.clip.samples.count < whole.count)
                #expect(!read.remarks.isEmpty)
            }
        }
    }
}

/// Parts of a file are the samples that the whole has there.
@Suite struct PartTests {
    private func check(_ file: URL, parts: Int, tolerance: Float, seed: UInt64) throws {
        let whole = try AudioFile.read(at: file)
        let count = whole.samples.count
        var generator = RandomKey(seed: seed).generator
        for index in 0..<parts {
            // The last samples, single ones, the first and the last of all, and others.
            let random = Int.random(in: 0..<count, using: &generator)
            let first = index < 4 ? [count - 1, 0, count - 2, count - 5000][index] : random
            let near = index % 3 == 0 ? max(0, count - 1 - first % 40_000) : first
            let start = index < 4 ? first : near
            let length = index % 5 == 0 ? 1 : min(count - start, Int.random(in: 1...20_000, using: &generator))
            let part = try AudioFile.read(
                at: file, from: (Double(start) + 0.25) / whole.sampleRate,
                duration: (Double(length) + 0.25) / whole.sampleRate)
            let difference = SoundFiles.largestDifference(part.samples, Array(whole.samples[start..<start + length]))
            #expect(difference <= tolerance, "\(file.lastPathComponent): \(length) from \(start) of \(count)")
        }
    }

    @Test func ofVorbis() throws {
        try check(SoundFiles.url("vorbis_30s_seek.ogg"), parts: 60, tolerance: 0, seed: 1)
    }

    @Test(.enabled(if: SoundProgram.has("ffmpeg", "sox", "lame", "oggenc", "opusenc"), "these programs make the files"))
    func ofEveryFormat() throws {
        try withTemporaryFolder { folder in
            let sound = folder.appendingPathComponent("sound.wav")
            let clip = try AudioFile.read(at: SoundFiles.url("vorbis_30s_seek.ogg"), duration: 12)
            try AudioFile.write(clip, to: sound)
            let names = ["v4.mp3", "cbr32.mp3", "barevbr.mp3", "a.mp2", "mp3.wav"]
            let mpeg = SoundVariants.mpeg.filter { names.contains($0.name) }
            let lossless = Array(SoundVariants.lossless.dropFirst(14))
            let exact = lossless + SoundVariants.blocks + SoundVariants.vorbis + mpeg
            for (index, recipe) in exact.enumerated() {
                let file = folder.appendingPathComponent(recipe.name)
                try SoundVariants.make(file, of: sound, recipe.arguments)
                // The decoder of MPEG audio adds up in an order that depends on where it began.
                let isMPEG = names.contains(recipe.name)
                try check(file, parts: 16, tolerance: isMPEG ? 3e-7 : 0, seed: UInt64(index))
            }
            for (index, recipe) in SoundVariants.opus.enumerated() {
                let file = folder.appendingPathComponent(recipe.name)
                try SoundVariants.make(file, of: sound, recipe.arguments)
                // Opus predicts from what came before; a second on, what remains of the difference is rounding.
                try check(file, parts: 16, tolerance: 1e-4, seed: UInt64(index))
            }
        }
    }
}

/// Sound that comes through a pipe.
@Suite struct PipedSoundTests {
    @Test func descriptors() throws {
        let file = SoundFiles.url("ok16.wav")
        let expected = try AudioFile.read(at: file, sampleRate: 8000, from: 0.5, duration: 0.5)
        let pipe = Pipe()
        let data = try Data(contentsOf: file)
        // No more than a pipe holds.
        #expect(data.count < 65_536)
        pipe.fileHandleForWriting.write(data)
        try pipe.fileHandleForWriting.close()
        let read = try AudioFile.decode(
            descriptor: pipe.fileHandleForReading.fileDescriptor, name: "standard input", sampleRate: 8000, from: 0.5,
            duration: 0.5)
        #expect(read == DecodedAudio(clip: expected))
    }

    @Test func namedPipes() throws {
        try withTemporaryFolder { folder in
            let pipe = folder.appendingPathComponent("pipe.flac")
            mkfifo(pipe.path, 0o600)
            let data = try Data(contentsOf: SoundFiles.url("flac_pipe.flac"))
            let writing = Thread { try? data.write(to: pipe) }
            writing.start()
            let read = try AudioFile.decode(at: pipe)
            #expect(read.clip == (try AudioFile.read(at: SoundFiles.url("ok16.wav"))))
            #expect(read.remarks == [.lengthNotStated])
            #expect(throws: AudioError.notAFile(path: pipe.path)) { try AudioFile.info(at: pipe) }
        }
    }

    @Test func whatIsEmptyOrNoSound() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.close()
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        #expect(throws: AudioError.emptyFile(path: "-")) { try AudioFile.decode(descriptor: descriptor, name: "-") }
    }
}
