import Foundation
import SERCore
import SERModels
import Testing

/// A power fitted by SciPy; Fixtures/scaling.py.
private struct ExpectedFit: Decodable {
    let x, y: [Double]
    let exponent, factor, lower, upper, rSquared: Double
}

@Suite struct ScalingTests {
    @Test func powersAgreeWithSciPy() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let cases = try JSONDecoder().decode(
            [ExpectedFit].self, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/scaling.json")))
        #expect(cases.count == 5)
        for expected in cases {
            let fit = try #require(ScalingFit(x: expected.x, y: expected.y))
            #expect(abs(fit.exponent - expected.exponent) < 1e-9)
            #expect(abs(fit.factor / expected.factor - 1) < 1e-9)
            #expect(abs(fit.lower - expected.lower) < 1e-8 && abs(fit.upper - expected.upper) < 1e-8)
            #expect(abs(fit.rSquared - expected.rSquared) < 1e-9)
        }
    }

    @Test func whatIsNoPowerHasNoFit() {
        #expect(ScalingFit(x: [1, 2], y: [1, 2]) == nil)
        #expect(ScalingFit(x: [3, 3, 3], y: [1, 2, 3]) == nil)
        #expect(ScalingFit(x: [1, 2, 3], y: [1, 0, 3]) == nil)
        #expect(ScalingFit(x: [1, 2, 3], y: [1, .nan, 3]) == nil)
        #expect(ScalingFit(x: [1, 2, 3], y: [1, 2]) == nil)
        let exact = ScalingFit(x: [1, 2, 4], y: [3, 12, 48])
        #expect(exact.map { abs($0.exponent - 2) < 1e-12 && abs($0.value(at: 8) - 192) < 1e-9 } == true)
    }

    private func results() -> ScalingResults {
        var results = ScalingResults(cores: 2, threads: 2, instructionSet: "AVX2")
        for (x, y) in [(560.0, 4.1), (140, 1.0), (280, 2.0)] {
            results.append(.init(x: x, y: y, repeats: 3), model: "gru", subject: .clips, quantity: .epochSeconds)
        }
        for (x, y) in [(1.0, 100.0), (2, 190), (4, 180)] {
            results.append(.init(x: x, y: y, repeats: 9), model: "gru", subject: .threads, quantity: .clipsPerSecond)
        }
        return results
    }

    @Test func resultsTellTheirPowers() throws {
        let results = results()
        #expect(results.series[0].points.map(\.x) == [140, 280, 560])
        let statement = try #require(results.series[0].statement)
        #expect(statement.hasPrefix("GRU: time of an epoch grows as clips^1.02 (") && results.description.contains(statement))
        // Two threads on two cores are no line, and four are not counted.
        #expect(results.series[1].fit == nil && results.series[1].statement == nil)
        #expect(results.description.contains("Stopped before the end"))
        #expect(results.csv.split(separator: "\n").count == 7 && results.csv.contains("gru,clips,140,epochSeconds,1,3"))
        #expect(results.html.contains("<svg") && results.html.contains("exponent 1.02"))
        let figures = results.figures
        #expect(figures.map(\.name) == ["epochSeconds-clips", "clipsPerSecond-threads"])
        #expect(figures[0].svg.contains("GRU: 1 s at 140, 4.1 s at 560"))
    }

    @Test func resultsComeBackFromTheirFile() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("scaling.json")
        var results = results()
        results.complete()
        try results.json().write(to: file)
        #expect(try ScalingResults(contentsOf: file) == results)
        let text = String(decoding: try results.json(), as: UTF8.self)
        for other in [
            text.replacingOccurrences(of: "\"version\" : 1", with: "\"version\" : 2"),
            text.replacingOccurrences(of: "ser scaling", with: "something"), "text",
        ] {
            try folder.write(other, to: "other.json")
            let error = #expect(throws: ScalingError.self) { try ScalingResults(contentsOf: folder.path("other.json")) }
            guard case .version = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(throws: ScalingError.self) { try ScalingResults(contentsOf: folder.path("none.json")) }
    }

    @Test func plansHoldAllSizesThatTheyPromise() {
        let full = ScalingPlan(Architecture.allCases, threads: 2, cores: 6, isQuick: false)
        let gru = full.entries.filter { $0.point.model == .gru }
        #expect(gru.filter { $0.subject == .clips }.map(\.point.clips) == [140, 280, 560, 1120, 2240, 4480, 8960])
        #expect(gru.filter { $0.subject == .width }.map(\.point.units) == [32, 64, 128, 256, 512])
        #expect(gru.filter { $0.subject == .frames }.map(\.point.frames) == [65, 130, 260, 520, 1040])
        #expect(gru.filter { $0.subject == .threads }.map(\.point.threads) == [1, 2, 4, 6, 12])
        #expect(gru.filter { $0.subject == .batch }.map(\.point.batch) == [1, 2, 4, 8, 16, 32, 64, 128, 256])
        #expect(!full.entries.contains { $0.point.model == .ann && $0.subject == .frames })
    }
}
