// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Testing

@Suite struct AtomicFileTests {
    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func writesAndReplaces() throws {
        try inFolder { folder in
            let file = folder.appendingPathComponent("model.ser")
            try AtomicFile.write(Data("first".utf8), to: file)
            try AtomicFile.write(Data("second".utf8), to: file)
            #expect(try Data(contentsOf: file) == Data("second".utf8))
            #expect(try names(in: folder) == ["model.ser"])
            try AtomicFile.write(Data(), to: file)
            #expect(try Data(contentsOf: file).isEmpty)
        }
    }

    @Test func failureNamesThePathAndLeavesNothing() throws {
        try inFolder { folder in
            let missing = folder.appendingPathComponent("no/such/model.ser")
            let error = #expect(throws: FileWriteError.self) { try AtomicFile.write(Data([1]), to: missing) }
            #expect(error?.description.contains(missing.path) == true)
            #expect(error?.path == missing.path)
            let taken = folder.appendingPathComponent("taken")
            try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: true)
            #expect(throws: FileWriteError.self) { try AtomicFile.write(Data([1]), to: taken) }
            #expect(throws: FileWriteError.self) { try AtomicFile.prepare(file: taken) }
            #expect(try names(in: folder) == ["taken"])
        }
    }

    @Test func linkStaysALink() throws {
        try inFolder { folder in
            let (file, link) = (folder.appendingPathComponent("real"), folder.appendingPathComponent("link"))
            try Data("old".utf8).write(to: file)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
            try AtomicFile.write(Data("new".utf8), to: link)
            #expect(try Data(contentsOf: file) == Data("new".utf8))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path).hasSuffix("real"))
        }
    }

    @Test func deviceIsWrittenToAndStaysADevice() throws {
        try AtomicFile.write(Data("gone".utf8), to: URL(fileURLWithPath: "/dev/null"))
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    @Test func folderIsPreparedBeforehand() throws {
        try inFolder { folder in
            let output = folder.appendingPathComponent("a/b")
            try AtomicFile.prepare(folder: output)
            #expect(try names(in: output).isEmpty)
            let file = folder.appendingPathComponent("file")
            try Data([1]).write(to: file)
            #expect(throws: FileWriteError.self) { try AtomicFile.prepare(folder: file) }
            let below = #expect(throws: FileWriteError.self) {
                try AtomicFile.prepare(folder: file.appendingPathComponent("below"))
            }
            #expect(below?.description.contains("below") == true)
        }
    }

    @Test func folderThatMayNotBeWrittenIsToldBeforehand() throws {
        let reasonless = URL(fileURLWithPath: "/proc/ser-output")
        #expect(throws: FileWriteError.self) { try AtomicFile.prepare(folder: reasonless) }
    }
}
