// SPDX-License-Identifier: Apache-2.0

import CSERSignals
import Foundation

/// A program that is run as a child, without a shell and without input, and whose output is read as it comes.
///
/// The child has a process group of its own, so that Ctrl-C reaches the parent alone; it is always waited for, and
/// killed with whatever it started where it takes more than it may.
package struct ChildProgram: Sendable {
    /// What a child may take.
    package struct Limits: Sendable {
        /// Bytes of output.
        package var bytes: Int
        /// Seconds without output.
        package var silence: Double
        /// Seconds from its start.
        package var seconds: Double

        package init(bytes: Int, silence: Double, seconds: Double) {
            self.bytes = bytes
            self.silence = silence
            self.seconds = seconds
        }
    }

    /// How a child came to its end.
    package enum Ending: Sendable, Equatable {
        /// It ended by itself.
        case exited(code: Int32)
        /// A signal ended it.
        case signalled(Int32)
        /// It could not be started; the system's number for the reason.
        case notStarted(code: Int32)
        /// It was killed, having written more than it may.
        case tooMuchOutput
        /// It was killed, having taken more time than it may.
        case tooSlow
        /// It was killed, since nobody waits for it any longer.
        case cancelled
        /// It was killed, since what it wrote was not taken.
        case outputRefused
    }

    /// Its file.
    package let path: String
    /// What follows its name.
    package let arguments: [String]
    /// Its environment; the parent's otherwise.
    package var environment: [String: String]

    package init(
        path: String, arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// Runs the program to its end.
    /// - Parameters:
    ///   - limits: What it may take.
    ///   - isCancelled: Asked every tenth of a second.
    ///   - output: Takes what the child writes to standard output; false ends the child.
    /// - Returns: How it ended, and the beginning of what it wrote to standard error.
    package func run(
        limits: Limits, isCancelled: () -> Bool = { false }, output: (UnsafeRawBufferPointer) -> Bool
    ) -> (ending: Ending, errors: String) {
        guard let written = PipeEnds() else { return (.notStarted(code: errno), "") }
        guard let complaints = PipeEnds() else {
            written.close()
            return (.notStarted(code: errno), "")
        }
        var process: pid_t = 0
        let code = spawn(&process, output: written.write, errors: complaints.write)
        Foundation.close(written.write)
        Foundation.close(complaints.write)
        defer {
            Foundation.close(written.read)
            Foundation.close(complaints.read)
        }
        guard code == 0 else { return (.notStarted(code: code), "") }
        var streams = ChildStreams(output: written.read, errors: complaints.read, limits: limits)
        let stopped = streams.drain(isCancelled: isCancelled, output: output)
        return (end(process, stopped, waitingUntil: streams.deadline), streams.complaint)
    }

    /// Waits for the child, which is killed where it was stopped or does not end by itself.
    private func end(_ process: pid_t, _ stopped: Ending?, waitingUntil deadline: Double) -> Ending {
        var ending = stopped
        var status: Int32 = 0
        while ending == nil {
            let answer = waitpid(process, &status, WNOHANG)
            if answer == process { return Self.ending(status) }
            if answer < 0, errno != EINTR { return .exited(code: -1) }
            if ChildStreams.now > deadline { ending = .tooSlow } else { usleep(1000) }
        }
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return ending ?? Self.ending(status)
    }

    private static func ending(_ status: Int32) -> Ending {
        let signal = status & 0x7f
        return signal == 0 ? .exited(code: status >> 8 & 0xff) : .signalled(signal)
    }

    /// The system's number for what went wrong, or 0.
    private func spawn(_ process: inout pid_t, output: Int32, errors: Int32) -> Int32 {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
            let flags =
                POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_CLOEXEC_DEFAULT
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
            let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + settings { free(text) } }
        return posix_spawn(&process, path, &actions, &attributes, &words, &settings)
    }
}

/// The two ends of a pipe, neither of which children inherit.
private struct PipeEnds {
    let read, write: Int32

    init?() {
        var ends: [Int32] = [-1, -1]
        guard ser_pipe(&ends) == 0 else { return nil }
        (read, write) = (ends[0], ends[1])
    }

    func close() {
        Foundation.close(read)
        Foundation.close(write)
    }
}

/// What a child writes.
private struct ChildStreams {
    private let limits: ChildProgram.Limits
    private let start = Self.now
    private var lastOutput = Self.now
    private var bytes = 0
    private var errors: [UInt8] = []
    private var watched: [pollfd]

    /// As much of standard error as is kept.
    private static let keptErrors = 4096

    static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

    /// When the child has taken all the time that it may.
    var deadline: Double { min(lastOutput + limits.silence, start + limits.seconds) }

    /// What the child complained of.
    var complaint: String {
        String(decoding: errors, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    init(output: Int32, errors: Int32, limits: ChildProgram.Limits) {
        self.limits = limits
        watched = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    }

    /// Reads both streams to their ends; answers why it stopped before.
    mutating func drain(
        isCancelled: () -> Bool, output: (UnsafeRawBufferPointer) -> Bool
    ) -> ChildProgram.Ending? {
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { space.deallocate() }
        while watched.contains(where: { $0.fd >= 0 }) {
            if isCancelled() { return .cancelled }
            if Self.now > deadline { return .tooSlow }
            guard poll(&watched, nfds_t(watched.count), 100) > 0 else { continue }
            if let piece = read(0, into: space), !piece.isEmpty {
                bytes += piece.count
                lastOutput = Self.now
                if bytes > limits.bytes { return .tooMuchOutput }
                if !output(piece) { return .outputRefused }
            }
            if let piece = read(1, into: space) {
                errors.append(contentsOf: piece.prefix(Self.keptErrors - errors.count))
            }
        }
        return nil
    }

    /// What has come in one of the streams; nil where nothing has, empty at its end.
    private mutating func read(
        _ stream: Int, into space: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        guard watched[stream].fd >= 0, watched[stream].revents != 0 else { return nil }
        let count = Foundation.read(watched[stream].fd, space.baseAddress, space.count)
        if count < 0 && (errno == EINTR || errno == EAGAIN) { return nil }
        if count <= 0 { watched[stream].fd = -1 }
        return UnsafeRawBufferPointer(rebasing: space[..<max(0, count)])
    }
}
