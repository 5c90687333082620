// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The snippets of the guides are code that is built and run.
@Suite struct GuideTests {
    private let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func snippets(of guide: String) throws -> [String] {
        try String(contentsOf: root.appendingPathComponent("Docs/\(guide).md"), encoding: .utf8)
            .components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    }

    /// Every Swift snippet of "Write features" stands, but for its indentation, in the tests of own features.
    @Test func snippetsOfWriteFeaturesAreTheTestsCode() throws {
        let tests = root.appendingPathComponent("Tests/SERReportsTests/OwnFeaturesTests.swift")
        func plain(_ code: String) -> String {
            code.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        }
        let source = plain(try String(contentsOf: tests, encoding: .utf8))
        let snippets = try snippets(of: "WriteFeatures")
        #expect(snippets.count == 2)
        for snippet in snippets { #expect(source.contains(plain(snippet)), "not in the tests:\n\(snippet)") }
    }

    /// Every Swift snippet of "Write a layer" stands, word for word, in the example package, which Scripts/test runs.
    @Test func snippetsOfWriteALayerAreTheExamplesCode() throws {
        let folder = root.appendingPathComponent("Examples/OutsidePackage/Sources/own-layers")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        let sources = try files.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
        let snippets = try snippets(of: "WriteALayer")
        #expect(snippets.count >= 8)
        for snippet in snippets {
            #expect(sources.contains { $0.contains(snippet) }, "not in the examples:\n\(snippet)")
        }
    }
}
