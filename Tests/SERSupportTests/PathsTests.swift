// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Testing

@Suite struct PathsTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("paths-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func anyTextNamesAFile() throws {
        #expect(fileName(for: "gru") == "gru" && fileName(for: "own / bands") == "own %2F bands")
        #expect(fileName(for: "..") == "%2E%2E" && fileName(for: "a%2Fb") != fileName(for: "a/b"))
        let long = String(repeating: "ü", count: 4000)
        #expect(fileName(for: long).utf8.count <= 120 && fileName(for: long) != fileName(for: long + "x"))
        try withFolder { folder in
            for text in [long, "a/b", "\n\0", "name.json"] {
                try Data(text.utf8).write(to: folder.appendingPathComponent(fileName(for: text) + ".txt"))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
        }
    }

    @Test func aFolderIsHeldByOneLockAtATime() throws {
        try withFolder { folder in
            do {
                let first = WorkLock(folder: folder)
                #expect(first != nil && WorkLock(folder: folder) == nil)
                withExtendedLifetime(first) {}
            }
            #expect(WorkLock(folder: folder) != nil)
        }
    }

    @Test func aFileIsHeldByOneLockAtATimeAndNothingIsLeft() throws {
        try withFolder { folder in
            let file = folder.appendingPathComponent("kept"), other = folder.appendingPathComponent("other")
            let first = WorkLock(file: file)
            #expect(first != nil && WorkLock(file: file) == nil && WorkLock(file: other) != nil)
            // Another file takes its name, as at the end of an epoch.
            try Data("1".utf8).write(to: file, options: .atomic)
            #expect(WorkLock(file: file) == nil)
            first?.unlock()
            let second = WorkLock(file: file)
            #expect(second != nil)
            first?.unlock()
            #expect(WorkLock(file: file) == nil)
            second?.unlock()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["kept"])
            // A process that was killed leaves the mark behind.
            try Data().write(to: folder.appendingPathComponent(".kept.lock"))
            #expect(WorkLock(file: file) != nil)
        }
    }

    @Test func aZeroHasNoSign() {
        #expect((-0.0001).fixed(3) == "0.000" && (-0.0).fixed(0) == "0" && (-0.0006).fixed(3) == "-0.001")
        #expect((-Double.infinity).fixed(2) == "-inf" && Double.nan.fixed(2).hasSuffix("nan"))
    }
}
