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

/// The epochs of one training.
struct TrainingRun {
    private let trainer: Trainer
    private let labels: [String]
    private let train: Examples
    private let validation: Examples
    private let key: RandomKey
    private(set) var state: TrainingState
    private(set) var stopped = TrainingStop.allEpochs

    /// The key that all chance in a training comes from.
    static func key(seed: UInt64) -> RandomKey { RandomKey(seed: seed).derived("training") }

    init(_ trainer: Trainer, model: Model, labels: [String], train: Examples, validation: Examples)
        throws(TrainingError)
    {
        self.trainer = trainer
        self.labels = labels
        self.train = train
        self.validation = validation
        key = TrainingRun.key(seed: trainer.seed)
        do throws(OptimizerError) {
            let step = try TrainingStep(
                model: model, optimizer: trainer.optimizer, loss: trainer.loss, clipping: trainer.clipping)
            try trainer.clipping?.validate()
            let rate = try LearningRate(
                trainer.schedule, base: trainer.optimizer.learningRate,
                stepsPerEpoch: BatchOrder(
                    training: train, batchSize: trainer.batchSize, key: key.derived("order")
                ).batches.count)
            state = TrainingState(step: step, rate: rate, best: model)
        } catch { throw .setting(error.description) }
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
        observe: @Sendable (Trainer.Event) -> Void, isCancelled: @Sendable () -> Bool,
        keep: (TrainingState) throws(CheckpointError) -> Void
    ) throws(TrainingError) {
        while state.history.epochs.count < trainer.epochs {
            if hasLostPatience { return stopped = .patience }
            let epoch = state.history.epochs.count + 1
            do throws(TrainingError) {
                let start = Date()
                let trained = try pass(epoch, observe: observe, isCancelled: isCancelled)
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

    private var hasLostPatience: Bool {
        guard let patience = trainer.patience, !state.history.epochs.isEmpty else { return false }
        return state.history.epochs.count - state.history.bestEpoch >= patience
    }

    private struct Pass {
        var loss = 0.0
        var targets: [Int] = []
        var logits: [Float] = []
    }

    /// Every training clip once.
    /// - Throws: ``TrainingError/cancelled``; ``TrainingError/diverged(epoch:)`` at the first loss that is not finite.
    private mutating func pass(
        _ epoch: Int, observe: @Sendable (Trainer.Event) -> Void, isCancelled: @Sendable () -> Bool
    ) throws(TrainingError) -> Pass {
        let epochKey = key.derived(epoch)
        let order = BatchOrder(training: train, batchSize: trainer.batchSize, key: epochKey.derived("order"))
        var pass = Pass()
        var done = 0
        var isComplete = true
        BatchPrefetcher(train, order: order).forEach { batch in
            guard !isCancelled() else {
                isComplete = false
                return false
            }
            state.step.optimizer.learningRate = state.rate(at: state.step.optimizer.steps)
            let (loss, logits) = state.step(batch, key: epochKey.derived(done))
            pass.loss += Double(loss) * Double(batch.targets.count)
            pass.targets += batch.targets
            pass.logits += logits.scalars
            done += 1
            observe(.step(epoch: epoch, of: trainer.epochs, done: done, total: order.batches.count))
            return loss.isFinite
        }
        guard isComplete else { throw .cancelled }
        guard pass.loss.isFinite else { throw .diverged(epoch: epoch) }
        return pass
    }

    private func measure(_ epoch: Int, _ pass: Pass, since start: Date) throws(TrainingError) -> EpochRecord {
        let logits = state.step.model.logits(of: validation)
        let classes = labels.count
        var record = EpochRecord(
            epoch: epoch, trainLoss: pass.loss / Double(pass.targets.count),
            trainAccuracy: accuracy(pass.logits, pass.targets, classes: classes),
            validationLoss: Double(crossEntropy(logits: logits, labels: validation.targets).item),
            validationAccuracy: accuracy(logits.scalars, validation.targets, classes: classes),
            learningRate: Double(state.step.optimizer.learningRate), seconds: 0)
        guard record.validationLoss.isFinite else { throw .diverged(epoch: epoch) }
        if trainer.detailedMetrics {
            do throws(EvaluationError) {
                record.trainDetail = EpochDetail(
                    try ClassificationMetrics(logits: pass.logits, targets: pass.targets, labels: labels))
                record.validationDetail = EpochDetail(
                    try ClassificationMetrics(logits: logits.scalars, targets: validation.targets, labels: labels))
            } catch { throw .evaluation(error) }
        }
        record.seconds = Date().timeIntervalSince(start)
        return record
    }

    private mutating func keepIfBest(_ record: EpochRecord) {
        state.history.epochs.append(record)
        if let best = state.history.best, !record.isBetter(than: best) { return }
        state.history.bestEpoch = record.epoch
        state.best = state.step.model
    }
}

/// The fraction of rows whose largest logit (of equals, the first) is the target's. A row with NaN is never right.
private func accuracy(_ logits: [Float], _ targets: [Int], classes: Int) -> Double {
    let correct = targets.indices.filter { logits[$0 * classes..<($0 + 1) * classes].argmax == targets[$0] }
    return Double(correct.count) / Double(max(targets.count, 1))
}

extension Tensor {
    /// The rows of a matrix.
    package var rows: [[Float]] {
        let values = scalars, columns = shape.last ?? 0
        return (0..<(shape.first ?? 0)).map { Array(values[$0 * columns..<($0 + 1) * columns]) }
    }
}

extension Model {
    /// What the network makes of examples in inference, [clips, classes], in their order.
    package func logits(of examples: Examples, batchSize: Int = 64) -> Tensor {
        let classes = graph.output.count ?? 1
        let order = BatchOrder(evaluating: examples, batchSize: batchSize)
        return Tensor(shape: [examples.count, classes]) { out in
            for clips in order.batches {
                let batch = examples.batch(clips)
                let logits = self(batch.values, lengths: batch.lengths)
                logits.withPointer { source in
                    for (row, clip) in clips.enumerated() {
                        (out + clip * classes).update(from: source + row * classes, count: classes)
                    }
                }
            }
        }
    }
}
