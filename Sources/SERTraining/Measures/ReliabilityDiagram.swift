// SPDX-License-Identifier: Apache-2.0

/// How often predictions of each confidence are right, and how far that is from the confidence itself.
///
/// The confidence of a prediction is the probability of the predicted class. Bins are of equal width; as in
/// scikit-learn's `calibration_curve` with the strategy `uniform` each holds its upper edge: (0, 0.1], (0.1, 0.2], ...
public struct ReliabilityDiagram: Codable, Sendable, Equatable {
    /// The predictions whose confidence lies in one range.
    public struct Bin: Codable, Sendable, Equatable {
        /// The range: above `lower`, up to and with `upper`.
        public let lower, upper: Double
        /// Number of predictions.
        public let count: Int
        /// Their mean confidence; `nil` when there are none.
        public let confidence: Double?
        /// The fraction of them that is right; `nil` when there are none.
        public let accuracy: Double?
    }

    /// The bins, lowest confidence first; empty ones too.
    public let bins: [Bin]
    /// Sum over the bins of count / total * |accuracy - confidence| (ECE; Guo et al., On calibration of modern neural
    /// networks, ICML 2017, equation 3). It is never below 0, and above 0 by chance even for a perfectly calibrated
    /// model, the more so the fewer the clips.
    public let expectedCalibrationError: Double
    /// The largest |accuracy - confidence| of a bin that is not empty (MCE; Guo et al., equation 5).
    public let maximumCalibrationError: Double

    /// Bins of 1/10 each, as the expected calibration error of this library has them.
    public static let standardBins = 10

    /// The diagram of predictions.
    /// - Parameters:
    ///   - confidences: the probability of each predicted class, 0...1.
    ///   - correct: whether each prediction is right, as many.
    ///   - count: number of bins of equal width, at least 1.
    /// - Throws: ``EvaluationError`` when there is no prediction or no bin, or counts do not fit.
    public init(
        confidences: [Double], correct: [Bool], bins count: Int = standardBins
    ) throws(EvaluationError) {
        guard !confidences.isEmpty, count > 0 else { throw .empty }
        guard confidences.count == correct.count else {
            throw .countsDiffer(targets: correct.count, predictions: confidences.count)
        }
        self.init(checked: confidences, correct: correct, bins: count)
    }

    init(checked confidences: [Double], correct: [Bool], bins count: Int = standardBins) {
        var sizes = [Int](repeating: 0, count: count), right = sizes
        var sums = [Double](repeating: 0, count: count)
        for (confidence, isRight) in zip(confidences, correct) {
            let bin = Self.bin(of: confidence, of: count)
            sizes[bin] += 1
            sums[bin] += confidence
            if isRight { right[bin] += 1 }
        }
        bins = (0..<count).map { bin in
            let size = Double(sizes[bin])
            return Bin(
                lower: Self.edge(bin, of: count), upper: Self.edge(bin + 1, of: count), count: sizes[bin],
                confidence: sizes[bin] > 0 ? sums[bin] / size : nil,
                accuracy: sizes[bin] > 0 ? Double(right[bin]) / size : nil)
        }
        let gaps = (0..<count).map { abs(Double(right[$0]) - sums[$0]) }
        expectedCalibrationError = gaps.reduce(0, +) / Double(confidences.count)
        maximumCalibrationError = (0..<count).filter { sizes[$0] > 0 }.map { gaps[$0] / Double(sizes[$0]) }.max() ?? 0
    }

    /// The bin that holds a confidence; one that is no number falls into the first.
    static func bin(of confidence: Double, of count: Int) -> Int {
        var bin = 0
        while bin < count - 1, confidence > edge(bin + 1, of: count) { bin += 1 }
        return bin
    }

    /// As NumPy's `linspace` computes it, so that no confidence falls to the other side.
    private static func edge(_ index: Int, of count: Int) -> Double {
        index == count ? 1 : Double(index) * (1 / Double(count))
    }
}

extension Evaluation {
    /// How often the predictions of each confidence are right.
    public var reliability: ReliabilityDiagram {
        ReliabilityDiagram(checked: scores.confidences, correct: correct)
    }
}
