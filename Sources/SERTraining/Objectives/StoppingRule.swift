// SPDX-License-Identifier: Apache-2.0

/// When a training ends before its last epoch.
///
/// ```swift
/// let solved = StoppingRule.when("all right") { $0.epochs.last?.validationAccuracy == 1 }
/// let trainer = Trainer(features: features, stopping: solved)
/// ```
public struct StoppingRule: Sendable {
    private enum Kind: Sendable {
        case allEpochs
        case patience(Int)
        case own(String, @Sendable (History) -> Bool)
    }

    private let kind: Kind

    /// All epochs are run.
    public static let allEpochs = StoppingRule(kind: .allEpochs)

    /// The training ends when so many epochs were no better than the best (``Trainer/selection``).
    public static func patience(_ epochs: Int) -> StoppingRule { StoppingRule(kind: .patience(epochs)) }

    /// The training ends when a function of your own says so.
    /// - Parameters:
    ///   - name: Tells it apart from other rules: a checkpoint of one name is not gone on from with another.
    ///   - isOver: Asked before each epoch but the first, with the epochs so far; it may depend on them alone.
    public static func when(_ name: String, _ isOver: @escaping @Sendable (History) -> Bool) -> StoppingRule {
        StoppingRule(kind: .own(name, isOver))
    }

    /// The epochs that ``patience(_:)`` was given; nil for other rules.
    public var patience: Int? {
        if case .patience(let epochs) = kind { epochs } else { nil }
    }

    /// The name of a rule of your own; nil for the library's.
    public var name: String? {
        if case .own(let name, _) = kind { name } else { nil }
    }

    /// Why a training of this history ends; nil where it goes on.
    func stop(after history: History) -> TrainingStop? {
        guard !history.epochs.isEmpty else { return nil }
        switch kind {
        case .allEpochs: return nil
        case .patience(let epochs): return history.epochs.count - history.bestEpoch >= epochs ? .patience : nil
        case .own(let name, let isOver): return isOver(history) ? .rule(name) : nil
        }
    }
}

/// Why a training ended.
public enum TrainingStop: Sendable, Hashable, CustomStringConvertible {
    /// All its epochs were run.
    case allEpochs
    /// The validation part had not improved for as many epochs as ``StoppingRule/patience(_:)`` allows.
    case patience
    /// A rule of the caller's own, of this name, said so (``StoppingRule/when(_:_:)``).
    case rule(String)
    /// The caller stopped it.
    case cancelled
    /// The loss of the training or the validation part became infinite or not a number in this epoch, from 1, which is
    /// not in the history. The weights kept are the best of the epochs before.
    case diverged(epoch: Int)

    /// The epoch in which the training diverged, from 1; nil where it did not.
    public var divergedInEpoch: Int? {
        if case .diverged(let epoch) = self { epoch } else { nil }
    }

    /// Such as `the loss was no longer a number in epoch 7`.
    public var description: String {
        switch self {
        case .allEpochs: "all epochs were run"
        case .patience: "the validation part no longer improved"
        case .rule(let name): "the rule '\(name)' ended it"
        case .cancelled: "it was cancelled"
        case .diverged(let epoch): "the loss was no longer a number in epoch \(epoch)"
        }
    }
}
