// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Files of the kinds that common programs leave behind; see Tests/Fixtures/soundfiles.py.
enum SoundFiles {
    static let folder = AudioReference.folder.deletingLastPathComponent().appendingPathComponent("soundfiles")
    static func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// What ffmpeg decodes of a file.
    struct Decoded: Decodable {
        var rate: Double
        var frames: Int
        var step: Int
        var samples: [Float]
    }

    static func decodedByFFmpeg() throws -> [String: Decoded] {
        let file = folder.deletingLastPathComponent().appendingPathComponent("soundfiles.json")
        return try JSONDecoder().decode([String: Decoded].self, from: Data(contentsOf: file))
    }

    /// The error of a file that cannot be read.
    static func error(of name: String, truncated: TruncatedFiles = .refuse) -> AudioError? {
        do throws(AudioError) {
            _ = try AudioFile.decode(at: url(name), truncated: truncated)
            return nil
        } catch { return error }
    }

    /// How many frames the header tells, accepting a file that is cut; -1 where it cannot be read.
    static func frames(_ file: URL) -> Int { (try? AudioFile.info(at: file, truncated: .accept))?.frames ?? -1 }

    /// The largest difference between two rows of samples of one length; infinite where the lengths differ.
    static func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
        a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
    }
}

/// The programs that make and decode other formats.
enum SoundProgram {
    static func path(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static func has(_ names: String...) -> Bool { names.allSatisfy { path($0) != nil } }

    /// Whether the ffmpeg that is installed has an encoder.
    static func ffmpegWrites(_ encoder: String) -> Bool {
        guard let help = try? run("ffmpeg", ["-v", "quiet", "-h", "encoder=\(encoder)"]) else { return false }
        return String(decoding: help, as: UTF8.self).contains("Encoder \(encoder)")
    }

    /// Runs a program quietly and gives what it writes to standard output.
    @discardableResult
    static func run(_ name: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(path(name)))
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(program: name, arguments: arguments) }
        return data
    }

    struct Failure: Error, CustomStringConvertible {
        var program: String
        var arguments: [String]
        var description: String { "\(program) \(arguments.joined(separator: " ")) failed" }
    }

    /// What ffmpeg decodes of a file at a rate: the mean over channels. Opus is decoded by libopus, the reference.
    static func samplesByFFmpeg(_ file: URL, rate: Double, channels: Int) throws -> [Float] {
        let decoder = file.pathExtension == "opus" ? ["-c:a", "libopus"] : []
        let arguments = ["-i", file.path, "-map", "0:a:0", "-ar", "\(Int(rate))", "-f", "f32le", "-"]
        let data = try run("ffmpeg", ["-v", "quiet"] + decoder + arguments)
        return data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4 / channels).map { frame in
                let values = (0..<channels).map {
                    bytes.loadUnaligned(fromByteOffset: 4 * (frame * channels + $0), as: Float.self)
                }
                return values.reduce(0, +) / Float(channels)
            }
        }
    }
}
