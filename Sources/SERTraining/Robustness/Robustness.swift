// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport

/// What happens while robustness is measured.
public enum RobustnessEvent: Sendable {
    /// So many clips have been read as they are; from several threads.
    case extracting(done: Int, total: Int)
    /// So many degraded clips, over all conditions, have been made; from several threads.
    case degrading(done: Int, total: Int)
    /// A condition is finished.
    case finished(RobustnessResults.Condition)
}

extension Recognizer {
    /// Measures the recognizer on clips as they are, and degraded in the ways of a suite.
    ///
    /// Clips are degraded at the rate of their files, before anything else is done with them. The result depends on the
    /// clips and the suite alone, not on the number of threads. Babble is made of clips of other speakers of the whole
    /// corpus. Where features are standardised by speaker, a voice is known from its clips as they are. Each file is
    /// decoded once for a family of conditions; what is in memory at a time is a few hundred clips' features and one
    /// decoded clip a thread.
    /// - Parameters:
    ///   - part: The clips.
    ///   - suite: The conditions.
    ///   - store: Keeps the features of the clips as they are.
    ///   - bootstrap: How intervals are made.
    ///   - observe: Told how it goes.
    /// - Throws: ``TrainingError`` when the labels differ, no clip can be used or a setting of the suite is out of range.
    public func robustness(
        on part: Partition, suite: RobustnessSuite = .standard, store: FeatureStore = FeatureStore(),
        bootstrap: Bootstrap = Bootstrap(), observe: @escaping @Sendable (RobustnessEvent) -> Void = { _ in }
    ) throws(TrainingError) -> RobustnessResults {
        try robustness(on: part, suite: suite, store: store, bootstrap: bootstrap, observe: observe, stop: .never)
    }

    /// The same without blocking a thread of the concurrency pool; when the task is cancelled, the work ends with the
    /// families finished so far.
    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` where the task was cancelled before the clips as they are
    ///   were measured.
    public func robustness(
        on part: Partition, suite: RobustnessSuite = .standard, store: FeatureStore = FeatureStore(),
        bootstrap: Bootstrap = Bootstrap(), observe: @escaping @Sendable (RobustnessEvent) -> Void = { _ in }
    ) async throws(TrainingError) -> RobustnessResults {
        try await onOwnThread { stop throws(TrainingError) in
            try self.robustness(
                on: part, suite: suite, store: store, bootstrap: bootstrap, observe: observe, stop: stop)
        }
    }

    /// The same, until it is to stop.
    package func robustness(
        on part: Partition, suite: RobustnessSuite = .standard, store: FeatureStore = FeatureStore(),
        bootstrap: Bootstrap = Bootstrap(), observe: @escaping @Sendable (RobustnessEvent) -> Void = { _ in },
        stop: StopSignal
    ) throws(TrainingError) -> RobustnessResults {
        for condition in suite.conditions {
            do { try condition.validate() } catch { throw .setting("\(error)") }
        }
        let measured = try measured(
            part, store: store,
            observe: {
                if case .extracting(let done, let total) = $0 { observe(.extracting(done: done, total: total)) }
            },
            stop: stop)
        let parts = try store.heardParts(of: measured.clips, pipeline: pipeline)
        let run = RobustnessRun(
            recognizer: self, part: part, clips: measured.clips,
            starts: Dictionary(zip(measured.clips, parts.map { $0?.start ?? 0 })) { first, _ in first },
            standardizations: measured.standardizations, speakers: measured.speakers,
            clean: measured.evaluation, suite: suite,
            bootstrap: bootstrap, stop: stop, observe: observe)
        do throws(EvaluationError) { return try run.results() } catch { throw .evaluation(error) }
    }
}

/// One measurement, family by family.
private struct RobustnessRun: Sendable {
    let recognizer: Recognizer
    let part: Partition
    let clips: [Clip]
    /// Where in each clip the part begins that was heard when it was measured as it is, in seconds.
    let starts: [Clip: Double]
    /// What brings each clip to one scale: a voice is known from its clips as they are.
    let standardizations: [Standardization]
    /// What the network knows of who speaks in each, from the clips as they are; nil where it does not normalise by speaker.
    let speakers: SpeakerStates?
    let clean: Evaluation
    let suite: RobustnessSuite
    let bootstrap: Bootstrap
    let stop: StopSignal
    let observe: @Sendable (RobustnessEvent) -> Void

    /// Why a degraded clip cannot be measured.
    private enum Failure: Error, CustomStringConvertible {
        case sound(AudioError)
        case degradation(DegradationError)
        case recognition(RecognitionError)

        var description: String {
            switch self {
            case .sound(let error): error.description
            case .degradation(let error): "\(error)"
            case .recognition(let error): error.description
            }
        }
    }

    /// Clips whose degraded features are in memory at a time.
    private static let chunk = 256

    func results() throws(EvaluationError) -> RobustnessResults {
        try bootstrap.check()
        let omitted = omissions
        let families = suite.families.map { family in family.filter { omitted[$0] == nil } }.filter { !$0.isEmpty }
        let key = RandomKey(seed: suite.seed).derived("robustness")
        let needsVoices = families.contains { $0.contains { $0.family == .babble } }
        let voices = needsVoices ? BabbleVoices(part.corpus, key: key.derived("voices")) : nil
        let (done, total) = (Counter(), clips.count * families.reduce(0) { $0 + $1.count })
        var conditions: [RobustnessResults.Condition] = []
        var unmeasured: [Degradation: String] = [:]
        var isComplete = true
        for family in families {
            let familyKey = key.derived(family[0].family.rawValue)
            guard
                let rows = logits(
                    family, voices, familyKey, { observe(.degrading(done: done.increment(), total: total)) })
            else {
                isComplete = false
                break
            }
            for (condition, rows) in zip(family, rows) {
                guard let result = try result(of: condition, rows) else {
                    unmeasured[condition] = failures(rows).first.map {
                        "no clip can be measured; \($0.clip): \($0.reason)"
                    }
                    continue
                }
                conditions.append(result)
                observe(.finished(result))
            }
        }
        return RobustnessResults(
            version: RobustnessResults.currentVersion, corpus: part.corpus.name, clips: clips.count,
            skipped: part.count - clips.count, seed: suite.seed,
            clean: try clean.estimates(of: RobustnessResults.measures, bootstrap: bootstrap), conditions: conditions,
            omitted: suite.conditions.compactMap { condition in
                (omitted[condition] ?? unmeasured[condition]).map {
                    RobustnessResults.Omission(name: "\(condition)", reason: $0)
                }
            }, unheardVoices: voices?.unheard ?? [], isComplete: isComplete)
    }

    /// What cannot be measured here, and why.
    private var omissions: [Degradation: String] {
        let obstacle = BabbleVoices.obstacle(clips, in: part.corpus)
        var reasons: [Degradation: String] = [:]
        for condition in suite.conditions {
            if case .babble = condition { reasons[condition] = obstacle }
            if case .coding(let codec) = condition, !codec.isAvailable {
                reasons[condition] = "the installed libsndfile is built without it"
            }
        }
        return reasons
    }

    /// For each condition and clip the network's outputs, or why there are none; nil when cancelled.
    private func logits(
        _ family: [Degradation], _ voices: BabbleVoices?, _ key: RandomKey, _ advance: @Sendable () -> Void
    ) -> [[Result<[Float], Failure>]]? {
        var rows = [[Result<[Float], Failure>]](repeating: [], count: family.count)
        for start in stride(from: 0, to: clips.count, by: Self.chunk) {
            let part = clips[start..<min(start + Self.chunk, clips.count)]
            let matrices = parallelMap(part.count) { index in
                features(of: part[start + index], family, voices, key, advance)
            }
            if stop.isSet { return nil }
            for condition in family.indices {
                rows[condition] += outputs(
                    matrices.map { $0[condition] }, standardizations[part.indices], speakers?.only(part.indices))
            }
        }
        return rows
    }

    /// The features of one clip under each condition.
    private func features(
        of clip: Clip, _ family: [Degradation], _ voices: BabbleVoices?, _ key: RandomKey,
        _ advance: @Sendable () -> Void
    ) -> [Result<FeatureMatrix, Failure>] {
        // What is cancelled is thrown away.
        if stop.isSet { return family.map { _ in .failure(.recognition(.features(.emptyClip))) } }
        let sound: AudioClip
        do throws(AudioError) { sound = try self.sound(of: clip) } catch {
            return family.map { _ in
                advance()
                return .failure(.sound(error))
            }
        }
        let clipKey = key.derived(clip.content?.description ?? clip.fileName)
        return family.map { condition in
            defer { advance() }
            var others: [AudioClip] = []
            if case .babble(_, let talkers) = condition {
                others = voices?.others(than: clip, count: talkers, key: clipKey.derived("others")) ?? []
            }
            return Result { () throws(Failure) in
                let degraded: AudioClip
                do throws(DegradationError) {
                    degraded = try condition.applied(to: sound, seed: clipKey.bits, voices: others)
                } catch { throw .degradation(error) }
                // The part was chosen in the clip as it is, whose speech is heard best.
                do throws(FeatureError) { return try recognizer.matrix(ofBeginningOf: degraded) } catch {
                    throw .recognition(.features(error))
                }
            }
        }
    }

    /// As much of a file as features are taken from and a second more, so that filters do not feel the cut.
    private func sound(of clip: Clip) throws(AudioError) -> AudioClip {
        try clip.sound(from: starts[clip] ?? 0, duration: recognizer.pipeline.span.seconds + 1)
    }

    private func outputs(
        _ matrices: [Result<FeatureMatrix, Failure>], _ standardizations: ArraySlice<Standardization>,
        _ speakers: SpeakerStates?
    ) -> [Result<[Float], Failure>] {
        // What failed is told below, in its place.
        let usable = matrices.indices.compactMap { place in (try? matrices[place].get()).map { (place, $0) } }
        let places = usable.map(\.0)
        let examples = Examples(
            usable.map(\.1), targets: usable.map { _ in 0 }, arrangement: recognizer.pipeline.arrangement,
            standardizations: places.map { standardizations[standardizations.startIndex + $0] })
        let logits = recognizer.model.logits(
            of: examples, output: recognizer.outputPlace, speakers: speakers.map { $0.only(places) })
        var rows = (usable.isEmpty ? [] : logits.rows).makeIterator()
        return matrices.map { matrix in
            matrix.flatMap { _ in
                let row = rows.next() ?? []
                return row.allSatisfy(\.isFinite) ? .success(row) : .failure(.recognition(.outputNotFinite))
            }
        }
    }

    /// The clips that have no outputs, and why.
    private func failures(_ rows: [Result<[Float], Failure>]) -> [RobustnessResults.Failure] {
        zip(clips, rows).compactMap { clip, row in
            guard case .failure(let failure) = row else { return nil }
            return .init(clip: clip.fileName, reason: failure.description)
        }
    }

    /// The condition's measures beside those of the same clips as they are; nil where no clip can be measured.
    private func result(
        of condition: Degradation, _ rows: [Result<[Float], Failure>]
    ) throws(EvaluationError) -> RobustnessResults.Condition? {
        let outputs = rows.map { try? $0.get() }
        let usable = outputs.indices.filter { outputs[$0] != nil }
        guard !usable.isEmpty else { return nil }
        let degraded = try evaluation(outputs.compactMap { $0 }, usable)
        let same = usable.count == rows.count ? clean : try evaluation(usable.map { clean.logits[$0] }, usable)
        let measures = RobustnessResults.measures
        return RobustnessResults.Condition(
            degradation: condition, family: condition.family, level: condition.level, unit: condition.unit,
            name: "\(condition)", clips: usable.count, skipped: rows.count - usable.count,
            failures: failures(rows),
            estimates: try degraded.estimates(of: measures, bootstrap: bootstrap),
            differences: try PairedComparison(degraded, same).differences(of: measures, bootstrap: bootstrap))
    }

    private func evaluation(_ logits: [[Float]], _ clips: [Int]) throws(EvaluationError) -> Evaluation {
        try Evaluation(
            logits: logits, targets: clips.map { clean.targets[$0] }, labels: clean.labels,
            temperature: clean.temperature, speakers: clean.speakers.map { speakers in clips.map { speakers[$0] } })
    }
}
