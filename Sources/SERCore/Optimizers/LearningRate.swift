// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A learning-rate schedule at work: tells the rate of each step and listens to the validation.
///
/// ```swift
/// optimizer.learningRate = rate(at: optimizer.steps)   // before each step
/// rate.observe(validationLoss, at: optimizer.steps)    // after each epoch
/// ```
/// A value that can be saved with the optimiser's state, to resume.
public struct LearningRate: Sendable, Hashable, Codable {
    /// The schedule it was made with.
    public let schedule: LearningRateSchedule
    /// The optimiser's learning rate, which the schedule multiplies.
    public let base: Double
    /// How many steps make an epoch.
    public let stepsPerEpoch: Int
    /// One for each plateau rule, in the order in which the schedule names them.
    private var plateaus: [PlateauState]

    /// A schedule that has not yet begun.
    ///
    /// Throws an ``OptimizerError`` when a setting makes no sense.
    public init(_ schedule: LearningRateSchedule, base: Double, stepsPerEpoch: Int) throws(OptimizerError) {
        try schedule.validate()
        try require(base, "learningRate", "0 or more") { $0 >= 0 }
        try require(Double(stepsPerEpoch), "steps per epoch", "at least 1") { $0 >= 1 }
        self.schedule = schedule
        self.base = base
        self.stepsPerEpoch = stepsPerEpoch
        plateaus = [PlateauState](repeating: PlateauState(), count: schedule.plateauCount)
    }

    /// - Throws: `DecodingError` for a state that this schedule cannot have come to.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let saved = try container.decode([PlateauState].self, forKey: .plateaus)
        try self.init(
            container.decode(LearningRateSchedule.self, forKey: .schedule),
            base: container.decode(Double.self, forKey: .base),
            stepsPerEpoch: container.decode(Int.self, forKey: .stepsPerEpoch))
        guard saved.count == plateaus.count, saved.allSatisfy(\.isPossible) else {
            throw DecodingError.dataCorruptedError(
                forKey: .plateaus, in: container,
                debugDescription: "the state of the plateau rules is not the schedule's")
        }
        plateaus = saved
    }

    /// The learning rate of a step, counted from 0.
    public func callAsFunction(at step: Int) -> Double {
        var next = 0
        return base * factor(schedule, at: step, plateau: &next)
    }

    /// Takes in a figure of the validation after an epoch, for schedules that look at it.
    /// - Parameters:
    ///   - metric: Such as the validation loss; NaN counts as no improvement.
    ///   - step: How many steps have been taken.
    public mutating func observe(_ metric: Double, at step: Int) {
        var next = 0
        observe(metric, schedule, at: step, plateau: &next)
    }

    private func factor(_ schedule: LearningRateSchedule, at step: Int, plateau: inout Int) -> Double {
        switch schedule {
        case .constant: return 1
        case .step(let span, let factor): return pow(factor, (progress(span, at: step)).rounded(.down))
        case .exponential(let factor, let span): return pow(factor, progress(span, at: step))
        case .cosine(let span, let minimum):
            let way = min(progress(span, at: step), 1)
            return minimum + (1 - minimum) * (1 + cos(.pi * way)) / 2
        case .warmUp(let span, let from, let next):
            let rest = step - steps(span)
            if rest >= 0 { return factor(next, at: rest, plateau: &plateau) }
            return from + (1 - from) * progress(span, at: step)
        case .reduceOnPlateau:
            plateau += 1
            return plateaus[plateau - 1].factor
        case .sequence(let first, let span, let next):
            let rest = step - steps(span)
            if rest < 0 { return factor(first, at: step, plateau: &plateau) }
            plateau += first.plateauCount
            return factor(next, at: rest, plateau: &plateau)
        case .product(let a, let b):
            let left = factor(a, at: step, plateau: &plateau)
            return left * factor(b, at: step, plateau: &plateau)
        }
    }

    private mutating func observe(
        _ metric: Double, _ schedule: LearningRateSchedule, at step: Int, plateau: inout Int
    ) {
        switch schedule {
        case .constant, .step, .exponential, .cosine: break
        case .warmUp(let span, _, let next):
            // A schedule that has not begun listens to nothing: the figure came from the one before.
            if step > steps(span) { observe(metric, next, at: step - steps(span), plateau: &plateau) }
        case .reduceOnPlateau(let rule):
            plateaus[plateau].observe(metric, rule)
            plateau += 1
        case .sequence(let first, let span, let next):
            let rest = step - steps(span)
            if rest <= 0 { return observe(metric, first, at: step, plateau: &plateau) }
            plateau += first.plateauCount
            observe(metric, next, at: rest, plateau: &plateau)
        case .product(let a, let b):
            let second = plateau + a.plateauCount
            observe(metric, a, at: step, plateau: &plateau)
            plateau = second
            observe(metric, b, at: step, plateau: &plateau)
        }
    }

    private func steps(_ span: LearningRateSchedule.Span) -> Int {
        switch span {
        case .steps(let count): return count
        case .epochs(let count):
            return count.multipliedReportingOverflow(by: stepsPerEpoch).overflow
                ? .max : count * stepsPerEpoch
        }
    }

    /// How much of a span lies behind; of a span in epochs, whole epochs count.
    private func progress(_ span: LearningRateSchedule.Span, at step: Int) -> Double {
        switch span {
        case .steps(let count): return Double(step) / Double(count)
        case .epochs(let count): return Double(step / stepsPerEpoch) / Double(count)
        }
    }
}

/// What a plateau rule remembers.
private struct PlateauState: Sendable, Hashable, Codable {
    var factor = 1.0
    var best: Double?
    var badEpochs = 0
    var cooldown = 0

    /// Whether observing can lead here, rather than a damaged file.
    var isPossible: Bool {
        (0...1).contains(factor) && (0...1 << 40).contains(badEpochs) && (0...1 << 40).contains(cooldown)
    }

    mutating func observe(_ metric: Double, _ rule: Plateau) {
        if isBetter(metric, rule) {
            best = metric
            badEpochs = 0
        } else {
            badEpochs += 1
        }
        if cooldown > 0 {
            cooldown -= 1
            badEpochs = 0
        }
        if badEpochs > rule.patience {
            factor = max(factor * rule.factor, rule.minimum)
            cooldown = rule.cooldown
            badEpochs = 0
        }
    }

    private func isBetter(_ metric: Double, _ rule: Plateau) -> Bool {
        guard let best else { return !metric.isNaN }
        // As PyTorch's relative mode, which asks for less where figures are below 0.
        return rule.higherIsBetter ? metric > best * (1 + rule.threshold) : metric < best * (1 - rule.threshold)
    }
}

extension LearningRateSchedule {
    /// How many plateau rules the schedule holds.
    fileprivate var plateauCount: Int {
        switch self {
        case .constant, .step, .exponential, .cosine: return 0
        case .reduceOnPlateau: return 1
        case .warmUp(_, _, let next): return next.plateauCount
        case .sequence(let first, _, let next): return first.plateauCount + next.plateauCount
        case .product(let a, let b): return a.plateauCount + b.plateauCount
        }
    }
}
