// SPDX-License-Identifier: Apache-2.0

/// By which measure of the validation part the epoch is chosen whose weights are kept. Of equals it is the earliest,
/// and what is not a number is never better.
///
/// ```swift
/// let trainer = Trainer(features: features, metrics: [.recall], selection: .metric("recall"))
/// ```
public struct EpochSelection: Sendable {
    /// What the choice goes by, such as `accuracy`.
    public let name: String
    /// The metric it needs to be computed; nil where it needs none.
    let metric: String?
    let isBetter: @Sendable (_ new: EpochRecord, _ best: EpochRecord) -> Bool

    private init(name: String, metric: String?, isBetter: @escaping @Sendable (EpochRecord, EpochRecord) -> Bool) {
        self.name = name
        self.metric = metric
        self.isBetter = isBetter
    }

    /// A choice of your own.
    /// - Parameters:
    ///   - name: Tells it apart from other choices: a checkpoint of one name is not gone on from with another.
    ///   - isBetter: Whether an epoch is better than the best of those before it; it may depend on them alone.
    public init(_ name: String, isBetter: @escaping @Sendable (_ new: EpochRecord, _ best: EpochRecord) -> Bool) {
        self.init(name: name, metric: nil, isBetter: isBetter)
    }

    /// The highest accuracy; of equals the lowest loss.
    public static let accuracy = EpochSelection("accuracy") { $0.isBetter(than: $1) }

    /// The lowest loss.
    public static let loss = EpochSelection("loss") {
        isBetter($0.validationLoss, than: $1.validationLoss, higherIsBetter: false)
    }

    /// The best of a metric of the validation part, which must be one of ``Trainer/metrics``.
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - higherIsBetter: Whether more is better, as of a recall; otherwise less is, as of an error.
    public static func metric(_ name: String, higherIsBetter: Bool = true) -> EpochSelection {
        EpochSelection(name: "\(higherIsBetter ? "highest" : "lowest") \(name)", metric: name) { new, best in
            isBetter(
                new.validationMetrics[name] ?? .nan, than: best.validationMetrics[name] ?? .nan,
                higherIsBetter: higherIsBetter)
        }
    }

    private static func isBetter(_ new: Double, than best: Double, higherIsBetter: Bool) -> Bool {
        guard !new.isNaN, !best.isNaN else { return best.isNaN && !new.isNaN }
        return higherIsBetter ? new > best : new < best
    }
}
