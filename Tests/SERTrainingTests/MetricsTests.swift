// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTraining
import Testing

/// What scikit-learn computed; see Tests/Fixtures/metrics.py.
private struct MetricsCase: Decodable, CustomTestStringConvertible {
    let name, kind: String
    let targets: [Int]
    let scores: [[Float]]
    let loss, accuracy, unweightedAverageRecall, macroPrecision, macroRecall, macroF1: Double
    let brierScore, expectedCalibrationError: Double
    let auc: Double?
    let aucLeavesOut: [Int]
    let precision, recall, f1: [Double]
    let support: [Int]
    let confusion: [[Int]]

    var testDescription: String { name }
    var labels: [String] { support.indices.map { "class \($0)" } }

    func metrics() throws -> ClassificationMetrics {
        kind == "logits"
            ? try ClassificationMetrics(logits: scores, targets: targets, labels: labels)
            : try ClassificationMetrics(probabilities: scores, targets: targets, labels: labels)
    }

    static func all() throws -> [MetricsCase] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/metrics/metrics.json")
        return try JSONDecoder().decode([MetricsCase].self, from: Data(contentsOf: url))
    }
}

@Suite struct MetricsTests {
    @Test(arguments: try MetricsCase.all()) private func agreesWithScikitLearn(_ expected: MetricsCase) throws {
        let metrics = try expected.metrics()
        #expect(metrics.count == expected.targets.count)
        #expect(metrics.confusion.counts == expected.confusion)
        #expect(metrics.perClass.map(\.support) == expected.support)
        #expect(metrics.aucLeavesOut == expected.aucLeavesOut.map { expected.labels[$0] })
        #expect((metrics.auc == nil) == (expected.auc == nil))
        let pairs: [(String, Double, Double)] = [
            ("log-loss", metrics.loss, expected.loss),
            ("Brier score", metrics.brierScore, expected.brierScore),
            ("calibration error", metrics.expectedCalibrationError, expected.expectedCalibrationError),
            ("accuracy", metrics.accuracy, expected.accuracy),
            ("UAR", metrics.unweightedAverageRecall, expected.unweightedAverageRecall),
            ("macro precision", metrics.macroPrecision, expected.macroPrecision),
            ("macro recall", metrics.macroRecall, expected.macroRecall),
            ("macro F1", metrics.macroF1, expected.macroF1),
            ("AUC", metrics.auc ?? 0, expected.auc ?? 0),
        ]
        for (name, got, want) in pairs {
            #expect(abs(got - want) <= 1e-6 * max(1, abs(want)), "\(name): \(got), scikit-learn \(want)")
        }
        for (measure, want) in [
            (Measure.accuracy, expected.accuracy), (.macroF1, expected.macroF1), (.logLoss, expected.loss),
            (.recall(of: expected.labels[0]), expected.recall[0]),
        ] { #expect(abs((metrics[measure] ?? .nan) - want) <= 1e-6 * max(1, abs(want)), "\(measure)") }
        for index in expected.support.indices {
            let got = metrics.perClass[index]
            #expect(abs(got.precision - expected.precision[index]) < 1e-6, "precision of \(index)")
            #expect(abs(got.recall - expected.recall[index]) < 1e-6, "recall of \(index)")
            #expect(abs(got.f1 - expected.f1[index]) < 1e-6, "F1 of \(index)")
        }
    }

    @Test func fixtureHoldsTheHardCases() throws {
        let cases = try MetricsCase.all()
        #expect(cases.count >= 16)
        #expect(cases.contains { $0.accuracy == 1 && $0.support.count == 7 })
        #expect(cases.contains { !$0.aucLeavesOut.isEmpty && $0.auc != nil })
        #expect(cases.contains { $0.auc == nil })
        #expect(cases.contains { $0.kind == "probabilities" })
    }

    @Test func flatLogitsGiveTheSameAsRows() throws {
        let rows: [[Float]] = [[1, 2, 0], [0, 0, 3], [5, 1, 1], [0, 1, 0.5]]
        let labels = ["a", "b", "c"]
        let byRows = try ClassificationMetrics(logits: rows, targets: [1, 2, 0, 2], labels: labels)
        let flat = try ClassificationMetrics(logits: rows.flatMap { $0 }, targets: [1, 2, 0, 2], labels: labels)
        #expect(byRows == flat)
        #expect(flat.errors == 1)
    }

    @Test func whatDoesNotFitIsAnError() {
        let labels = ["a", "b"]
        #expect(throws: EvaluationError.empty) {
            try ClassificationMetrics(logits: [[Float]](), targets: [], labels: labels)
        }
        #expect(throws: EvaluationError.empty) {
            try ClassificationMetrics(logits: [Float](), targets: [], labels: labels)
        }
        #expect(throws: EvaluationError.countsDiffer(targets: 2, predictions: 1)) {
            try ClassificationMetrics(logits: [[0, 1]], targets: [0, 1], labels: labels)
        }
        #expect(throws: EvaluationError.countsDiffer(targets: 2, predictions: 1)) {
            try ClassificationMetrics(logits: [0, 1, 2], targets: [0, 1], labels: labels)
        }
        #expect(throws: EvaluationError.scoresDiffer(row: 1, scores: 3, classes: 2)) {
            try ClassificationMetrics(logits: [[0, 1], [0, 1, 2]], targets: [0, 1], labels: labels)
        }
        for bad in [-1, 2] {
            #expect(throws: EvaluationError.classOutOfRange(bad, position: 1, classes: 2)) {
                try ClassificationMetrics(logits: [[0, 1], [0, 1]], targets: [0, bad], labels: labels)
            }
        }
    }

    @Test func scoresThatAreNotFiniteCountNeitherAsRightNorAsWrong() {
        for bad in [Float.nan, .infinity, -.infinity] {
            let rows: [[Float]] = [[0, 1], [bad, 0]]
            #expect(throws: EvaluationError.notFinite(row: 1)) {
                try ClassificationMetrics(logits: rows, targets: [1, 0], labels: ["a", "b"])
            }
            #expect(throws: EvaluationError.notFinite(row: 1)) {
                try ClassificationMetrics(logits: rows.flatMap { $0 }, targets: [1, 0], labels: ["a", "b"])
            }
            #expect(throws: EvaluationError.notFinite(row: 1)) {
                try ClassificationMetrics(probabilities: rows, targets: [1, 0], labels: ["a", "b"])
            }
        }
    }

    @Test func evaluationRoundTripsThroughJSON() throws {
        let evaluation = try Evaluation(
            logits: [[1, 2, 0], [0, 0, 3], [5, 1, 1]], targets: [1, 0, 0], labels: ["x", "y", "z"])
        let data = try JSONEncoder().encode(evaluation)
        #expect(try JSONDecoder().decode(Evaluation.self, from: data) == evaluation)
        #expect(evaluation.predictions == [1, 2, 0])
        #expect(evaluation.probabilities.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-6 })
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let metrics = try #require(object["metrics"] as? [String: Any])
        #expect(metrics["confusion"] as? [[Int]] == [[1, 0, 1], [0, 1, 0], [0, 0, 0]])
    }

    @Test func malformedConfusionIsRefused() {
        for text in ["[[1,2]]", "[[1,2],[3]]", "[[-1]]"] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(ConfusionMatrix.self, from: Data(text.utf8))
            }
        }
    }

    @Test func historyPrintsOneRowAnEpochAndMarksTheBest() {
        let records = (1...3).map {
            EpochRecord(
                epoch: $0, trainLoss: 1 / Double($0), trainAccuracy: 0.5, validationLoss: 0.7,
                validationAccuracy: 0.6, learningRate: 0.001, seconds: 0.25)
        }
        let history = History(epochs: records, bestEpoch: 2)
        let lines = history.description.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[2].hasPrefix("*") && lines[2].contains("0.5000"))
        #expect(lines.filter { $0.hasPrefix("*") }.count == 1)
        #expect(history.best?.epoch == 2)
        #expect(history.seconds == 0.75)
        #expect(Set(lines.map(\.count)).count == 1)
    }
}
