// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension ReportSubject {
    /// Measures as CSV: one row a network, seed, fold and measure; without seed and fold, the mean over seeds with its
    /// interval.
    func resultsTable(_ measures: ReportMeasures) throws(EvaluationError) -> String {
        var rows = [["network", "seed", "fold", "measure", "value", "lower", "upper"]]
        for (network, measured) in zip(networks, measures.networks) {
            for estimate in measured.estimates.estimates + measured.recalls.estimates {
                rows.append([
                    network.name, "", "", estimate.measure.name, Self.number(estimate.value),
                    Self.number(estimate.interval?.lower), Self.number(estimate.interval?.upper),
                ])
            }
            for run in network.runs where kind != .evaluation {
                let seed = run.seed.map(String.init) ?? ""
                rows += Self.rows([network.name, seed, ""], run.evaluation.metrics)
                guard let folds = run.folds else { continue }
                for fold in Set(folds).sorted() {
                    let own = folds.indices.filter { folds[$0] == fold }
                    rows += Self.rows([network.name, seed, "\(fold)"], try part(run, own).metrics)
                }
            }
        }
        return Self.text(rows)
    }

    /// Predictions as CSV: one row a clip, network and seed.
    var clipsTable: String {
        var rows = [
            [
                "clip", "corpus", "speaker", "sentence", "network", "seed", "fold", "true", "predicted", "confidence",
                "probability of true",
            ]
        ]
        for network in networks {
            for run in network.runs {
                let confidences = run.evaluation.scores.confidences
                for (index, clip) in clips.enumerated() {
                    rows.append([
                        clip.clip, clip.corpus, clip.speaker ?? "", clip.sentence ?? "", network.name,
                        run.seed.map(String.init) ?? "", run.folds.map { "\($0[index])" } ?? "", labels[clip.target],
                        labels[run.evaluation.predictions[index]], Self.number(confidences[index]),
                        Self.number(Double(run.evaluation.probabilities[index][clip.target])),
                    ])
                }
            }
        }
        return Self.text(rows)
    }

    /// What a run made of some of the clips.
    private func part(_ run: Run, _ own: [Int]) throws(EvaluationError) -> Evaluation {
        try Evaluation(
            logits: own.map { run.evaluation.logits[$0] }, targets: own.map { run.evaluation.targets[$0] },
            labels: labels, temperature: run.evaluation.temperature)
    }

    private static func rows(_ first: [String], _ metrics: ClassificationMetrics) -> [[String]] {
        Measure.standard.map { first + [$0.name, number(metrics[$0]), "", ""] }
    }

    static func number(_ value: Double?) -> String {
        value.map { $0.isFinite ? $0.significant(9) : "" } ?? ""
    }

    /// Fields that a spreadsheet would take for a formula begin with an apostrophe: names come from strangers.
    static func text(_ rows: [[String]]) -> String {
        rows.map { row in
            row.map { field in
                let isFormula = field.first.map { "=+-@\t".contains($0) } == true && Double(field) == nil
                return CSV.quoted(isFormula ? "'" + field : field)
            }.joined(separator: ",")
        }.joined(separator: "\n") + "\n"
    }
}
