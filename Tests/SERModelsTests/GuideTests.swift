import Foundation
import Testing

/// The snippets of the guides are code that is built and run.
@Suite struct GuideTests {
    private let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift snippet of "Write a layer" stands, word for word, in the example package, which Scripts/test runs.
    @Test func snippetsOfWriteALayerAreTheExamplesCode() throws {
        let guide = try String(contentsOf: root.appendingPathComponent("Docs/WriteALayer.md"), encoding: .utf8)
        let folder = root.appendingPathComponent("Examples/OutsidePackage/Sources/own-layers")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        let sources = try files.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
        let snippets = guide.components(separatedBy: "```swift\n").dropFirst().map { part in
            part.components(separatedBy: "```")[0]
        }
        #expect(snippets.count >= 8)
        for snippet in snippets {
            #expect(sources.contains { $0.contains(snippet) }, "not in the examples:\n\(snippet)")
        }
    }
}
