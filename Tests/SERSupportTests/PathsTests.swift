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
                let first = FolderLock(folder)
                #expect(first != nil && FolderLock(folder) == nil)
                withExtendedLifetime(first) {}
            }
            #expect(FolderLock(folder) != nil)
        }
    }

    @Test func aZeroHasNoSign() {
        #expect((-0.0001).fixed(3) == "0.000" && (-0.0).fixed(0) == "0" && (-0.0006).fixed(3) == "-0.001")
        #expect((-Double.infinity).fixed(2) == "-inf" && Double.nan.fixed(2).hasSuffix("nan"))
    }
}
