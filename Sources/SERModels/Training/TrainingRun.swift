import Foundation
import SERCore

/// The epochs of one training.
struct TrainingRun {
    private let trainer: Trainer
    private let labels: [String]
    private let train: Examples
    private let validation: Examples
    private let key: RandomKey
    private var step: TrainingStep
    private var rate: LearningRate
    private(set) var best: Model
    private(set) var history = History()
    private(set) var wasCancelled = false

    init(_ trainer: Trainer, model: Model, labels: [String], train: Examples, validation: Examples) throws(TrainingError) {
        self.trainer = trainer
        self.labels = labels
        self.train = train
        self.validation = validation
        key = RandomKey(seed: trainer.seed).derived("training")
        best = model
        do throws(OptimizerError) {
            step = try TrainingStep(
                model: model, optimizer: trainer.optimizer, loss: trainer.loss, clipping: trainer.clipping)
            try trainer.clipping?.validate()
            rate = try LearningRate(
                trainer.schedule, base: trainer.optimizer.learningRate,
                stepsPerEpoch: BatchOrder(
                    training: train, batchSize: trainer.batchSize, key: key.derived("order")).batches.count)
        } catch { throw .setting(error.description) }
    }

    mutating func train(
        isCancelled: @Sendable () -> Bool, observe: @Sendable (Trainer.Event) -> Void
    ) throws(TrainingError) {
        for epoch in 1...trainer.epochs {
            let start = Date()
            guard let trained = try pass(epoch, isCancelled: isCancelled, observe: observe) else {
                wasCancelled = true
                break
            }
            let record = try measure(epoch, trained, since: start)
            keepIfBest(record)
            rate.observe(record.validationLoss, at: step.optimizer.steps)
            observe(.epoch(record, step.model))
            if let patience = trainer.patience, epoch - history.bestEpoch >= patience { break }
        }
        if history.epochs.isEmpty { throw .cancelled }
    }

    private struct Pass {
        var loss = 0.0
        var targets: [Int] = []
        var logits: [Float] = []
    }

    /// Every training clip once; nil when cancelled.
    private mutating func pass(
        _ epoch: Int, isCancelled: @Sendable () -> Bool, observe: @Sendable (Trainer.Event) -> Void
    ) throws(TrainingError) -> Pass? {
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
            step.optimizer.learningRate = rate(at: step.optimizer.steps)
            let (loss, logits) = step(batch, key: epochKey.derived(done))
            pass.loss += Double(loss) * Double(batch.targets.count)
            pass.targets += batch.targets
            pass.logits += logits.scalars
            done += 1
            observe(.step(epoch: epoch, of: trainer.epochs, done: done, total: order.batches.count))
            return loss.isFinite
        }
        guard isComplete else { return nil }
        guard pass.loss.isFinite else { throw .diverged(epoch: epoch) }
        return pass
    }

    private func measure(_ epoch: Int, _ pass: Pass, since start: Date) throws(TrainingError) -> EpochRecord {
        let logits = step.model.logits(of: validation)
        let classes = labels.count
        var record = EpochRecord(
            epoch: epoch, trainLoss: pass.loss / Double(pass.targets.count),
            trainAccuracy: accuracy(pass.logits, pass.targets, classes: classes),
            validationLoss: Double(crossEntropy(logits: logits, labels: validation.targets).item),
            validationAccuracy: accuracy(logits.scalars, validation.targets, classes: classes),
            learningRate: Double(step.optimizer.learningRate), seconds: 0)
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
        history.epochs.append(record)
        if let best = history.best,
            (best.validationAccuracy, -best.validationLoss) >= (record.validationAccuracy, -record.validationLoss) {
            return
        }
        history.bestEpoch = record.epoch
        best = step.model
    }
}

/// The fraction of rows whose largest logit (of equals, the first) is the target's.
private func accuracy(_ logits: [Float], _ targets: [Int], classes: Int) -> Double {
    let correct = targets.indices.filter { row in
        let line = logits[row * classes..<(row + 1) * classes]
        return line.max().flatMap { line.firstIndex(of: $0) } == row * classes + targets[row]
    }
    return Double(correct.count) / Double(max(targets.count, 1))
}

extension Model {
    /// What the network makes of examples in inference, [clips, classes], in their order.
    func logits(of examples: Examples, batchSize: Int = 64) -> Tensor {
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
