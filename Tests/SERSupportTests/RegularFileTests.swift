// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Testing

@Suite struct RegularFileTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("regular-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func reason(_ url: URL, most: Int = 100) -> String {
        do throws(FileReadError) {
            return String(decoding: try Data(ofFile: url, most: most), as: UTF8.self)
        } catch {
            #expect(error.description.hasPrefix(url.path))
            return error.reason
        }
    }

    @Test func filesAreReadWholeUpToALimit() throws {
        try withFolder { folder in
            let file = folder.appendingPathComponent("a")
            try Data("twelve bytes".utf8).write(to: file)
            #expect(reason(file) == "twelve bytes" && reason(file, most: 12) == "twelve bytes")
            #expect(reason(file, most: 11) == "it holds more than 11 bytes")
            #expect(reason(folder) == FileReadError.folder)
            #expect(reason(folder.appendingPathComponent("none")) == "there is no such file")
            #expect(reason(URL(fileURLWithPath: "/dev/zero")) == "it is not a regular file")
        }
    }

    /// Neither a pipe to which nobody writes nor one whose writer is silent is waited for.
    @Test(.timeLimit(.minutes(1))) func pipesAreNotWaitedFor() throws {
        try withFolder { folder in
            let pipe = folder.appendingPathComponent("pipe")
            try #require(mkfifo(pipe.path, 0o600) == 0)
            #expect(reason(pipe) == "it is not a regular file")
            let writer = open(pipe.path, O_RDWR)
            defer { close(writer) }
            #expect(reason(pipe) == "it is not a regular file")
        }
    }

    /// What a shell gives for the output of a command, and devices without an end, which are read as far as asked.
    @Test func pipesAreReadWhereTheyMayStand() throws {
        let endless = #expect(throws: FileReadError.self) {
            try Data(ofFile: URL(fileURLWithPath: "/dev/zero"), most: 1 << 21, takesPipes: true)
        }
        #expect(endless?.reason == FileReadError.tooLarge(most: 1 << 21))
        let pipe = Pipe()
        pipe.fileHandleForWriting.write(Data("given".utf8))
        try pipe.fileHandleForWriting.close()
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        #expect(try Data(ofFile: URL(fileURLWithPath: path), most: 10, takesPipes: true) == Data("given".utf8))
    }
}
