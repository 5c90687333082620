// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Each file is closed once. Closed twice, its number may by then be that of a file or pipe which another thread has
/// just opened: its bytes are lost, or go elsewhere.
@Suite struct DescriptorTests {
    private static let strace = "/usr/bin/strace"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: strace), "there is no strace"))
    func filesThatAreRefusedAreClosedOnce() async throws {
        try await withFolder { folder in
            var files: [String] = []
            for (name, content) in [
                ("noise.wav", Data((0..<400).map { UInt8($0 * 37 % 251) })), ("half.wav", tone().prefix(30)),
                ("text.wav", Data("no sound at all".utf8)), ("empty.wav", Data()), ("sound.wav", tone()),
            ] {
                let file = folder.appendingPathComponent(name)
                try content.write(to: file)
                files.append(file.path)
            }
            let log = folder.appendingPathComponent("calls")
            for file in files {
                let run = try await Command.run(
                    ["-f", "-e", "trace=close", "-o", log.path, Command.executable("ser").path, "features", file],
                    at: URL(fileURLWithPath: Self.strace))
                #expect(run.code == (file.hasSuffix("sound.wav") ? 0 : 1), "\(run.errors)")
                let calls = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
                #expect(calls.contains { $0.contains("close(") })
                let failed = calls.filter { $0.contains("EBADF") }
                #expect(failed.isEmpty, "\(file): \(failed)")
            }
        }
    }
}
