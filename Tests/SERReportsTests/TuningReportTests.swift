// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERReports
import SERTestSupport
import SERTraining
import Testing

/// Results of a tuning with names that strangers may choose, of any number of settings.
private func madeUpTuning(trials: Int, settings: Int = 2, isScored: Bool = true) throws -> TuningResults {
    var space: [[String: Any]] = [
        ["name": "rate \(hostileName)", "values": ["logUniform": ["from": 1e-5, "to": 1]]],
        ["name": "kind", "values": ["choice": ["of": [hostileName, "b", 3] as [Any]]]],
    ]
    for number in stride(from: 2, to: settings, by: 1) {
        space.append(["name": "more \(number)", "values": ["integers": ["from": -3, "to": 900_000]]])
    }
    let made = (1...max(trials, 1)).prefix(trials).map { number -> [String: Any] in
        var drawn: [String: Any] = [
            "rate \(hostileName)": pow(10, -Double(number % 5)), "kind": number % 2 == 0 ? "b" : 3,
        ]
        for more in stride(from: 2, to: settings, by: 1) { drawn["more \(more)"] = number * 1000 }
        let score = 0.3 + Double(number * 37 % 50) / 100
        let rungs = [2, 6, 18].prefix(number % 3 + 1).map { epochs -> [String: Any] in
            guard isScored else {
                return [
                    "epochs": epochs, "foldScores": [Double](), "bestEpochs": [Int](), "divergedInEpoch": 1,
                    "seconds": 0.5,
                ]
            }
            return [
                "epochs": epochs, "score": score, "foldScores": [score], "bestEpochs": [epochs], "seconds": 1.5,
                "interval": ["lower": score - 0.1, "upper": score + 0.1, "level": 0.95],
            ]
        }
        return ["number": number, "settings": drawn, "rungs": isScored ? rungs : Array(rungs.prefix(1))]
    }
    let importance: [[String: Any]] = [
        [
            "name": "kind", "share": 0.5, "expected": 0.1, "pValue": 0.01, "adjustedPValue": 0.02,
            "groups": [["name": hostileName, "trials": 3, "mean": 0.4], ["name": "b", "trials": 2]],
        ]
    ]
    let all: [String: Any] = [
        "header": ["kind": "tuning", "version": 1, "library": "0", "command": ["ser", "tune", hostileName]],
        "corpus": "TESS \(hostileName)", "synthetic": false, "labels": ["a", "b"], "cut": "stratified",
        "hasFolds": false,
        "parts": [["train": 10, "validation": 5, "scored": 5, "scoredSpeakers": 2]], "space": space, "seed": 1,
        "rungs": [2, 6, 18], "reduction": 3, "plannedTrials": trials, "isComplete": true, "trials": Array(made),
        "importance": trials > 5 ? importance : [], "intervalUnit": "speakers", "warnings": ["mind \(hostileName)"],
        "skipped": [String](), "next": ["ser", "train", "it's \(hostileName)"],
    ]
    let folder = try TemporaryFolder(), file = folder.path("results.json")
    try JSONSerialization.data(withJSONObject: all).write(to: file)
    return try TuningResults(contentsOf: file)
}

@Suite struct TuningReportTests {
    private func figures(in html: String) -> [String] {
        html.components(separatedBy: "<svg ").dropFirst().compactMap { part in
            part.range(of: "</svg>").map { "<svg " + part[..<$0.upperBound] }
        }
    }

    @Test(arguments: [(1, 2), (7, 2), (40, 9), (700, 3)])
    func pagesAreWellFormedWhateverTheNames(trials: Int, settings: Int) throws {
        let report = Report(try madeUpTuning(trials: trials, settings: settings))
        let html = report.html
        #expect(!html.contains("<script") && html.contains("Read with care"))
        let inlined = figures(in: html)
        #expect(inlined.count == (trials > 5 ? 3 : 2))
        for svg in inlined {
            let elements = try #require(Elements.of(svg), "not well-formed: \(svg.prefix(300))")
            #expect(elements.alternatives["title"]?.count == 1 && elements.alternatives["desc"]?.count == 1)
            #expect(!svg.lowercased().contains("nan") && !svg.contains("=\"inf"))
        }
        #expect(html.contains("did best") && html.contains("the best of \(trials)"))
        let folder = try TemporaryFolder()
        try report.write(to: folder.url)
        let csv = try String(contentsOf: folder.path("trials.csv"), encoding: .utf8)
        #expect(csv.hasPrefix("trial,epochs,uar,"))
        let rungs = (1...trials).reduce(0) { $0 + $1 % 3 + 1 }
        #expect(csv.components(separatedBy: "\n1,").count > 1 && csv.split(separator: "\n").count >= rungs)
    }

    @Test func nothingScoredIsAPageToo() throws {
        for trials in [0, 3] {
            let html = Report(try madeUpTuning(trials: trials, isScored: false)).html
            #expect(html.contains("No trial has a score"), "\(trials)")
        }
    }

    @Test func aLineCrossesEachAxisAtItsValue() {
        let axes = [
            ParallelCoordinates.Axis("a", AxisScale(from: 0, to: 10)),
            ParallelCoordinates.Axis("b", AxisScale(names: ["x", "y"])),
        ]
        let figure = ParallelCoordinates(
            name: "n", title: "t", description: "1", axes: axes, groups: ["all"],
            lines: [.init([10, 0], group: 0), .init([0, nil], group: 0), .init([5, .nan], group: 0)], best: nil
        ).figure
        // From 26 to 414 pixels; a name stands in the middle of its half.
        #expect(figure.content.contains("414,") && figure.content.contains("123,"))
        #expect(figure.content.components(separatedBy: "<polyline").count == 4)
        #expect(!figure.content.contains("nan"))
    }

    @Test func aTuningStandsAlone() throws {
        let folder = try TemporaryFolder(), files = ["a.json", "b.json"].map(folder.path)
        for file in files { try madeUpTuning(trials: 2).write(to: file) }
        let error = #expect(throws: ReportError.self) { try Report(contentsOf: files) }
        #expect(error?.description.contains("tuning") == true)
        #expect(try Report(contentsOf: [files[0]]).html.contains("did best"))
    }
}
