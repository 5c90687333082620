// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a command has written so far, for whoever watches it run.
final class Transcript: @unchecked Sendable {
    private let lock = NSLock()
    private var data = Data()

    var text: String { lock.withLock { String(decoding: data, as: UTF8.self) } }

    fileprivate func append(_ piece: Data) { lock.withLock { data += piece } }
}

/// Runs the built `ser` as a user's shell does.
struct Command {
    let code: Int32
    let output: String
    let errors: String

    /// An executable, built beside the bundle of the tests.
    static func executable(_ name: String) -> URL {
        var folder =
            Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
            ?? URL(fileURLWithPath: CommandLine.arguments[0])
        for _ in 0..<4 {
            let candidate = folder.appendingPathComponent(name)
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
                return candidate
            }
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent(name)
    }

    /// Runs the tool, an example program or another program to its end; it gets SIGINT, or another signal, when
    /// standard error first holds `text`, or when `file` exists, and SIGKILL after so many seconds. It reads `input`,
    /// and runs in `folder`. What it writes to standard error so far stands in `errors`.
    ///
    /// All waiting is done on threads of its own: the few threads of Swift's pool may be busy with other tests.
    static func run(
        _ arguments: [String], of name: String = "ser", at program: URL? = nil, environment: [String: String] = [:],
        interruptAfter text: String? = nil, interruptWhenExists file: URL? = nil, killAfter seconds: Double? = nil,
        signal: Int32 = SIGINT, input: String = "/dev/null", in folder: URL? = nil,
        errors transcript: Transcript = Transcript()
    ) async throws -> Command {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try runBlocking(
                            arguments, program ?? executable(name), environment, interruptAfter: text,
                            interruptWhenExists: file, killAfter: seconds, signal, input, folder, transcript)
                    })
            }
        }
    }

    private static func runBlocking(
        _ arguments: [String], _ program: URL, _ environment: [String: String], interruptAfter text: String?,
        interruptWhenExists file: URL?, killAfter seconds: Double?, _ signal: Int32, _ input: String,
        _ folder: URL?, _ transcript: Transcript
    ) throws -> Command {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = folder }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle(forReadingAtPath: input)
        try process.run()
        let identifier = process.processIdentifier
        let printed = Reader(output.fileHandleForReading)
        let complained = Reader(errors.fileHandleForReading, into: transcript, until: text) { kill(identifier, signal) }
        if let file {
            while process.isRunning, !FileManager.default.fileExists(atPath: file.path) { usleep(20_000) }
            kill(identifier, signal)
        }
        if let seconds {
            usleep(UInt32(seconds * 1e6))
            kill(identifier, SIGKILL)
        }
        let (outputData, errorData) = (printed.wait(), complained.wait())
        process.waitUntilExit()
        return Command(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(decoding: outputData, as: UTF8.self), errors: String(decoding: errorData, as: UTF8.self))
    }
}

/// Reads a pipe to its end on a thread of its own.
private final class Reader: @unchecked Sendable {
    private var data = Data()
    private let end = DispatchSemaphore(value: 0)

    /// Calls `found` once, when what was read first holds `text`.
    init(
        _ handle: FileHandle, into transcript: Transcript = Transcript(), until text: String? = nil,
        found: @escaping @Sendable () -> Void = {}
    ) {
        Thread.detachNewThread { [self] in
            var isWaiting = text != nil
            while case let piece = handle.availableData, !piece.isEmpty {
                data += piece
                transcript.append(piece)
                if isWaiting, let text, String(decoding: data, as: UTF8.self).contains(text) {
                    isWaiting = false
                    found()
                }
            }
            end.signal()
        }
    }

    func wait() -> Data {
        end.wait()
        return data
    }
}
