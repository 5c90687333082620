// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Reference values under Tests/Fixtures; the script that made them stands beside them.
enum Fixture {
    static func json<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("Fixtures").appendingPathComponent(name + ".json")
        return try JSONDecoder().decode(type, from: Data(contentsOf: file))
    }
}

/// Expects |a - b| <= tolerance * max|b|, the bound for forward values, and names the worst place.
func expectClose(
    _ a: [Float], _ b: [Double], relativeToMaximum tolerance: Double = 1e-4, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard a.count == b.count else {
        Issue.record("\(what): \(a.count) values, expected \(b.count)", sourceLocation: sourceLocation)
        return
    }
    let most = b.reduce(0) { max($0, abs($1)) }
    var (worst, place) = (0.0, -1)
    for (index, pair) in zip(a, b).enumerated() {
        let error = abs(Double(pair.0) - pair.1)
        if !(error <= worst) { (worst, place) = (error, index) }
    }
    guard place >= 0 else { return }
    #expect(
        worst <= tolerance * most, "\(what): index \(place) is \(a[place]), expected \(b[place]), largest \(most)",
        sourceLocation: sourceLocation)
}
