// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

extension TuningResults {
    /// Tells what the settings decided, and how the best trial was trained.
    mutating func summarize(_ plan: TuningPlan) throws(ExperimentError) {
        importance = SettingImportance.all(in: space, trials.map { ($0.settings, $0.rungs.first?.score) })
        guard let best else { return }
        let place = best.number - 1, candidate = plan.candidates[place]
        do throws(TrainingError) {
            training = try TrainingSettings(
                name: candidate.name, trainer: candidate.trainer, pipeline: plan.pipelines[place],
                parameters: plan.parameterCounts[place])
        } catch { throw .training(error, run: "trial \(best.number)") }
    }
}

extension TuningResults: CustomStringConvertible {
    /// The trials as a table, the best first, and what the settings decided.
    public var description: String {
        let origin = synthetic && corpus != SyntheticMarker.corpusName ? "synthetic \(corpus)" : corpus
        var lines = ["\(origin), \(cut): \(partsText); \(rungsText)", ""] + trialTable.lines
        if let intervalText { lines.append(intervalText) }
        if !importance.isEmpty { lines += ["", importanceText] + importanceTable.lines }
        lines += warnings.map { "Warning: \($0)" }
        if synthetic { lines.append("The corpus is synthetic: these figures say nothing about real voices.") }
        if !skipped.isEmpty { lines.append("\(skipped.count) clips without features were left out") }
        if !isComplete { lines.append("stopped: \(trials.count) of \(plannedTrials) trials have begun") }
        return lines.joined(separator: "\n")
    }

    /// How many clips are trained on and score, in words.
    package var partsText: String {
        let scored = Set(parts.map(\.scored)).sorted().map(String.init).joined(separator: " or ")
        let train = Set(parts.map(\.train)).sorted().map(String.init).joined(separator: " or ")
        let speakers = Set(parts.compactMap(\.scoredSpeakers)).sorted().map(String.init).joined(separator: " or ")
        let voices = speakers.isEmpty ? "" : " of \(speakers) \(speakers == "1" ? "speaker" : "speakers")"
        return "\(train) clips to train, \(scored)\(voices) to score"
            + (hasFolds ? ", the mean of \(parts.count) folds" : "")
    }

    /// How trials are compared, in words.
    package var rungsText: String {
        guard rungs.count > 1 else { return "\(plannedTrials) trials of \(rungs.last ?? 0) epochs" }
        let text = rungs.dropLast().map(String.init).joined(separator: ", ") + " and \(rungs.last ?? 0)"
        return "\(plannedTrials) trials compared after \(text) epochs, one in \(reduction) goes on"
    }

    /// What a score's interval is over, in words; nil where there is none.
    package var intervalText: String? {
        intervalUnit.map { unit in
            let parts = self.parts.count
            return hasFolds
                ? "intervals: Student's, over \(parts) folds; folds share what they are trained on, so they are somewhat too "
                    + "narrow" : "intervals over \(unit) (BCa bootstrap, 2000 resamples, seed 1)"
        }
    }

    private var trialTable: TextTable {
        var table = TextTable(
            ["trial", "epochs", "UAR", "95 % interval", "best epoch"] + space.settings.map(\.name),
            alignments: [.right])
        for trial in ranked { table.append(cells(of: trial)) }
        return table
    }

    /// A trial's number, epochs, score, interval, best epochs and settings.
    package func cells(of trial: Trial) -> [String] {
        let settings = space.settings.map { setting in trial.settings[setting.name].map { "\($0)" } ?? "" }
        guard let last = trial.last else { return ["\(trial.number)", "", "", "", ""] + settings }
        let interval = last.interval.map { "\($0.lower.fixed(3)) to \($0.upper.fixed(3))" } ?? ""
        let epochs = last.bestEpochs.map(String.init).joined(separator: ", ")
        let best = last.divergedInEpoch.map { "diverged in \($0)" } ?? epochs
        return ["\(trial.number)", "\(last.epochs)", last.score?.fixed(4) ?? "none", interval, best] + settings
    }

    /// What importance is, in a sentence.
    package var importanceText: String {
        "how much of the order of \(trials.count) trials after \(rungs.first ?? 0) \(rungs.first == 1 ? "epoch" : "epochs") each setting explains by itself:"
    }

    private var importanceTable: TextTable {
        var table = TextTable(
            ["setting", "explains", "by chance", "p", "p, corrected", "more is", "mean UAR by value"],
            alignments: [.left, .right, .right, .right, .right, .left, .left])
        for setting in importance { table.append(setting.cells) }
        return table
    }
}

extension SettingImportance {
    /// Whether more of it was better, in words, with the rank correlation.
    package var direction: String {
        guard let correlation else { return "" }
        guard abs(correlation) >= 0.005 else { return "neither (\(correlation.fixed(2)))" }
        return "\(correlation > 0 ? "better" : "worse") (\(correlation.fixed(2)))"
    }

    /// The groups with their means, in words.
    package var groupsText: String {
        groups.map { "\($0.name): \($0.mean?.fixed(3) ?? "none")" }.joined(separator: "; ")
    }

    /// Name, share, share by chance, p-values, direction and groups.
    package var cells: [String] {
        [
            name, share.fixed(2), expected.fixed(2), pValue.fixed(4), adjustedPValue.fixed(4), direction, groupsText,
        ]
    }
}
