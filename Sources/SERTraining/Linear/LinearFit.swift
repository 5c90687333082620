// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// How a linear network, one dense layer on a vector a clip, is solved for: the weights that are best for the training
/// part, of which there is one set only. They do not depend on a seed, an order of clips or a learning rate.
///
/// ```swift
/// let trainer = Trainer(linear: .supportVectors(), features: EGeMAPS())
/// ```
public struct LinearFit: Sendable, Hashable, Codable {
    /// What is minimised beside half the sum of the squared weights.
    public enum Loss: String, Sendable, Codable {
        /// For each class against the rest, the square of what a clip's margin lacks to 1 (LIBLINEAR's L2-regularised
        /// L2-loss support vector classification, scikit-learn's `LinearSVC`). The bias counts among the weights.
        ///
        /// Logits are margins: their softmax is no probability until a temperature is fitted (``Trainer/calibrates``).
        case squaredHinge = "squared hinge"
        /// The cross-entropy of the softmax over all classes (multinomial logistic regression, scikit-learn's
        /// `LogisticRegression`). The bias is free.
        case softmax
    }

    /// How much the clips of a class count.
    public enum ClassWeights: String, Sendable, Codable {
        /// All clips count the same.
        case equal
        /// Rare classes count more, scikit-learn's `balanced`: clips / (classes * clips of the class). Against the rest,
        /// the class alone is weighted so and the rest counts as it is, as in LIBLINEAR; of two classes both are.
        case balanced
    }

    /// What is minimised.
    public var loss: Loss
    /// What the sum of the losses is multiplied by, C of the literature: the less, the smaller the weights.
    public var strength: Double
    /// How much the clips of a class count.
    public var classWeights: ClassWeights
    /// The most steps of Newton's method; a dozen is usual.
    public var mostSteps = 200

    /// A fit of the given loss.
    public init(_ loss: Loss, strength: Double, classWeights: ClassWeights) {
        self.loss = loss
        self.strength = strength
        self.classWeights = classWeights
    }

    /// A linear support vector machine, one class against the rest, by default as speech emotion recognition is used to:
    /// C 0.01, classes balanced.
    public static func supportVectors(
        strength: Double = 0.01, classWeights: ClassWeights = .balanced
    ) -> LinearFit {
        LinearFit(.squaredHinge, strength: strength, classWeights: classWeights)
    }

    /// Multinomial logistic regression, by default of scikit-learn's strength.
    public static func logisticRegression(
        strength: Double = 1, classWeights: ClassWeights = .balanced
    ) -> LinearFit {
        LinearFit(.softmax, strength: strength, classWeights: classWeights)
    }

    /// Makes sure that the settings can work.
    func validate() throws(TrainingError) {
        guard strength > 0, strength.isFinite else {
            throw .setting("a linear fit of strength \(strength): it must be above 0")
        }
        guard mostSteps > 0 else { throw .setting("\(mostSteps) steps of a linear fit: at least one is needed") }
    }
}

extension LinearFit {
    /// The weights that are best for some clips, the bias last: [classes, columns + 1].
    /// - Throws: ``TrainingError/setting(_:)`` where they are not found in so many steps;
    ///   ``TrainingError/cancelled``.
    package func weights(
        for rows: LinearRows, targets: [Int], classes: Int, stop: StopSignal = .never
    ) throws(TrainingError) -> [Double] {
        let counts = self.classWeights(targets, classes: classes)
        switch loss {
        case .softmax: return try softmaxWeights(rows, targets, counts, stop)
        case .squaredHinge where classes == 2:
            // One against the other, which is the same with the signs turned.
            let second = try margin(
                rows, signs: targets.map { $0 == 1 ? 1 : -1 }, strengths: targets.map { strength * counts[$0] }, stop)
            return second.map { -$0 } + second
        case .squaredHinge:
            let all = parallelMap(classes) { own in
                Result { () throws(TrainingError) in
                    try margin(
                        rows, signs: targets.map { $0 == own ? 1 : -1 },
                        strengths: targets.map { $0 == own ? strength * counts[own] : strength }, stop)
                }
            }
            var weights: [Double] = []
            for one in all { weights += try one.get() }
            return weights
        }
    }

    /// How much a clip of each class counts; of a class without clips, 1.
    private func classWeights(_ targets: [Int], classes: Int) -> [Double] {
        var counts = [Int](repeating: 0, count: classes)
        for target in targets { counts[target] += 1 }
        guard classWeights == .balanced else { return counts.map { _ in 1 } }
        let present = counts.count { $0 > 0 }
        return counts.map { $0 > 0 ? Double(targets.count) / Double(present * $0) : 1 }
    }

    private func margin(
        _ rows: LinearRows, signs: [Double], strengths: [Double], _ stop: StopSignal
    ) throws(TrainingError) -> [Double] {
        try least(SquaredHinge(rows, signs: signs, strengths: strengths), stop)
    }

    private func softmaxWeights(
        _ rows: LinearRows, _ targets: [Int], _ counts: [Double], _ stop: StopSignal
    ) throws(TrainingError) -> [Double] {
        let classes = counts.count, columns = rows.columns
        // Of two classes scikit-learn has one vector and its square; here are two of half its length, whose squares are
        // half of that together.
        let strength = classes == 2 ? strength / 2 : strength
        var weights = try least(
            SoftmaxLoss(rows, targets: targets, classes: classes, strengths: targets.map { strength * counts[$0] }),
            stop)
        // What is added to all biases changes nothing: their mean is 0.
        let biases = (0..<classes).map { $0 * columns + columns - 1 }
        let mean = biases.reduce(0) { $0 + weights[$1] } / Double(classes)
        for bias in biases { weights[bias] -= mean }
        return weights
    }

    private func least(_ function: some ConvexFunction, _ stop: StopSignal) throws(TrainingError) -> [Double] {
        guard let point = try NewtonMethod(mostSteps: mostSteps).leastPoint(of: function, stop: stop) else {
            throw .setting(
                "the linear fit of strength \(strength) has not settled in \(mostSteps) steps: use a smaller strength, and "
                    + "features that are standardised")
        }
        return point
    }
}
