// SPDX-License-Identifier: Apache-2.0

/// How the learning rate changes in the course of training: a value that can be saved. ``LearningRate`` is it at work.
///
/// A schedule is a factor on the optimiser's learning rate. Schedules compose: one after another
/// (``then(_:after:)``, ``warmUp(over:from:then:)``), and multiplied with `*`.
///
/// ```swift
/// let schedule = LearningRateSchedule.warmUp(over: .steps(500), then: .cosine(over: .epochs(95)))
/// ```
public indirect enum LearningRateSchedule: Sendable, Hashable, Codable {
    /// A stretch of training. What is measured in epochs changes from epoch to epoch, in steps from step to step.
    public enum Span: Sendable, Hashable, Codable {
        /// So many steps of the optimiser.
        case steps(Int)
        /// So many passes over the training data.
        case epochs(Int)
    }

    /// Always 1.
    case constant
    /// Multiplied by `factor` at the end of each span; PyTorch's `StepLR`.
    case step(every: Span, factor: Double = 0.1)
    /// factor^n after n spans, from step to step or from epoch to epoch; PyTorch's `ExponentialLR`.
    case exponential(factor: Double, every: Span = .epochs(1))
    /// From 1 down to `minimum` along half a cosine (Loshchilov and Hutter, 2017), then `minimum`; PyTorch's
    /// `CosineAnnealingLR` up to its end.
    case cosine(over: Span, minimum: Double = 0)
    /// From `from` up to 1 along a line, then `then` as if training had begun there; PyTorch's `LinearLR`.
    case warmUp(over: Span, from: Double = 0, then: LearningRateSchedule = .constant)
    /// Multiplied by a factor whenever a figure of the validation has stopped getting better.
    case reduceOnPlateau(Plateau = Plateau())
    /// `first` for a span, then `next` as if training had begun there; PyTorch's `SequentialLR`.
    case sequence(LearningRateSchedule, for: Span, then: LearningRateSchedule)
    /// The product of two schedules; PyTorch's `ChainedScheduler`.
    case product(LearningRateSchedule, LearningRateSchedule)

    /// This schedule for a span, then `next` as if training had begun there.
    public func then(_ next: LearningRateSchedule, after span: Span) -> LearningRateSchedule {
        .sequence(self, for: span, then: next)
    }

    /// The product of two schedules.
    public static func * (a: LearningRateSchedule, b: LearningRateSchedule) -> LearningRateSchedule { .product(a, b) }

    /// Throws an ``OptimizerError`` that names the first setting that makes no sense.
    public func validate() throws(OptimizerError) {
        switch self {
        case .constant: break
        case .step(let span, let factor), .exponential(let factor, let span):
            try span.validate()
            try require(factor, "schedule factor", "above 0") { $0 > 0 }
        case .cosine(let span, let minimum):
            try span.validate()
            try require(minimum, "cosine minimum", "from 0 to 1") { 0 <= $0 && $0 <= 1 }
        case .warmUp(let span, let from, let next):
            try span.validate()
            try require(from, "warm-up start", "from 0 to 1") { 0 <= $0 && $0 <= 1 }
            try next.validate()
        case .reduceOnPlateau(let plateau): try plateau.validate()
        case .sequence(let first, let span, let next):
            try first.validate()
            try span.validate()
            try next.validate()
        case .product(let a, let b):
            try a.validate()
            try b.validate()
        }
    }
}

extension LearningRateSchedule.Span {
    fileprivate func validate() throws(OptimizerError) {
        switch self {
        case .steps(let count), .epochs(let count):
            try require(Double(count), "schedule span", "at least 1 step or epoch") { $0 >= 1 }
        }
    }
}

/// When a figure of the validation counts as no longer getting better, and what follows: PyTorch's `ReduceLROnPlateau`
/// with a relative threshold.
public struct Plateau: Sendable, Hashable, Codable {
    /// What the learning rate is multiplied by.
    public var factor: Double
    /// How many epochs without improvement are borne; the next one reduces the rate.
    public var patience: Int
    /// By which share of the best figure an epoch must be better to count.
    public var threshold: Double
    /// For how many epochs after a reduction nothing is counted.
    public var cooldown: Int
    /// The least share of the optimiser's learning rate.
    public var minimum: Double
    /// Whether more is better, as of an accuracy; otherwise less is, as of a loss.
    public var higherIsBetter: Bool

    /// A rule for figures that have stopped getting better.
    public init(
        factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4, cooldown: Int = 0, minimum: Double = 0,
        higherIsBetter: Bool = false
    ) {
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.cooldown = cooldown
        self.minimum = minimum
        self.higherIsBetter = higherIsBetter
    }

    func validate() throws(OptimizerError) {
        try require(factor, "plateau factor", "above 0 and below 1") { 0 < $0 && $0 < 1 }
        try require(Double(patience), "plateau patience", "0 epochs or more") { $0 >= 0 }
        try require(threshold, "plateau threshold", "0 or more") { $0 >= 0 }
        try require(Double(cooldown), "plateau cooldown", "0 epochs or more") { $0 >= 0 }
        try require(minimum, "plateau minimum", "from 0 to 1") { 0 <= $0 && $0 <= 1 }
    }
}
