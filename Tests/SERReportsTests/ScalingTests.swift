// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERBenchmarks
import SERCore
import SERModels
import SERReports
import SERTestSupport
import SERTraining
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

    private func results(command: [String]? = nil) -> ScalingResults {
        var results = ScalingResults(cores: 2, threads: 2, instructionSet: "AVX2", command: command)
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
        #expect(
            statement.hasPrefix("GRU: time of an epoch grows as clips^1.02 (")
                && results.description.contains(statement))
        // Two threads on two cores are no line, and four are not counted.
        #expect(results.series[1].fit == nil && results.series[1].statement == nil)
        #expect(results.description.contains("Stopped before the end"))
        #expect(results.csv.split(separator: "\n").count == 7 && results.csv.contains("gru,clips,140,epochSeconds,1,3"))
        let figures = results.figures
        #expect(figures.map(\.name) == ["epochSeconds-clips", "clipsPerSecond-threads"])
        #expect(figures[0].svg.contains("GRU: 1 s at 140, 4.1 s at 560"))
    }

    @Test func aPageOfTheirOwnHasTheFiguresAndTheCommand() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("scaling.json")
        try results(command: ["ser", "scale", "--models", "gru"]).json().write(to: file)
        let report = try Report(withScaling: [file])
        #expect(report.html.contains("<svg") && report.html.contains("exponent 1.02"))
        #expect(report.html.contains("ser scale --models gru") && report.html.contains("was stopped before its end"))
        let output = folder.path("report")
        try report.write(to: output)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: output.path).sorted()
                == ["figures", "report.html", "scaling.csv"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: output.appendingPathComponent("figures").path).sorted()
                == ["clipsPerSecond-threads.svg", "epochSeconds-clips.svg"])
    }

    @Test func theyStandBesideOtherResultsOnOnePage() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("scaling.json"), other = folder.path("results.json")
        try results(command: ["ser", "scale"]).json().write(to: file)
        let comparison = try madeUpExperiment(clips: 40)
        try comparison.json().write(to: other)
        let alone = try Report(comparison), both = try Report(withScaling: [file, other])
        #expect(both.summary == alone.summary)
        #expect(both.html.contains("How it grows") && !alone.html.contains("How it grows"))
        #expect(both.html.contains("ser scale"))
        let output = folder.path("report")
        try both.write(to: output)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: output.path).sorted()
                == ["clips.csv", "figures", "report.html", "results.csv", "scaling.csv"])
        let error = #expect(throws: ReportError.self) { try Report(withScaling: [file, other, file]) }
        #expect(error?.description.contains("both tell how time and memory grow") == true)
    }

    @Test func filesThatHoldWhatNobodyMeasuredAreRefused() throws {
        let folder = try TemporaryFolder()
        let text = String(decoding: try results().json(), as: UTF8.self)
        for (old, new, says) in [
            ("\"version\":2", "\"version\":3", "in version 3"),
            ("\"scaling\"", "\"something\"", "holds no results"),
            ("\"x\":140", "\"x\":0", "nobody can have measured"),
            ("\"x\":140", "\"x\":1e300", "nobody can have measured"),
            ("\"y\":4.1", "\"y\":-4.1", "nobody can have measured"),
            ("\"points\"", "\"dots\"", "points"), ("\"clips\"", "\"stars\"", "stars"),
        ] {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text, "\(old)")
            try folder.write(changed, to: "other.json")
            let error = #expect(throws: ReportError.self) { try Report(withScaling: [folder.path("other.json")]) }
            #expect(error?.description.contains(says) == true, "\(String(describing: error))")
        }
        // A power that a stranger made up is not believed.
        let fitted = text.replacingOccurrences(of: "\"exponent\":", with: "\"exponent\":9")
        try folder.write(fitted, to: "fitted.json")
        #expect(fitted != text)
        #expect(try Report(withScaling: [folder.path("fitted.json")]).html.contains("exponent 1.02"))
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
