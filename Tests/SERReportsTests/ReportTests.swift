// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERReports
import SERTraining
import Testing

private func results(synthetic: Bool, sharedSpeakers: [String] = ["OAF", "YAF"]) throws -> ComparisonResults {
    var results = ComparisonResults(
        corpus: "TESS", synthetic: synthetic, labels: ["angry", "happy"], seed: 1,
        split: .init(
            method: "stratified", train: 80, validation: 10, test: 4, sharedSpeakers: sharedSpeakers,
            warnings: sharedSpeakers.isEmpty ? [] : ["All 2 test speakers were heard in training."]),
        epochs: 3, asked: ["ann", "gru"])
    let test = try ClassificationMetrics(
        logits: [[2, 0], [0, 1], [1, 0], [0, 3]], targets: [0, 1, 1, 1], labels: ["angry", "happy"])
    results.append(
        .init(
            name: "gru", parameters: 199_175, test: test, history: madeUpHistory(epochs: 3, best: 2), trainSeconds: 6))
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
        for key in ["kind", "version", "library", "models", "labels", "seed", "split", "corpus", "clips"] {
            #expect(object[key] != nil, "\(key)")
        }
        let split = try #require(object["split"] as? [String: Any])
        #expect(split["train"] as? Int == 80 && split["validation"] as? Int == 10 && split["test"] as? Int == 4)
        let model = try #require((object["models"] as? [[String: Any]])?.first)
        let keys = [
            "name", "parameters", "testAccuracy", "testLoss", "unweightedAverageRecall", "macroPrecision",
            "macroRecall", "macroF1", "auc", "perClass", "confusion", "bestEpoch", "trainSeconds", "secondsPerEpoch",
            "history", "temperature",
        ]
        #expect(Set(model.keys) == Set(keys))
        #expect(model["secondsPerEpoch"] as? Double == 2)
        #expect(model["confusion"] as? [[Int]] == [[1, 0], [1, 2]])
        let epoch = try #require((model["history"] as? [[String: Any]])?.first)
        for key in ["epoch", "trainLoss", "trainAccuracy", "validationLoss", "validationAccuracy"] {
            #expect(epoch[key] != nil, "\(key)")
        }
        #expect(object["missing"] as? [String] == ["ann"])
    }

    @Test func resultsRoundTripEvenWhereALossDiverged() throws {
        var written = try results(synthetic: true)
        #expect(try ComparisonResults(json: written.json()) == written)
        written.models[0].testLoss = .nan
        #expect(try ComparisonResults(json: written.json()).models[0].testLoss.isNaN)
    }

    @Test func tableNamesErrorsSyntheticSpeechAndSharedSpeakers() throws {
        let real = try results(synthetic: false).description
        #expect(real.contains("GRU") && real.contains("1/4") && real.contains("199,175"))
        #expect(real.contains("Warning: All 2 test speakers") && real.contains("not trained: ann"))
        #expect(!real.lowercased().contains("synthetic"))
        let made = try results(synthetic: true, sharedSpeakers: []).description
        #expect(made.contains("synthetic"))
        #expect(!made.contains("Warning"))
    }
}
