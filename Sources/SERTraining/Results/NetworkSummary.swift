// SPDX-License-Identifier: Apache-2.0

/// What one network reached over all folds of an experiment.
public struct NetworkSummary: Codable, Sendable, Equatable {
    /// All folds of one seed together: every clip that was tested, once.
    public struct SeedMeasures: Codable, Sendable, Equatable {
        /// The seed.
        public let seed: UInt64
        /// Measures over the clips of all folds.
        public let metrics: ClassificationMetrics
        /// The same without the runs' temperatures; nil where nothing was calibrated.
        public let uncalibrated: ClassificationMetrics?
        /// How much of the calibration error is not due to chance.
        public let calibrationExcess: CalibrationExcess
    }

    /// The network, as results call it.
    public let network: String
    /// Duration of all trainings, in seconds.
    public package(set) var seconds: Double
    /// Each seed's measures over all folds.
    public let seeds: [SeedMeasures]
    /// Measures over all folds, their mean over the seeds, with intervals: over speakers where no fold's test part has
    /// a speaker of its training part, else over clips.
    public let estimates: Estimates
    /// How well each group of clips was recognised, such as women's and men's; nil where no groups are known.
    public let groups: [GroupComparison]?
    /// Accuracy, UAR and macro F1 of the seeds.
    public let accuracy, unweightedAverageRecall, macroF1: Spread
}

extension NetworkSummary {
    /// The summary of a network whose every run is among the results'.
    init(of network: String, in results: ExperimentResults) throws(EvaluationError) {
        let bootstrap = Bootstrap(unit: results.resamplingUnit)
        var evaluations: [Evaluation] = [], seeds: [SeedMeasures] = []
        for seed in results.seeds {
            let own = results.runs.filter { $0.network == network && $0.seed == seed }
            let evaluation = try results.evaluation(of: network, seed: seed)
            let isCalibrated = own.contains { $0.temperature != 1 }
            evaluations.append(evaluation)
            seeds.append(
                SeedMeasures(
                    seed: seed, metrics: evaluation.metrics,
                    uncalibrated: isCalibrated
                        ? try results.evaluation(of: network, seed: seed, isCalibrated: false).metrics : nil,
                    calibrationExcess: try evaluation.calibrationExcess(bootstrap: bootstrap)))
        }
        self.network = network
        seconds = results.runs.reduce(0) { $0 + ($1.network == network ? $1.seconds : 0) }
        self.seeds = seeds
        estimates = try Estimates.mean(over: evaluations, bootstrap: bootstrap)
        groups = try TestedClip.groups(
            of: results.folds.flatMap(\.clips), over: evaluations, bootstrap: bootstrap)
        accuracy = Spread(seeds.map(\.metrics.accuracy))
        unweightedAverageRecall = Spread(seeds.map(\.metrics.unweightedAverageRecall))
        macroF1 = Spread(seeds.map(\.metrics.macroF1))
    }
}

extension ExperimentResults {
    /// Whether a test part has a speaker of its training part, as far as anybody knows.
    package var sharesSpeakers: Bool { folds.contains { $0.audit.tested?.speakers.isEmpty == false } }

    /// What intervals are over: clips where voices were heard in training; nil for speakers where all are known.
    package var resamplingUnit: ResamplingUnit? { sharesSpeakers ? .clips : nil }
}
