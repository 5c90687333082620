// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// What one epoch of training measured.
public struct EpochRecord: Codable, Sendable, Equatable {
    /// The number of the epoch, from 1.
    public var epoch: Int
    /// Mean loss over the training part, while it was learned; of cross-entropy in nats.
    public var trainLoss: Double
    /// Fraction of the training part that was classified correctly.
    public var trainAccuracy: Double
    /// Mean cross-entropy of the emotions over the validation part, in nats, whatever loss is minimised.
    public var validationLoss: Double
    /// Fraction of the validation part that was classified correctly.
    public var validationAccuracy: Double
    /// The learning rate at the end of the epoch.
    public var learningRate: Double
    /// Duration of the epoch with its validation, in seconds.
    public var seconds: Double
    /// Figures of the training part by their names (``Trainer/metrics``).
    public var trainMetrics: [String: Double]
    /// Figures of the validation part by their names (``Trainer/metrics``).
    public var validationMetrics: [String: Double]

    /// A record of one epoch.
    public init(
        epoch: Int, trainLoss: Double, trainAccuracy: Double, validationLoss: Double, validationAccuracy: Double,
        learningRate: Double, seconds: Double, trainMetrics: [String: Double] = [:],
        validationMetrics: [String: Double] = [:]
    ) {
        self.epoch = epoch
        self.trainLoss = trainLoss
        self.trainAccuracy = trainAccuracy
        self.validationLoss = validationLoss
        self.validationAccuracy = validationAccuracy
        self.learningRate = learningRate
        self.seconds = seconds
        self.trainMetrics = trainMetrics
        self.validationMetrics = validationMetrics
    }

    /// Metrics stand in files under the names they had when there were three of them, and only where there are any.
    private enum CodingKeys: String, CodingKey {
        case epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, learningRate, seconds
        case trainMetrics = "trainDetail"
        case validationMetrics = "validationDetail"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(trainLoss, forKey: .trainLoss)
        try container.encode(trainAccuracy, forKey: .trainAccuracy)
        try container.encode(validationLoss, forKey: .validationLoss)
        try container.encode(validationAccuracy, forKey: .validationAccuracy)
        try container.encode(learningRate, forKey: .learningRate)
        try container.encode(seconds, forKey: .seconds)
        if !trainMetrics.isEmpty { try container.encode(trainMetrics, forKey: .trainMetrics) }
        if !validationMetrics.isEmpty { try container.encode(validationMetrics, forKey: .validationMetrics) }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            epoch: try container.decode(Int.self, forKey: .epoch),
            trainLoss: try container.decode(Double.self, forKey: .trainLoss),
            trainAccuracy: try container.decode(Double.self, forKey: .trainAccuracy),
            validationLoss: try container.decode(Double.self, forKey: .validationLoss),
            validationAccuracy: try container.decode(Double.self, forKey: .validationAccuracy),
            learningRate: try container.decode(Double.self, forKey: .learningRate),
            seconds: try container.decode(Double.self, forKey: .seconds),
            trainMetrics: try container.decodeIfPresent([String: Double].self, forKey: .trainMetrics) ?? [:],
            validationMetrics: try container.decodeIfPresent([String: Double].self, forKey: .validationMetrics) ?? [:])
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
