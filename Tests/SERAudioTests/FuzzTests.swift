// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import Testing

/// Damaged headers: an error or a clip, quickly, and never more memory than the file warrants.
@Suite struct FuzzTests {
    private static func seeds() throws -> [Data] {
        let folder = AudioReference.folder
        let wav = try Data(contentsOf: folder.appendingPathComponent("buzz.wav")).prefix(2000)
        let floats = RawWAV(channels: 2, bits: 32, encoding: 3, body: RawWAV.floats((0..<300).map { Float($0) / 300 }))
        let aiff =
            Data("FORM".utf8) + Data([0, 0, 1, 46]) + Data("AIFFCOMM".utf8) + Data([0, 0, 0, 18, 0, 1])
            + Data([0, 0, 0, 128, 0, 16, 0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0]) + Data("SSND".utf8)
            + Data([0, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0]) + Data((0..<256).map { UInt8($0) })
        let au =
            Data(".snd".utf8) + Data([0, 0, 0, 24, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0x1f, 0x40, 0, 0, 0, 1])
            + Data((0..<256).map { UInt8($0) })
        return [Data(wav), floats.data, aiff, au]
    }

    @Test func seedsAreSound() throws {
        try withTemporaryFolder { folder in
            for (index, seed) in try Self.seeds().enumerated() {
                let file = folder.appendingPathComponent("\(index)")
                try seed.write(to: file)
                if index == 0 {
                    #expect(throws: AudioError.self) { try AudioFile.read(at: file) }  // cut short
                } else {
                    #expect(try AudioFile.read(at: file).samples.count > 100)
                }
            }
        }
    }

    /// In a process of its own: what a process holds at most is not one test's alone where others run beside it.
    @Test func damagedHeadersTakeLittleMemory() async {
        await #expect(processExitsWith: .success) {
            // What is made once for a process is made before memory is looked at.
            _ = try FuzzTests.readDamagedFiles(24)
            let before = FuzzTests.mostBytes()
            let clips = try FuzzTests.readDamagedFiles(600)
            let grown = FuzzTests.mostBytes() - before
            #expect(before > 0 && clips > 20 && clips < 580)
            #expect(grown < 64 << 20, "reading damaged files of 2 kB took \(grown) bytes")
        }
    }

    /// Reads so many damaged files: how many of them gave a clip all the same.
    private static func readDamagedFiles(_ count: Int) throws -> Int {
        let seeds = try seeds()
        var generator = RandomKey(seed: 7).generator
        var clips = 0
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("fuzz.wav")
            for round in 0..<count {
                var data = seeds[round % seeds.count]
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let at = Int.random(in: 0..<min(64, data.count), using: &generator)
                    let extremes: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &generator)]
                    data[data.startIndex + at] = extremes.randomElement(using: &generator) ?? 0
                }
                if round % 3 == 0 { data = data.prefix(Int.random(in: 1...data.count, using: &generator)) }
                try data.write(to: file)
                do throws(AudioError) {
                    let clip = try AudioFile.read(at: file, sampleRate: round % 2 == 0 ? nil : 22_050)
                    clips += 1
                    let isFinite = clip.samples.allSatisfy { $0.isFinite }
                    #expect(isFinite)
                } catch {
                    #expect(error.description.contains(file.path))
                }
                _ = try? AudioFile.info(at: file)
            }
        }
        return clips
    }

    /// The most memory that the process has held, in bytes.
    private static func mostBytes() -> Int {
        #if os(Linux)
            // Not getrusage: it also counts what the parent held before this program was started.
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        #else
            var usage = rusage()
            getrusage(RUSAGE_SELF, &usage)
            return Int(usage.ru_maxrss)
        #endif
    }
}
