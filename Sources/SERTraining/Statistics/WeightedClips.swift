// SPDX-License-Identifier: Apache-2.0

/// Clips with what a model made of them, prepared so that measures with other weights on the clips cost little: a
/// resample is a number for each clip, how often it was drawn.
struct WeightedClips: Sendable {
    let count: Int
    let measures: [Measure]
    private let classes: Int
    private let labels: [String]
    /// True class times the number of classes, plus the predicted one.
    private let cells: [Int]
    private let logLosses, brierScores: [Double]
    /// For the calibration error: the bin of each prediction, and whether it is right minus its confidence.
    private let bins: [Int]
    private let surpluses: [Double]
    private let rankings: [Ranking]

    /// The clips in the order of the scores of one class.
    private struct Ranking {
        let order: [Int]
        /// 1 where the clip in that place is of the class, else 0.
        let positives: [Double]
        /// Whether the next place has another score.
        let endsTie: [Bool]
        let isDefined: Bool

        init(scores: [Double], positives: [Bool]) {
            isDefined = !scores.contains(where: \.isNaN)
            let order = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
            self.order = order
            self.positives = order.map { positives[$0] ? 1 : 0 }
            endsTie = order.indices.map { $0 + 1 == order.count || scores[order[$0]] != scores[order[$0 + 1]] }
        }

        /// See `areaUnderROC`; weights count as so many clips.
        func area(_ weights: UnsafeBufferPointer<Double>) -> Double? {
            guard isDefined else { return nil }
            var area = 0.0, negatives = 0.0, all = 0.0, tiedPositives = 0.0, tiedNegatives = 0.0
            for place in order.indices {
                let weight = weights[order[place]]
                let positive = weight * positives[place]
                tiedPositives += positive
                tiedNegatives += weight - positive
                if endsTie[place] {
                    area += tiedPositives * (negatives + tiedNegatives / 2)
                    negatives += tiedNegatives
                    all += tiedPositives
                    (tiedPositives, tiedNegatives) = (0, 0)
                }
            }
            return all > 0 && negatives > 0 ? area / (all * negatives) : nil
        }
    }

    /// The clips of one evaluation, or of several with the same labels, one after the other.
    init(_ evaluations: [Evaluation], measures: [Measure]) throws(EvaluationError) {
        labels = evaluations.first?.labels ?? []
        let classes = labels.count
        let scores = evaluations.map(\.scores)
        let targets = evaluations.flatMap(\.targets)
        let correct = evaluations.flatMap(\.correct)
        let confidences = scores.flatMap(\.confidences)
        for case let label? in measures.map(\.label) where !labels.contains(label) {
            throw .unknownLabel(label, known: labels)
        }
        count = targets.count
        self.classes = classes
        self.measures = measures
        cells = zip(targets, evaluations.flatMap(\.predictions)).map { $0 * classes + $1 }
        logLosses = zip(scores, evaluations).flatMap { $0.logLosses(targets: $1.targets) }
        brierScores = zip(scores, evaluations).flatMap { $0.brierScores(targets: $1.targets) }
        bins = confidences.map { ReliabilityDiagram.bin(of: $0, of: ReliabilityDiagram.standardBins) }
        surpluses = zip(correct, confidences).map { ($0 ? 1 : 0) - $1 }
        if measures.contains(.auc) {
            let probabilities = scores.flatMap(\.probabilities)
            rankings = (0..<classes).map { index in
                Ranking(scores: probabilities.map { $0[index] }, positives: targets.map { $0 == index })
            }
        } else {
            rankings = []
        }
    }

    /// The measures with a weight for each clip; NaN where one is undefined.
    func values(_ weights: UnsafeBufferPointer<Double>) -> [Double] {
        var confusion = [Double](repeating: 0, count: classes * classes)
        for clip in 0..<count { confusion[cells[clip]] += weights[clip] }
        let counts = ClassCounts(confusion, classes: classes)
        return measures.map { measure in
            switch measure {
            case .accuracy: counts.correct.reduce(0, +) / counts.total
            case .unweightedAverageRecall: counts.unweightedAverageRecall
            case .macroPrecision: counts.precisions.mean
            case .macroRecall: counts.recalls.mean
            case .macroF1: counts.f1s.mean
            case .precision(let label): counts.precisions[position(label)]
            case .recall(let label): counts.recalls[position(label)]
            case .f1(let label): counts.f1s[position(label)]
            case .logLoss: weightedSum(logLosses, weights) / counts.total
            case .brierScore: weightedSum(brierScores, weights) / counts.total
            case .expectedCalibrationError: calibrationGap(surpluses, weights) / counts.total
            case .auc: area(weights)
            }
        }
    }

    /// How many clips a measure is a share of; nil for one that is no share of clips.
    func trials(of measure: Measure) -> Int? {
        switch measure {
        case .accuracy: count
        case .recall(let label): cells.count { $0 / classes == position(label) }
        case .precision(let label): cells.count { $0 % classes == position(label) }
        default: nil
        }
    }

    private func position(_ label: String) -> Int { labels.firstIndex(of: label) ?? 0 }

    private func weightedSum(_ values: [Double], _ weights: UnsafeBufferPointer<Double>) -> Double {
        var sum = 0.0
        for clip in 0..<count { sum += weights[clip] * values[clip] }
        return sum
    }

    private func calibrationGap(_ surpluses: [Double], _ weights: UnsafeBufferPointer<Double>) -> Double {
        var sums = [Double](repeating: 0, count: ReliabilityDiagram.standardBins)
        for clip in 0..<count { sums[bins[clip]] += weights[clip] * surpluses[clip] }
        return sums.reduce(0) { $0 + abs($1) }
    }

    private func area(_ weights: UnsafeBufferPointer<Double>) -> Double {
        let areas = rankings.compactMap { $0.area(weights) }
        return areas.isEmpty ? .nan : areas.mean
    }
}

/// Precision, recall and F1 of weighted counts.
private struct ClassCounts {
    let total: Double
    let correct, supports, predicted: [Double]

    /// From a row-major matrix of [true class, predicted class].
    init(_ confusion: [Double], classes: Int) {
        total = confusion.reduce(0, +)
        correct = (0..<classes).map { confusion[$0 * classes + $0] }
        supports = (0..<classes).map { row in confusion[row * classes..<(row + 1) * classes].reduce(0, +) }
        predicted = (0..<classes).map { column in
            (0..<classes).reduce(0.0) { $0 + confusion[$1 * classes + column] }
        }
    }

    var precisions: [Double] { zip(correct, predicted).map { $1 > 0 ? $0 / $1 : 0 } }
    var recalls: [Double] { zip(correct, supports).map { $1 > 0 ? $0 / $1 : 0 } }
    var f1s: [Double] {
        correct.indices.map { correct[$0] > 0 ? 2 * correct[$0] / (predicted[$0] + supports[$0]) : 0 }
    }
    var unweightedAverageRecall: Double {
        zip(correct, supports).filter { $1 > 0 }.map { $0 / $1 }.mean
    }
}
