// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct SynthesizeCommandTests {
    private func files(in folder: URL) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".wav") }.sorted()
    }

    @Test func writesACorpusThatInspectCallsSynthetic() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            let written = try await Command.run(["synthesize", corpus.path, "--words", "2", "--json"])
            #expect(written.code == 0, "\(written.errors)")
            #expect(try object(written.output)["clips"] as? Int == 28)
            #expect(try files(in: corpus).count == 28)
            // Standard error is a pipe here: a plain line, no cursor movements.
            #expect(written.errors.contains("28/28 clips") && !written.errors.contains("\u{1B}"))
            let report = try object(try await Command.run(["inspect", corpus.path, "--json"]).output)
            #expect(report["synthetic"] as? Bool == true)
            #expect(report["clips"] as? Int == 28)
        }
    }

    @Test func threadsDoNotChangeTheSounds() async throws {
        try await withFolder { folder in
            let folders = ["one", "two"].map { folder.appendingPathComponent($0) }
            for (corpus, threads) in zip(folders, ["1", "2"]) {
                let result = try await Command.run(
                    ["synthesize", corpus.path, "--words", "1", "--seed", "5", "--threads", threads])
                #expect(result.code == 0, "\(result.errors)")
            }
            let names = try files(in: folders[0])
            #expect(names.count == 14)
            #expect(try files(in: folders[1]) == names)
            for name in names {
                let sounds = try folders.map { try Data(contentsOf: $0.appendingPathComponent(name)) }
                #expect(sounds[0] == sounds[1], "\(name)")
            }
        }
    }

    @Test func stopsCleanlyAndTakesUpAgain() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            let arguments = ["synthesize", corpus.path, "--words", "100", "--threads", "1"]
            // Stopped as soon as the folder is there, or later when the machine is busy: well before the last of 1,400.
            let stopped = try await Command.run(arguments, interruptWhenExists: corpus)
            #expect(stopped.code == 130, "\(stopped.errors)")
            #expect(stopped.output.isEmpty)
            #expect(stopped.errors.contains("Stopped."))
            let kept = try files(in: corpus)
            #expect((0..<1400).contains(kept.count))
            let all = try FileManager.default.subpathsOfDirectory(atPath: corpus.path)
            #expect(!all.contains { $0.hasSuffix(".part") }, "a half-written file remains")
        }
    }

    private static let setpriv = "/usr/bin/setpriv"

    /// A folder that may be written to and not looked into is not taken for an empty one. Root may look into all.
    @Test(.enabled(if: getuid() != 0 || FileManager.default.isExecutableFile(atPath: setpriv)))
    func refusesFoldersThatCannotBeLookedInto() async throws {
        try await withFolder { folder in
            let closed = folder.appendingPathComponent("closed")
            try FileManager.default.createDirectory(at: closed, withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: closed.appendingPathComponent("README.txt"))
            for (path, mode) in [(closed.path, 0o333), (folder.path, 0o777)] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            }
            defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: closed.path) }
            let arguments = ["synthesize", closed.path, "--words", "1"]
            let program = Command.executable("ser").path
            let result =
                getuid() != 0
                ? try await Command.run(arguments)
                : try await Command.run(
                    ["--reuid=65534", "--regid=65534", "--clear-groups", program] + arguments,
                    at: URL(fileURLWithPath: Self.setpriv))
            #expect(result.code == 1 && result.errors.contains("cannot be seen"), "\(result.errors)")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: closed.path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: closed.path) == ["README.txt"])
        }
    }

    @Test func refusesFoldersThatHoldSomethingElse() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("notes.txt")
            try Data("mine".utf8).write(to: file)
            for arguments in [
                [folder.path], [file.path], [file.path + "/below"], [folder.path + "/x", "--words", "0"],
            ] {
                let result = try await Command.run(["synthesize"] + arguments)
                #expect(result.code == 1 && result.output.isEmpty, "\(arguments): \(result.errors)")
                #expect(result.errors.hasPrefix("Error: "))
            }
            #expect(try Data(contentsOf: file) == Data("mine".utf8))
        }
    }
}
