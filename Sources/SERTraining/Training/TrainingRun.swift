// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import SERSupport

/// How far a training has come: all that changes from epoch to epoch.
struct TrainingState {
    var step: TrainingStep
    var rate: LearningRate
    /// The model after the epoch that was best on the validation part.
    var best: Model
    var history = History()
}

/// The training part with all that its clips should give.
struct TrainingPart {
    let stream: TrainingStream
    let targets: TrainingTargets
    /// For each clip, the place of the group that it counts for.
    let groups: [Int]
    /// Who speaks in each clip; nil where the network does not normalise by speaker.
    let speakers: ClipSpeakers?
}

/// The validation part with all that its clips should give.
struct ValidationPart {
    let examples: Examples
    let targets: TrainingTargets
    /// Who speaks in each clip; nil where the network does not normalise by speaker.
    let speakers: ClipSpeakers?
}

/// The epochs of one training.
struct TrainingRun {
    private let trainer: Trainer
    private let objective: TrainingObjective
    private let train: TrainingPart
    private let validation: ValidationPart
    private let key: RandomKey
    private(set) var state: TrainingState
    private(set) var stopped = TrainingStop.allEpochs

    /// The key that all chance in a training comes from.
    static func key(seed: UInt64) -> RandomKey { RandomKey(seed: seed).derived("training") }

    init(
        _ trainer: Trainer, model: Model, objective: TrainingObjective, train: TrainingPart, validation: ValidationPart
    ) throws(TrainingError) {
        self.trainer = trainer
        self.objective = objective
        self.train = train
        self.validation = validation
        key = TrainingRun.key(seed: trainer.seed)
        do throws(OptimizerError) {
            let step = try TrainingStep(
                model: model, optimizer: trainer.optimizer, objective: objective, clipping: trainer.clipping)
            try trainer.clipping?.validate()
            // As many in every epoch, but where speakers stand together and are drawn: about as many.
            let first = Self.order(of: Self.draws(of: train, trainer, key: key), train, trainer, key: key)
            let rate = try LearningRate(
                trainer.schedule, base: trainer.optimizer.learningRate, stepsPerEpoch: first.updates)
            state = TrainingState(step: step, rate: rate, best: model)
        } catch { throw .setting(error.description) }
    }

    /// The clips that an epoch of the given key sees.
    private static func draws(of train: TrainingPart, _ trainer: Trainer, key: RandomKey) -> EpochDraws {
        guard trainer.sampling != .everyClip else { return EpochDraws(everyOf: train.stream.count) }
        return EpochDraws(balancing: train.groups, key: key.derived("draws"))
    }

    /// Which draws stand together in an epoch of the given key.
    private static func order(
        of draws: EpochDraws, _ train: TrainingPart, _ trainer: Trainer, key: RandomKey
    ) -> BatchOrder {
        let orderKey = key.derived("order")
        if let speakers = train.speakers {
            return BatchOrder(
                training: speakers.only(draws.clips), batchSize: trainer.batchSize, accumulation: trainer.accumulation,
                key: orderKey)
        }
        let lengths = train.stream.lengths
        return BatchOrder(
            training: draws.clips.count, lengths: lengths.map { lengths in draws.clips.map { lengths[$0] } },
            batchSize: trainer.batchSize, accumulation: trainer.accumulation, key: orderKey)
    }

    /// Puts the training where another had come to.
    mutating func resume(
        _ body: (inout TrainingState) throws(CheckpointError) -> Void
    ) throws(TrainingError) {
        do throws(CheckpointError) { try body(&state) } catch { throw .checkpoint(error) }
    }

    /// Runs the epochs that are left, as far as they come; ``stopped`` tells why no more were run. What was kept last
    /// stays when an epoch diverges.
    /// - Parameter keep: Called after each epoch with the state, before the next begins.
    /// - Throws: ``TrainingError/diverged(epoch:)`` and ``TrainingError/cancelled`` when no epoch ended before.
    mutating func train(
        observe: @Sendable (Trainer.Event) -> Void, stop: StopSignal,
        keep: (TrainingState) throws(CheckpointError) -> Void
    ) throws(TrainingError) {
        while state.history.epochs.count < trainer.epochs {
            if let reason = trainer.stopping.stop(after: state.history) { return stopped = reason }
            let epoch = state.history.epochs.count + 1
            do throws(TrainingError) {
                let start = Date()
                let trained =
                    if let linear = trainer.linear { try solve(linear, stop: stop) } else {
                        try pass(epoch, observe: observe, stop: stop)
                    }
                let record = try measure(epoch, trained, since: start)
                keepIfBest(record)
                state.rate.observe(record.validationLoss, at: state.step.optimizer.steps)
                do throws(CheckpointError) { try keep(state) } catch { throw .checkpoint(error) }
                observe(.epoch(record, state.step.model))
            } catch {
                guard !state.history.epochs.isEmpty, let reason = Self.stop(for: error) else { throw error }
                return stopped = reason
            }
        }
    }

    /// The errors after which the epochs before still count.
    private static func stop(for error: TrainingError) -> TrainingStop? {
        switch error {
        case .cancelled: .cancelled
        case .diverged(let epoch): .diverged(epoch: epoch)
        default: nil
        }
    }

    private struct Pass {
        var loss = 0.0
        /// The clips in the order in which they were seen.
        var clips: [Int] = []
        var outputs: CollectedOutputs
    }

    /// The output that is measured; nil where a metric looks at all.
    private var measured: Int? {
        trainer.metrics.contains(where: \.readsAllOutputs) ? nil : objective.emotions
    }

    /// Every training clip once, or as many clips as there are, as they are drawn.
    /// - Throws: ``TrainingError/cancelled``; ``TrainingError/diverged(epoch:)`` at the first loss that is not finite.
    private mutating func pass(
        _ epoch: Int, observe: @Sendable (Trainer.Event) -> Void, stop: StopSignal
    ) throws(TrainingError) -> Pass {
        let epochKey = key.derived(epoch)
        let draws = Self.draws(of: train, trainer, key: epochKey)
        let order = Self.order(of: draws, train, trainer, key: epochKey)
        let stream = train.stream, augmentationKey = epochKey.derived("augmentation")
        var pass = Pass(outputs: CollectedOutputs(of: state.step.model.graph, at: measured))
        var place = 0, done = 0
        let total = order.updates
        var isComplete = true
        BatchPrefetcher(order) { _, places in
            stream.batch(
                places.map { draws.clips[$0] }, repeats: places.map { draws.repeats[$0] }, key: augmentationKey)
        }.forEach { batch in
            guard !stop.isSet else {
                isComplete = false
                return false
            }
            state.step.optimizer.learningRate = state.rate(at: state.step.optimizer.steps)
            let clips = order.batches[place].map { draws.clips[$0] }, updates = order.endsUpdate[place]
            let (loss, outputs) = state.step(
                batch, targets: train.targets.rows(clips, emotions: batch.targets), speakers: order.speakers?[place],
                key: epochKey.derived(place), updates: updates)
            pass.loss += Double(loss) * Double(clips.count)
            pass.clips += clips
            pass.outputs.add(outputs)
            place += 1
            if updates {
                done += 1
                observe(.step(epoch: epoch, of: trainer.epochs, done: done, total: total))
            }
            return loss.isFinite
        }
        guard isComplete else { throw .cancelled }
        guard pass.loss.isFinite else { throw .diverged(epoch: epoch) }
        return pass
    }

    /// The weights that are best for the training part, and what they make of it.
    /// - Throws: ``TrainingError/cancelled``; ``TrainingError/setting(_:)`` where they are not found.
    private mutating func solve(_ fit: LinearFit, stop: StopSignal) throws(TrainingError) -> Pass {
        let clips = Array(0..<train.stream.count)
        let batch = train.stream.batch(clips, key: key)
        let columns = batch.values.count / max(clips.count, 1)
        let classes = state.step.model.graph.output[0].length ?? 0
        let weights = try fit.weights(
            for: LinearRows(batch.values.scalars, columns: columns), targets: batch.targets, classes: classes,
            stop: stop)
        state.step.model.setLinear(weights, classes: classes)
        state.step.optimizer.learningRate = 0
        let outputs = state.step.model.outputs(batch.values, lengths: nil).outputs
        var pass = Pass(outputs: CollectedOutputs(of: state.step.model.graph, at: measured))
        pass.outputs.add(outputs)
        pass.clips = clips
        let loss = crossEntropy(logits: outputs.values(at: objective.emotions), labels: batch.targets).item
        pass.loss = Double(loss) * Double(clips.count)
        return pass
    }

    private func measure(_ epoch: Int, _ pass: Pass, since start: Date) throws(TrainingError) -> EpochRecord {
        let trained = pass.outputs.outputs()
        let trainTargets = train.targets.rows(pass.clips, emotions: pass.clips.map { train.targets.emotions[$0] })
        let model = state.step.model
        let speakers = validation.speakers.map { SpeakerStates(of: model, hearing: validation.examples, by: $0) }
        let validated = model.outputs(of: validation.examples, at: measured, speakers: speakers)
        // The outputs collected are all of them, or the emotions' alone.
        let emotions = measured == nil ? place(ofEmotionsIn: validated) : 0
        let logits = validated.values(at: emotions)
        var record = EpochRecord(
            epoch: epoch, trainLoss: pass.loss / Double(pass.clips.count),
            trainAccuracy: accuracy(trained.values(at: emotions), trainTargets.emotions),
            validationLoss: Double(crossEntropy(logits: logits, labels: validation.targets.emotions).item),
            validationAccuracy: accuracy(logits, validation.targets.emotions),
            learningRate: Double(state.step.optimizer.learningRate), seconds: 0)
        guard record.validationLoss.isFinite else { throw .diverged(epoch: epoch) }
        do throws(EvaluationError) {
            let metrics = trainer.metrics
            record.trainMetrics = try EpochMetric.values(of: metrics, trained, trainTargets, emotions: emotions)
            record.validationMetrics = try EpochMetric.values(
                of: metrics, validated, validation.targets, emotions: emotions)
        } catch { throw .evaluation(error) }
        record.seconds = Date().timeIntervalSince(start)
        return record
    }

    private func place(ofEmotionsIn outputs: ModelOutputs) -> Int {
        let name = state.step.model.graph.outputs[objective.emotions].name
        return outputs.names.firstIndex(of: name) ?? 0
    }

    private mutating func keepIfBest(_ record: EpochRecord) {
        state.history.epochs.append(record)
        if let best = state.history.best, !trainer.selection.isBetter(record, best) { return }
        state.history.bestEpoch = record.epoch
        state.best = state.step.model
    }
}

/// The fraction of rows whose largest logit (of equals, the first) is the target's. A row with NaN is never right.
private func accuracy(_ logits: Tensor, _ targets: [Int]) -> Double {
    let classes = logits.shape[1], values = logits.scalars
    let correct = targets.indices.count { values[$0 * classes..<($0 + 1) * classes].argmax == targets[$0] }
    return Double(correct) / Double(max(targets.count, 1))
}
