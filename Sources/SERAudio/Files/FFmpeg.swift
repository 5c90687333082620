// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The ffmpeg program, which decodes the formats that libsndfile lacks where it is installed. Nothing is linked.
///
/// It is looked for in the folders of `PATH` whenever such a file is read. The environment variable `SER_FFMPEG` names
/// another program or path; `off` stands for none.
package enum FFmpeg {
    /// A program that was found; nil where there is none, or none is wanted.
    package static func program(
        in environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        let wanted = environment[FFmpegFailure.variable].flatMap { $0.isEmpty ? nil : $0 } ?? "ffmpeg"
        guard wanted != "off" else { return nil }
        if wanted.contains("/") { return wanted }
        let folders = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(wanted)" }
        // A name that was asked for and is not there is told when it is run.
        return folders.first { access($0, X_OK) == 0 } ?? (environment[FFmpegFailure.variable] == wanted ? wanted : nil)
    }

    /// The sound of a file as 32-bit floating point, at its own rate and with all its channels, in an AU file without a
    /// name; and whether ffmpeg found it damaged, which is an error unless it is accepted.
    static func decode(
        _ own: ByteSource, _ path: String, _ format: ForeignFormat, _ truncated: TruncatedFiles
    ) throws(AudioError) -> (source: ByteSource, isDamaged: Bool) {
        guard let program = program() else { throw .needsFFmpeg(path: path, format: format.title) }
        do throws(FFmpegFailure) { return try decode(own, path, format, truncated, by: program) } catch {
            throw .ffmpegFailed(path: path, format: format.title, error)
        }
    }

    private static func decode(
        _ own: ByteSource, _ path: String, _ format: ForeignFormat, _ truncated: TruncatedFiles, by program: String
    ) throws(FFmpegFailure) -> (source: ByteSource, isDamaged: Bool) {
        // What came from a pipe is given a name meanwhile, since ffmpeg must be able to go back in it.
        let input = try own.isInMemory ? TemporaryCopy(of: own) : nil
        let store = try NamelessFile()
        let child = child(program, input?.path ?? path, format, truncated)
        let run = child.run(limits: limits, isCancelled: { Task.isCancelled }) { store.append($0) }
        let complaint = complaint(run.errors, input?.path ?? path)
        if let failure = failure(run.ending, complaint, store, truncated) { throw failure }
        guard let source = try store.soundOfAU() else {
            throw .complained(of: complaint.isEmpty ? "it gave no sound" : complaint)
        }
        return (source, !complaint.isEmpty)
    }

    /// Six hours of one channel at 48 kHz, or three of two.
    private static let limits = ChildProgram.Limits(bytes: 1 << 32 - 1, silence: 30, seconds: 3600)

    private static func child(
        _ program: String, _ path: String, _ format: ForeignFormat, _ truncated: TruncatedFiles
    ) -> ChildProgram {
        var environment = ProcessInfo.processInfo.environment
        environment["FFREPORT"] = nil  // would write a file
        environment["AV_LOG_FORCE_NOCOLOR"] = "1"
        // Damage ends it.
        let strict = truncated == .accept ? [] : ["-xerror"]
        // One local file, one way of reading it: no playlist, no network, no other file that the contents name.
        return ChildProgram(
            path: program,
            arguments: [
                "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1",
            ] + strict + [
                "-protocol_whitelist", "file", "-f", format.demuxer, "-i", "file:\(path)",
                "-map", "0:a:0", "-map_metadata", "-1", "-threads", "1", "-c:a", "pcm_f32be", "-f", "au", "pipe:1",
            ],
            environment: environment)
    }

    /// What ffmpeg said last, without the file's name and the places in memory that it puts in front.
    private static func complaint(_ errors: String, _ path: String) -> String {
        let lines = errors.replacingOccurrences(of: "file:\(path): ", with: "").split(whereSeparator: \.isNewline)
        let place = #"^\[[^\]]* @ 0x[0-9a-f]+\] "#
        let bare = lines.map { $0.replacingOccurrences(of: place, with: "", options: .regularExpression) }
        return bare.suffix(3).joined(separator: "; ")
    }

    private static func failure(
        _ ending: ChildProgram.Ending, _ errors: String, _ store: NamelessFile, _ truncated: TruncatedFiles
    ) -> FFmpegFailure? {
        switch ending {
        case .exited(code: 0): return errors.isEmpty || truncated == .accept ? nil : .complained(of: errors)
        case .exited(let code): return .complained(of: errors.isEmpty ? "exit code \(code)" : errors)
        case .signalled(let signal): return .complained(of: "it was ended by signal \(signal)")
        case .notStarted(let code): return .notStarted(reason: String(cString: strerror(code)))
        case .tooMuchOutput: return .tooLong
        case .tooSlow: return .tooSlow
        case .cancelled: return .cancelled
        case .outputRefused: return .noRoom(reason: String(cString: strerror(store.failure)))
        }
    }
}
