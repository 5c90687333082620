// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension ReportSubject {
    /// What was tested, how, and what came out, in one sentence.
    func summary(_ measures: ReportMeasures) -> String {
        guard let best = measures.best else { return "\(corpusName): no network was trained to its end." }
        let accuracy = measures.networks[best].estimates[.accuracy]
        // Networks that did as well stand beside the best.
        let equals = networks.indices.filter { $0 == best || measures.networks[$0].estimates[.accuracy] == accuracy }
        let names = equals.map { networks[$0].name }.joined(separator: " and ")
        let verb = equals.count == 1 ? "is" : "are each"
        let who = equals.count == networks.count ? names : "\(names), the best of \(networks.count) networks,"
        let interval =
            accuracy?.interval.map {
                " (95 % interval \(($0.lower * 100).fixed(1)) to \(($0.upper * 100).fixed(1)) %)"
            } ?? ""
        let seeds = networks[best].runs.count > 1 ? ", in the mean of \(networks[best].runs.count) seeds" : ""
        let guess = (100 / Double(max(labels.count, 1))).fixed(1)
        return
            "\(who) \(verb) right in \(((accuracy?.value ?? 0) * 100).fixed(1)) %\(interval) of \(counted(clips.count, "clip")) of "
            + "\(corpusName)\(speakerText)\(seeds), where guessing among \(labels.count) emotions gives \(guess) %: "
            + "\(testing)\(heardVoices)."
    }

    private var corpusName: String {
        synthetic && corpus != SyntheticMarker.corpusName ? "the synthetic corpus \(corpus)" : corpus
    }

    private var speakerText: String {
        guard let speakers = TestedClip.speakers(of: clips) else { return "" }
        let count = Set(speakers).count
        return " by \(counted(count, "speaker"))"
    }

    /// How it was tested, and with whose voices.
    private var testing: String {
        switch kind {
        case .evaluation, .scaling, .tuning: return "a saved model tested on the whole corpus"
        case .experiment:
            let how =
                hasFolds
                ? "each was tested in one of the folds (\(cut))"
                : "the clips are the test part of one split (\(cut))"
            guard TestedClip.speakers(of: clips) != nil else { return "\(how), and who speaks is not known" }
            return sharesSpeakers
                ? "\(how), but their voices were heard in training, so this says nothing about a voice never heard"
                : "\(how), and the voices were never heard in training"
        }
    }

    /// The numbers that stand out.
    func highlights(_ measures: ReportMeasures) -> [ReportPage.Highlight] {
        guard let best = measures.best else { return [] }
        let estimates = measures.networks[best].estimates
        func highlight(_ measure: Measure, _ name: String) -> ReportPage.Highlight {
            .init(
                estimates[measure]?.value?.fixed(3) ?? "–", name,
                note: estimates[measure]?.intervalText().map { "95 %: \($0)" } ?? "")
        }
        let whose =
            (networks.count > 1 ? ", \(networks[best].name)" : "")
            + (networks[best].hearsVoices ? ", voices heard before" : "")
        return [
            highlight(.accuracy, "accuracy\(whose)"),
            highlight(.unweightedAverageRecall, "UAR\(whose) (mean recall)"),
            highlight(.expectedCalibrationError, "calibration error\(whose)"),
            .init("\(clips.count)", clips.count == 1 ? "clip tested" : "clips tested", note: "intervals over \(units)"),
            .init(
                (1 / Double(max(labels.count, 1))).fixed(3), "UAR by guessing", note: "\(labels.count) emotions"),
        ]
    }

    /// What must not be overlooked.
    var allWarnings: [String] {
        var all = warnings
        if synthetic { all.insert("The corpus is synthetic: these figures say nothing about real voices.", at: 0) }
        if isOverSpeakers, let speakers = TestedClip.speakers(of: clips), Set(speakers).count < 10 {
            all.append(
                "The intervals are over \(counted(Set(speakers).count, "speaker")); with fewer than ten they are too narrow."
            )
        }
        if !missing.isEmpty { all.append("Stopped before the end; not trained: \(missing.joined(separator: ", ")).") }
        return all
    }
}
