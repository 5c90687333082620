// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// What one epoch of training measured.
public struct EpochRecord: Codable, Sendable, Equatable {
    /// The number of the epoch, from 1.
    public var epoch: Int
    /// Mean cross-entropy over the training part, in nats.
    public var trainLoss: Double
    /// Fraction of the training part that was classified correctly.
    public var trainAccuracy: Double
    /// Mean cross-entropy over the validation part, in nats.
    public var validationLoss: Double
    /// Fraction of the validation part that was classified correctly.
    public var validationAccuracy: Double
    /// The learning rate at the end of the epoch.
    public var learningRate: Double
    /// Duration of the epoch with its validation, in seconds.
    public var seconds: Double
    /// Precision, recall and AUC of the training part, where they were asked for.
    public var trainDetail: EpochDetail?
    /// Precision, recall and AUC of the validation part, where they were asked for.
    public var validationDetail: EpochDetail?

    /// A record of one epoch.
    public init(
        epoch: Int, trainLoss: Double, trainAccuracy: Double, validationLoss: Double, validationAccuracy: Double,
        learningRate: Double, seconds: Double, trainDetail: EpochDetail? = nil, validationDetail: EpochDetail? = nil
    ) {
        self.epoch = epoch
        self.trainLoss = trainLoss
        self.trainAccuracy = trainAccuracy
        self.validationLoss = validationLoss
        self.validationAccuracy = validationAccuracy
        self.learningRate = learningRate
        self.seconds = seconds
        self.trainDetail = trainDetail
        self.validationDetail = validationDetail
    }
}

extension EpochRecord {
    /// Whether the weights after this epoch are kept rather than those after an earlier one: higher accuracy on the
    /// validation part, or the same and a lower loss. A loss that is not a number is never better, and any other is
    /// better than that.
    package func isBetter(than earlier: EpochRecord) -> Bool {
        if validationLoss.isNaN || validationAccuracy.isNaN { return false }
        if earlier.validationLoss.isNaN || earlier.validationAccuracy.isNaN { return true }
        return (validationAccuracy, -validationLoss) > (earlier.validationAccuracy, -earlier.validationLoss)
    }
}

/// Macro averages over the classes of one part after one epoch.
public struct EpochDetail: Codable, Sendable, Equatable {
    /// Mean precision over the classes.
    public var precision: Double
    /// Mean recall over the classes.
    public var recall: Double
    /// Mean one-versus-rest area under the ROC curve; `nil` where no class can be ranked against the rest.
    public var auc: Double?

    /// Averages that were computed elsewhere.
    public init(precision: Double, recall: Double, auc: Double?) {
        self.precision = precision
        self.recall = recall
        self.auc = auc
    }

    /// The macro averages of `metrics`.
    public init(_ metrics: ClassificationMetrics) {
        self.init(precision: metrics.macroPrecision, recall: metrics.macroRecall, auc: metrics.auc)
    }
}

/// The epochs of one training and which of them was best on the validation part.
public struct History: Codable, Sendable, Equatable {
    /// One record an epoch, in order.
    public var epochs: [EpochRecord]
    /// The number of the epoch (from 1) whose weights were kept; 0 before the first epoch ended.
    public var bestEpoch: Int

    /// A history of the epochs run so far.
    public init(epochs: [EpochRecord] = [], bestEpoch: Int = 0) {
        self.epochs = epochs
        self.bestEpoch = bestEpoch
    }

    /// The record of the epoch whose weights were kept.
    public var best: EpochRecord? { epochs.first { $0.epoch == bestEpoch } }

    /// Duration of all epochs, in seconds.
    public var seconds: Double { epochs.reduce(0) { $0 + $1.seconds } }
}

extension History: CustomStringConvertible {
    /// A table with one row an epoch; the best epoch is marked with `*`.
    public var description: String {
        let header = " epoch  train loss  accuracy  validation loss  accuracy  learning rate  seconds"
        return ([header] + epochs.map(row)).joined(separator: "\n")
    }

    private func row(_ record: EpochRecord) -> String {
        (record.epoch == bestEpoch ? "*" : " ")
            + "\(record.epoch)".leftPadded(to: 5)
            + record.trainLoss.fixed(4).leftPadded(to: 12)
            + record.trainAccuracy.fixed(4).leftPadded(to: 10)
            + record.validationLoss.fixed(4).leftPadded(to: 17)
            + record.validationAccuracy.fixed(4).leftPadded(to: 10)
            + record.learningRate.significant(3).leftPadded(to: 15)
            + record.seconds.fixed(2).leftPadded(to: 9)
    }
}
