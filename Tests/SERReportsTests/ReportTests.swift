// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERReports
import SERTestSupport
import SERTraining
import Testing

private func results(synthetic: Bool, sharedSpeakers: [String] = ["OAF", "YAF"]) throws -> ExperimentResults {
    let labels = ["angry", "happy"], logits: [[Float]] = [[2, 0], [0, 1], [1, 0], [0, 3]], targets = [0, 1, 1, 1]
    var results = ExperimentResults(
        corpus: "TESS", synthetic: synthetic, labels: labels, cut: .init(summary: "stratified", hasFolds: false),
        folds: [
            .init(
                name: "stratified", train: 80, validation: 10, test: 4, audit: try madeUpAudit(sharing: sharedSpeakers))
        ], seeds: [1], networks: ["ann", "gru"], candidates: [])
    let run = ExperimentResults.Run(
        network: "gru", candidate: "gru", seed: 1, fold: 1, parameters: 199_175,
        metrics: try ClassificationMetrics(logits: logits, targets: targets, labels: labels),
        history: madeUpHistory(epochs: 3, best: 2), logits: logits)
    let clips = targets.enumerated().map { TestedClip(clip: "\($0).wav", corpus: "TESS", target: $1) }
    try results.add(.init(run: run, clips: clips))
    return results
}

@Suite struct ReportTests {
    @Test func figureHoldsTwoPanelsWithTwoCurvesEach() throws {
        let svg = TrainingFigure(title: "GRU: test accuracy 0.9929", history: madeUpHistory(epochs: 40, best: 31)).svg
        let figure = try #require(Elements.of(svg))
        #expect(figure.counts["polyline"] == 4)
        #expect(figure.points.allSatisfy { $0.split(separator: " ").count == 40 })
        for word in ["loss", "accuracy", "epoch", "training", "validation", "epoch kept (31)", "0.9929"] {
            #expect(figure.text.contains(word), "\(word) is missing")
        }
        let coordinates = figure.points.joined(separator: " ").split { $0 == " " || $0 == "," }.compactMap {
            Double($0)
        }
        #expect(coordinates.count == 320)
        #expect(coordinates.allSatisfy { (0...960).contains($0) })
    }

    @Test func figureSurvivesOneEpochNoEpochNaNAndMarkup() throws {
        let one = try #require(
            Elements.of(TrainingFigure(title: "ANN", history: madeUpHistory(epochs: 1, best: 1)).svg))
        // Training's points are round, validation's square; one rectangle is the background.
        #expect(one.counts["circle"] == 2 && one.counts["rect"] == 3)
        #expect(Elements.of(TrainingFigure(title: "ANN", history: History()).svg) != nil)
        var broken = madeUpHistory(epochs: 5, best: 0)
        broken.epochs[2].trainLoss = .nan
        broken.epochs[3].validationLoss = .infinity
        let svg = TrainingFigure(title: "<a & \"b\">\u{0}", history: broken).svg
        let figure = try #require(Elements.of(svg))
        #expect(figure.counts["polyline"] == 5 && figure.counts["rect"] == 2)
        #expect(!svg.contains("nan") && !svg.contains("inf\""))
    }

    @Test func resultsHoldTheFieldsThatReadersLookFor() throws {
        let data = try results(synthetic: false).json()
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        for key in ["header", "corpus", "labels", "cut", "folds", "seeds", "networks", "runs", "summaries"] {
            #expect(object[key] != nil, "\(key)")
        }
        let header = try #require(object["header"] as? [String: Any])
        #expect(header["kind"] as? String == "experiment" && header["version"] as? Int == 1)
        let fold = try #require((object["folds"] as? [[String: Any]])?.first)
        #expect(fold["train"] as? Int == 80 && fold["validation"] as? Int == 10 && fold["test"] as? Int == 4)
        #expect((fold["clips"] as? [Any])?.count == 4)
        let run = try #require((object["runs"] as? [[String: Any]])?.first)
        let keys = [
            "network", "candidate", "seed", "fold", "parameters", "metrics", "bestEpoch", "seconds", "history",
            "temperature", "logits",
        ]
        #expect(Set(run.keys) == Set(keys))
        let metrics = try #require(run["metrics"] as? [String: Any])
        #expect(metrics["confusion"] as? [[Int]] == [[1, 0], [1, 2]] && metrics["accuracy"] as? Double == 0.75)
        let epoch = try #require((run["history"] as? [[String: Any]])?.first)
        for key in ["epoch", "trainLoss", "trainAccuracy", "validationLoss", "validationAccuracy"] {
            #expect(epoch[key] != nil, "\(key)")
        }
        #expect(object["missing"] as? [String] == ["ann"])
    }

    @Test func resultsRoundTripEvenWhereALossDiverged() throws {
        let folder = try TemporaryFolder(), file = folder.path("results.json")
        var written = try results(synthetic: true)
        try written.write(to: file)
        #expect(try ExperimentResults(contentsOf: file) == written)
        written.runs[0].history[1].trainLoss = .nan
        try written.write(to: file)
        #expect(try ExperimentResults(contentsOf: file).runs[0].history[1].trainLoss.isNaN)
        do {
            _ = try EvaluationResults(contentsOf: file)
            Issue.record("an experiment was read as an evaluation")
        } catch { #expect(error.description.contains("holds results of kind experiment, not of kind evaluation")) }
    }

    @Test func clipsThatAreNeverTestedAreCounted() throws {
        func count(_ parts: [(train: Int, validation: Int, test: Int)]) throws -> Int {
            let audit = try madeUpAudit(sharing: [])
            return ExperimentResults(
                corpus: "x", synthetic: false, labels: ["a", "b"], cut: .init(summary: "folds", hasFolds: true),
                folds: parts.map { part in
                    .init(name: "", train: part.train, validation: part.validation, test: part.test, audit: audit)
                }, seeds: [1], networks: ["gru"], candidates: []
            ).clipCount
        }
        // Two corpora, three folds of all clips, and four that leave clips out of their training.
        #expect(try count([(30, 3, 6)]) == 39 && count([(20, 2, 11), (20, 2, 11), (20, 2, 11)]) == 33)
        #expect(try count(Array(repeating: (4, 1, 5), count: 4)) == 20)
    }

    @Test func tableNamesErrorsSyntheticSpeechAndSharedSpeakers() throws {
        let real = try results(synthetic: false).description
        #expect(real.contains("GRU") && real.contains("1/4") && real.contains("199,175"))
        #expect(real.contains("Warning: All 2 test speakers") && real.contains("not trained: ann"))
        #expect(!real.lowercased().contains("synthetic"))
        let made = try results(synthetic: true, sharedSpeakers: []).description
        #expect(made.contains("synthetic"))
        #expect(!made.contains("Warning"))
        // What a corpus is called says nothing of what it is, but for the name that the library itself gives.
        for (name, expected) in [
            ("photosynthetic talk", "synthetic photosynthetic talk"),
            (SyntheticMarker.corpusName, SyntheticMarker.corpusName),
        ] {
            var other = try results(synthetic: true)
            other.corpus = name
            let page = try Report(other), doubled = "synthetic \(SyntheticMarker.corpusName)"
            #expect("\(other)".contains(expected) && !"\(other)".contains(doubled))
            #expect(page.summary.contains(expected.replacing("synthetic photo", with: "the synthetic corpus photo")))
        }
    }
}
