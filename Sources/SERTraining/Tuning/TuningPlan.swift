// SPDX-License-Identifier: Apache-2.0

import SERModels
import SERSupport

/// All that a tuning may do, checked before anything is trained.
struct TuningPlan: Sendable {
    let settings: Tuning
    /// What each trial draws.
    let draws: [DrawnSettings]
    /// The candidate of each trial.
    let candidates: [Candidate]
    /// How clips become what each candidate's network reads, and the number of its parameters.
    let pipelines: [FeaturePipeline]
    let parameterCounts: [Int]

    init(_ settings: Tuning) throws(ExperimentError) {
        self.settings = settings
        try Self.check(settings)
        draws = settings.space.draws(settings.trials, seed: settings.seed)
        guard draws.count == settings.trials else {
            throw .setting(
                "the settings can be drawn in \(draws.count) ways, and \(settings.trials) trials are asked for. Ask for "
                    + "at most \(draws.count), or for more values")
        }
        var candidates: [Candidate] = [], pipelines: [FeaturePipeline] = [], counts: [Int] = []
        for (index, drawn) in draws.enumerated() {
            let name = "trial \(index + 1): \(drawn.text(in: settings.space))"
            let candidate: Candidate
            do { candidate = try settings.candidate(drawn) } catch {
                throw .setting("\(name): \(error)")
            }
            do throws(TrainingError) {
                let ready = try Self.checked(candidate, for: settings)
                pipelines.append(ready.pipeline)
                counts.append(ready.network.parameterCount)
            } catch { throw .training(error, run: name) }
            candidates.append(candidate)
        }
        self.candidates = candidates
        self.pipelines = pipelines
        parameterCounts = counts
    }

    private static func check(_ settings: Tuning) throws(ExperimentError) {
        let rungs = settings.rungs, text = rungs.map(String.init).joined(separator: ", ")
        guard Tuning.areRungs(rungs) else {
            throw .setting(
                "trials cannot be compared after \(text.isEmpty ? "no" : text) epochs: name whole numbers above 0, each "
                    + "larger than the one before")
        }
        guard settings.reduction >= 2, settings.reduction <= 1000 else {
            throw .setting("one in \(settings.reduction) trials cannot go on: the reduction must be from 2 to 1000")
        }
        guard (1...Tuning.mostTrials).contains(settings.trials) else {
            throw .setting("\(settings.trials) trials: from 1 to \(Tuning.mostTrials) can be drawn")
        }
        // Of each rung one in so many goes on, and somebody has to come to the end.
        let needed = rungs.dropFirst().reduce(1) { count, _ in min(count * settings.reduction, Tuning.mostTrials + 1) }
        guard settings.trials >= needed else {
            throw .setting(
                "of \(settings.trials) trials none would reach the last of \(rungs.count) rungs (\(text) epochs), as one "
                    + "in \(settings.reduction) goes on from each. Ask for at least \(needed), or for fewer rungs")
        }
    }

    private static func checked(
        _ candidate: Candidate, for settings: Tuning
    ) throws(TrainingError) -> Candidate.Prepared {
        guard candidate.trainer.linear == nil else {
            throw .setting("a linear network is solved for at once: there are no epochs after which to compare it")
        }
        guard candidate.trainer.epochs == settings.rungs.last else {
            throw .setting(
                "the candidate has \(candidate.trainer.epochs) epochs and the last rung \(settings.rungs.last ?? 0): "
                    + "make them equal, so that schedules are laid out for the whole training")
        }
        let ready = try candidate.prepared(labels: settings.data.corpus.labels, seed: settings.seed)
        for split in settings.data.splits {
            try candidate.checkSizes(of: split, isFold: true)
            _ = try ready.trainer.standardization(for: ready.network, ready.pipeline, on: split)
        }
        return ready
    }

    /// What keeps scores from being of voices and recordings never heard, in sentences.
    var warnings: [String] {
        let data = settings.data
        var shared: Set<String> = [], heard: Set<String> = [], copied = 0
        for split in data.splits {
            let scored = data.scored(split)
            let overlap = SplitAudit.Overlap(between: split.train, and: scored, copies: settings.copies)
            shared.formUnion(overlap.speakers)
            heard.formUnion(scored.clips.compactMap { $0.identity(by: .speaker)?.name(among: data.corpus.corpora) })
            copied += overlap.identicalAudio.count + (overlap.nearlyIdenticalAudio?.count ?? 0)
        }
        var warnings: [String] = []
        if !shared.isEmpty {
            warnings.append(
                "\(shared.count) of the \(heard.count) speakers whose clips score the trials are trained on: settings are "
                    + "chosen for known voices. Cut by speaker to choose for voices never heard.")
        }
        if copied > 0 {
            warnings.append("\(copied) pairs of clips that are trained on and that score are the same sound.")
        }
        return warnings
    }

    /// All that decides what a trial gives after an epoch.
    func identity(of trial: Int) throws(ExperimentError) -> TrialIdentity {
        let candidate = candidates[trial - 1], data = settings.data
        var trainings: [String] = [], scored: [ContentDigest] = []
        for split in data.splits {
            do { trainings.append(try candidate.identity(on: split, seed: settings.seed).text) } catch {
                throw .setting("the settings of trial \(trial) cannot be written: \(error)")
            }
            scored.append(data.scored(split).digest(below: commonFolder(of: data.corpus.clips.map(\.path.path))))
        }
        return TrialIdentity(
            settings: draws[trial - 1], rungs: settings.rungs, scored: scored, trainings: trainings)
    }
}

/// All that decides what a trial gives after an epoch.
struct TrialIdentity: Codable, Sendable, Equatable {
    /// What it drew.
    var settings: DrawnSettings
    /// The epochs after which it is compared, of which the last is the whole training.
    var rungs: [Int]
    /// Fingerprints of the clips that score it, for each fold.
    var scored: [ContentDigest]
    /// For each fold, ``TrainingIdentity`` as JSON text.
    var trainings: [String]

    /// What differs between a kept trial's identity and this one, in words.
    func differences(from saved: TrialIdentity) -> [String] {
        var told: [String] = []
        func text(_ settings: DrawnSettings) -> String {
            settings.names.map { "\($0) \(settings.text($0))" }.joined(separator: ", ")
        }
        func list(_ values: [Int]) -> String { values.map(String.init).joined(separator: ", ") }
        if saved.settings != settings {
            told.append("the trial drew \(text(saved.settings)), and draws \(text(settings)) now")
        }
        if saved.rungs != rungs { told.append("rungs were \(list(saved.rungs)) and are \(list(rungs))") }
        if saved.trainings.count != trainings.count {
            told.append("there were \(saved.trainings.count) folds and are \(trainings.count)")
        } else if saved.scored != scored {
            told.append("the clips that score trials are others")
        }
        guard told.isEmpty else { return told }
        return zip(saved.trainings, trainings).flatMap { TrainingIdentity.differences(from: $0, to: $1) }
    }
}
