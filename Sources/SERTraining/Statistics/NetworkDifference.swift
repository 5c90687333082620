// SPDX-License-Identifier: Apache-2.0

/// What two networks that were tested on the same clips differ in, with p-values corrected for the number of pairs.
public struct NetworkDifference: Codable, Sendable, Equatable {
    /// A measure of the first network less that of the second.
    public struct Compared: Codable, Sendable, Equatable {
        /// The difference with its interval; its value is nil where the measure is undefined for one of the two.
        public let difference: Estimate
        /// The permutation test of the pair; nil where the measure is undefined for one of the two.
        public let test: PermutationTest?
        /// The test's p-value after ``HolmCorrection`` over all pairs.
        public let adjustedPValue: Double?

        package init(difference: Estimate, test: PermutationTest?, adjustedPValue: Double?) {
            self.difference = difference
            self.test = test
            self.adjustedPValue = adjustedPValue
        }
    }

    /// The networks' names.
    public let first, second: String
    /// Accuracy of the first less that of the second.
    public let accuracy: Compared
    /// Mean recall (UAR) of the first less that of the second.
    public let unweightedAverageRecall: Compared
    /// McNemar's test, of networks with one run each.
    public let mcNemar: McNemarTest?
    /// Its mid-p-value after ``HolmCorrection`` over all pairs.
    public let adjustedMidPValue: Double?

    package init(
        first: String, second: String, accuracy: Compared, unweightedAverageRecall: Compared, mcNemar: McNemarTest?,
        adjustedMidPValue: Double?
    ) {
        self.first = first
        self.second = second
        self.accuracy = accuracy
        self.unweightedAverageRecall = unweightedAverageRecall
        self.mcNemar = mcNemar
        self.adjustedMidPValue = adjustedMidPValue
    }

    /// The p-value below which a difference is told as one.
    package static let level = 0.05

    /// Whether a difference in accuracy remains after the correction.
    package var differsInAccuracy: Bool {
        guard let p = accuracy.adjustedPValue, let value = accuracy.difference.value else { return false }
        return p < Self.level && value != 0
    }

    /// The more accurate network and the other.
    package var ordered: (better: String, worse: String) {
        (accuracy.difference.value ?? 0) > 0 ? (first, second) : (second, first)
    }
}
