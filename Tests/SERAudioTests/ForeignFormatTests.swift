// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import Testing

/// The programs that make and decode the formats of these tests, where they are installed.
private let ffmpeg = FFmpeg.program(in: ProcessInfo.processInfo.environment)

private func fixture(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Fixtures/foreign/\(name)")
        .standardizedFileURL
}

/// What ffmpeg prints for some arguments.
private func run(_ arguments: [String]) throws -> [UInt8] {
    var output: [UInt8] = []
    let limits = ChildProgram.Limits(bytes: 1 << 28, silence: 60, seconds: 60)
    let child = ChildProgram(path: try #require(ffmpeg), arguments: ["-nostdin", "-v", "error", "-y"] + arguments)
    let end = child.run(limits: limits) {
        output += $0; return true
    }
    try #require(end.ending == .exited(code: 0), "\(end.errors)")
    return output
}

/// 32-bit floating-point samples, the mean over channels.
private func samples(_ bytes: [UInt8], channels: Int = 1) -> [Float] {
    let values = stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { place in
        Float(bitPattern: bytes[place..<place + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
    return stride(from: 0, to: values.count, by: channels).map { frame in
        values[frame..<frame + channels].reduce(0, +) / Float(channels)
    }
}

@Suite struct ForeignFormatTests {
    /// The sound of the fixtures, as the CAF file holds it: 16 bits, the high byte first, to the end of the file.
    private var original: [Float] {
        get throws {
            let bytes = [UInt8](try Data(contentsOf: fixture("caf_minus1.caf")).dropFirst(0x44))
            return stride(from: 0, to: bytes.count, by: 2).map {
                Float(Int16(bitPattern: UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]))) / 32_768
            }
        }
    }

    @Test(.enabled(if: ffmpeg != nil, "ffmpeg is not installed"), arguments: ["flac_in_ogg.oga", "caf_minus1.caf"])
    func losslessFilesGiveTheirSamples(_ name: String) throws {
        let clip = try AudioFile.read(at: fixture(name))
        #expect(try clip.sampleRate == 16_000 && clip.samples == original)
        #expect(try AudioFile.info(at: fixture(name)).frames == 24_000)
    }

    @Test(
        .enabled(if: ffmpeg != nil, "ffmpeg is not installed"),
        arguments: [
            ("a.m4a", 16_000.0, "MPEG-4 (m4a, mp4), by ffmpeg"), ("w.webm", 48_000, "WebM or Matroska, by ffmpeg"),
        ])
    func othersGiveWhatTheirDecoderGives(_ name: String, rate: Double, format: String) throws {
        let peer = samples(try run(["-i", fixture(name).path, "-f", "f32le", "-"]))
        let clip = try AudioFile.read(at: fixture(name)), info = try AudioFile.info(at: fixture(name))
        #expect(clip.samples == peer && clip.sampleRate == rate)
        #expect(info.format == format && info.frames == peer.count && info.channels == 1)
        // A part is a part of the whole.
        let part = try AudioFile.read(at: fixture(name), from: 0.5, duration: 0.25)
        let start = Int(0.5 * rate)
        #expect(part.samples == Array(peer[start..<start + Int(0.25 * rate)]))
    }

    @Test(
        .enabled(if: ffmpeg != nil, "ffmpeg is not installed"),
        arguments: [
            "b.aac", "b.wma", "b.mka", "b.mp4", "b.wv", "b.tta", "b.3gp", "b.mov", "b.flv", "b.ac3", "b.eac3", "b.dts",
        ])
    func everyContainerIsRead(_ name: String) throws {
        try withTemporaryFolder { folder in
            // A name that programs could take for an option, a protocol or a pattern.
            let file = folder.appendingPathComponent("-i http: %03d 'é' " + name)
            let source = "aevalsrc=0.4*sin(500*t)|0.3*sin(900*t):d=1.3:s=16000"
            let ending = String(name.dropFirst(2))
            let rate = ["flv": 22_050, "ac3": 48_000, "eac3": 48_000, "dts": 48_000][ending] ?? 16_000
            let codec =
                (["3gp", "flv"].contains(ending) ? ["-c:a", "aac"] : [])
                + (ending == "dts" ? ["-c:a", "dca", "-strict", "-2"] : []) + ["-ar", "\(rate)"]
            _ = try run(["-f", "lavfi", "-i", source, "-bitexact"] + codec + ["file:\(file.path)"])
            let peer = samples(try run(["-i", "file:\(file.path)", "-f", "f32le", "-"]), channels: 2)
            let clip = try AudioFile.read(at: file), info = try AudioFile.info(at: file)
            #expect(info.channels == 2 && info.sampleRate == Double(rate))
            #expect(clip.samples == peer && clip.duration > 1.25)
            // ffmpeg itself does not miss the end of a stream of DTS.
            guard ending != "dts" else { return }
            // Cut in half, it is not taken for a shorter one.
            let half = folder.appendingPathComponent("half." + name)
            let bytes = try Data(contentsOf: file)
            try bytes.prefix(bytes.count / 2).write(to: half)
            #expect(throws: AudioError.self) { try AudioFile.read(at: half) }
        }
    }

    /// libsndfile takes the headers of such files for damaged.
    @Test(
        .enabled(if: ffmpeg != nil, "ffmpeg is not installed"),
        arguments: [["-c:a", "g722"], ["-c:a", "ac3", "-ar", "48000"], ["-c:a", "wmav2"]])
    func codecsThatWAVHoldsSeldomAreRead(_ codec: [String]) throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            let source = "aevalsrc=0.4*sin(500*t):d=1.3:s=16000"
            _ = try run(["-f", "lavfi", "-i", source, "-bitexact"] + codec + ["file:\(file.path)"])
            let peer = samples(try run(["-i", "file:\(file.path)", "-f", "f32le", "-"]))
            #expect(try AudioFile.read(at: file).samples == peer)
            let bytes = try Data(contentsOf: file)
            try bytes.prefix(bytes.count / 2).write(to: file)
            #expect(throws: AudioError.self) { try AudioFile.read(at: file) }
            // What is damaged is damaged, and no other codec.
            try bytes.prefix(30).write(to: file)
            #expect(throws: AudioError.self) { try AudioFile.read(at: file) }
        }
    }

    /// Told by name, whether ffmpeg decodes them or fails as it does with AAC of its own making; what its header calls
    /// plain samples is not heard as noise.
    @Test(.enabled(if: ffmpeg != nil, "ffmpeg is not installed"))
    func whatWAVHoldsIsToldByName() throws {
        try withTemporaryFolder { folder in
            let source = ["-f", "lavfi", "-i", "aevalsrc=0.4*sin(500*t):d=1.3:s=44100", "-bitexact"]
            func make(_ name: String, _ codec: [String]) throws -> URL {
                let file = folder.appendingPathComponent(name)
                _ = try run(source + codec + ["file:\(file.path)"])
                return file
            }
            let dts = try make("a.dts", ["-c:a", "dca", "-strict", "-2", "-ac", "2"])
            #expect(try AudioFile.info(at: dts).format == "DTS, by ffmpeg")
            let inWAV = try make("dts.wav", ["-c:a", "dca", "-strict", "-2", "-ac", "2"])
            #expect(try AudioFile.info(at: inWAV).format == "WAV that holds DTS, by ffmpeg")
            let ac3 = try make("ac3.wav", ["-c:a", "ac3", "-ar", "48000"])
            #expect(try AudioFile.info(at: ac3).format == "WAV that holds Dolby Digital (AC-3), by ffmpeg")
            let aac = try make("aac.wav", ["-c:a", "aac"])
            do {
                #expect(try AudioFile.info(at: aac).format == "WAV that holds AAC, by ffmpeg")
            } catch let error as AudioError {
                #expect(error.description.contains("WAV that holds AAC, which ffmpeg was asked to decode"))
            }
            // As it lies on audio CDs: the tag of plain samples, and words whose low byte comes first.
            let bytes = [UInt8](try Data(contentsOf: dts))
            let plain = folder.appendingPathComponent("plain.wav")
            try AudioFile.write(
                AudioClip(samples: [Float](repeating: 0, count: bytes.count / 2), sampleRate: 44_100), to: plain)
            var wave = [UInt8](try Data(contentsOf: plain))
            for place in stride(from: 0, to: bytes.count - 1, by: 2) {
                wave[wave.count - bytes.count + place] = bytes[place + 1]
                wave[wave.count - bytes.count + place + 1] = bytes[place]
            }
            try Data(wave).write(to: plain)
            let found = try AudioFile.read(at: plain), expected = try AudioFile.read(at: dts)
            #expect(found.samples == expected.samples && found.samples.contains { $0 != 0 })
            #expect(try AudioFile.info(at: plain).format == "WAV that holds DTS, by ffmpeg")
        }
    }

    @Test func theSystemsReasonsAreToldWithWhatHelps() {
        func text(_ code: Int32) -> String {
            AudioError.unreadable(path: "/a.wav", reason: String(cString: strerror(code))).description
        }
        #expect(text(EMFILE).contains("ulimit -n 1024") && text(EACCES).contains("permissions"))
        #expect(text(ENAMETOOLONG).contains("shorter names") && text(EIO).contains("another disk"))
        #expect(
            AudioError.needsFFmpeg(path: "/b/a.wav", format: "x").description.hasSuffix(
                "ffmpeg -i /b/a.wav /b/a-plain.wav"))
    }

    @Test func whatIsNoSoundIsToldByName() throws {
        func error(_ file: URL) -> AudioError? {
            do throws(AudioError) { _ = try AudioFile.info(at: file) } catch { return error }
            return nil
        }
        let pointer = fixture("lfs.wav"), page = fixture("html.wav")
        #expect(error(pointer) == .placeholder(path: pointer.path, .gitLFS))
        #expect(error(pointer)?.description.contains("git lfs pull") == true)
        #expect(error(page) == .text(path: page.path, .webPage))
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            let cases: [(String, (String) -> AudioError)] = [
                ("/annex/objects/SHA256E-s72862--00.wav\n", { .placeholder(path: $0, .gitAnnex) }),
                (
                    "../../.git/annex/objects/3k/7Q/SHA256E-s7--00.wav/SHA256E-s7--00.wav",
                    { .placeholder(path: $0, .gitAnnex) }
                ),
                ("\u{feff}\r\n <!doctype HTML>", { .text(path: $0, .webPage) }),
                ("<?xml version=\"1.0\"?>\n<html xmlns='x'>", { .text(path: $0, .webPage) }),
                (
                    "<?xml version=\"1.0\"?>\n<Error/>",
                    { .text(path: $0, .plain(beginning: "<?xml version=\"1.0\"?>")) }
                ),
                ("path,label\nÄ.wav,angry\n", { .text(path: $0, .plain(beginning: "path,label")) }),
                (
                    String(repeating: "é", count: 5000),
                    { .text(path: $0, .plain(beginning: String(repeating: "é", count: 40))) }
                ),
            ]
            for (text, expected) in cases {
                try Data(text.utf8).write(to: file)
                #expect(error(file) == expected(file.path), "\(text.prefix(40))")
            }
            // Bytes that are neither text nor sound.
            try Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }).write(to: file)
            guard case .notAudio = error(file) else { Issue.record("\(String(describing: error(file)))"); return }
        }
    }

    /// A playlist, or a list of files to join, is read as what its name says and as nothing else.
    @Test(.enabled(if: ffmpeg != nil, "ffmpeg is not installed"))
    func noFileLeadsToAnother() throws {
        try withTemporaryFolder { folder in
            let secret = folder.appendingPathComponent("secret.wav")
            try AudioFile.write(chirp(count: 16_000), to: secret)
            let texts = [
                "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://\(secret.path)\n#EXT-X-ENDLIST\n",
                "ffconcat version 1.0\nfile '\(secret.path)'\n",
            ]
            for text in texts {
                for head in ["", "\0\0\0\u{14}ftypM4A ", "OggS", "caff"] {
                    let file = folder.appendingPathComponent("list.m4a")
                    try Data((head + text).utf8).write(to: file)
                    #expect(throws: AudioError.self, "\(head)\(text)") { try AudioFile.read(at: file) }
                }
            }
        }
    }

    @Test func theProgramIsFoundAsTheVariableSays() throws {
        try withTemporaryFolder { folder in
            let program = folder.appendingPathComponent("ffmpeg").path
            let other = folder.appendingPathComponent("mine").path
            for file in [program, other] {
                try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: file))
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
            }
            let path = "/nowhere:\(folder.path)"
            #expect(FFmpeg.program(in: ["PATH": path]) == program)
            #expect(FFmpeg.program(in: ["PATH": path, "SER_FFMPEG": ""]) == program)
            #expect(FFmpeg.program(in: ["PATH": path, "SER_FFMPEG": "mine"]) == other)
            #expect(FFmpeg.program(in: ["PATH": path, "SER_FFMPEG": other]) == other)
            #expect(FFmpeg.program(in: ["PATH": path, "SER_FFMPEG": "off"]) == nil)
            #expect(FFmpeg.program(in: ["PATH": "/nowhere"]) == nil && FFmpeg.program(in: [:]) == nil)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: program)
            #expect(FFmpeg.program(in: ["PATH": path]) == nil)
        }
    }
}
