// SPDX-License-Identifier: Apache-2.0

#if os(Linux)
    import Foundation
    import Testing

    /// The order of the system's calls, as strace shows them.
    @Suite struct FlushOrderTests {
        private static let strace = ["/usr/bin/strace", "/bin/strace"].first {
            FileManager.default.isExecutableFile(atPath: $0) && canTrace($0)
        }

        /// Whether tracing is allowed here; in some containers it is not.
        private static func canTrace(_ strace: String) -> Bool {
            (try? run(strace, ["-o", "/dev/null", "true"])) == 0
        }

        private static func run(_ program: String, _ arguments: [String]) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }

        /// The calls that a program makes on one file and the folder it lies in, each with its arguments.
        private func calls(of program: String, _ arguments: [String], writing file: URL) throws -> [String] {
            let strace = try #require(Self.strace)
            let log = file.deletingLastPathComponent().appendingPathComponent("trace")
            let code = try Self.run(
                strace,
                [
                    "-f", "-y", "-o", log.path, "-e", "trace=write,fsync,fdatasync,rename,renameat,renameat2",
                    Command.executable(program).path,
                ] + arguments)
            #expect(code == 0)
            let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
            return lines.filter { $0.contains(file.deletingLastPathComponent().path) }.map(String.init)
        }

        /// write ..., fsync(part), rename(part, file), fsync(folder).
        private func check(_ calls: [String], of file: URL, _ location: SourceLocation = #_sourceLocation) {
            let folder = file.deletingLastPathComponent().path
            let part = "<\(folder)/.\(file.lastPathComponent.prefix(40))."
            let rename = calls.lastIndex { $0.contains("rename") && $0.contains("\"\(file.path)\"") } ?? 0
            let last = calls.lastIndex { $0.contains(" write(") && $0.contains(part) } ?? rename
            let flush = calls.lastIndex { $0.contains("fsync(") && $0.contains(part) } ?? rename
            let names = calls.lastIndex { $0.contains("fsync(") && $0.contains("<\(folder)>") } ?? 0
            #expect(last < flush && flush < rename && rename < names, "\(calls)", sourceLocation: location)
        }

        @Test(.enabled(if: FlushOrderTests.strace != nil, "strace is not installed, or not allowed here"))
        func modelFilesAndReportsAreFlushedBeforeTheyAreNamed() throws {
            try withTracedFolder { folder in
                let model = folder.appendingPathComponent("cnn.safetensors")
                check(try calls(of: "model-file-trials", ["write", model.path], writing: model), of: model)
                let onnx = folder.appendingPathComponent("cnn.onnx")
                let arguments = ["export", model.path, "--format", "onnx", "--output", onnx.path]
                check(try calls(of: "ser", arguments, writing: onnx), of: onnx)
            }
        }

        private func withTracedFolder(_ body: (URL) throws -> Void) throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ser-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            try body(folder.resolvingSymlinksInPath())
        }
    }
#endif
