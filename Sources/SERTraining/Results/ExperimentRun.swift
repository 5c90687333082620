// SPDX-License-Identifier: Apache-2.0

extension ExperimentResults {
    /// A network trained with one seed on the training part of one fold, and tested on its test part.
    public struct Run: Codable, Sendable, Equatable {
        /// Which of the results' ``ExperimentResults/networks`` it is.
        public let network: String
        /// The candidate that was trained: where inner folds chose among several, the one chosen.
        public let candidate: String
        /// The seed of the weights and the order of clips.
        public let seed: UInt64
        /// The fold, from 1.
        public let fold: Int
        /// What the choice among several candidates was made by; nil where there was none.
        public let choices: [Choice]?
        /// How many numbers the network learns.
        public let parameters: Int
        /// Measures over the clips of the test part.
        public package(set) var metrics: ClassificationMetrics
        /// The epoch whose weights were tested, from 1.
        public let bestEpoch: Int
        /// The epoch in which the loss was no longer a number and the training ended, from 1; nil where it did not
        /// diverge. What was tested are the best weights of the epochs before.
        public let divergedInEpoch: Int?
        /// Duration of the training, in seconds.
        public package(set) var seconds: Double
        /// What logits are divided by; 1 where confidences were not calibrated.
        public package(set) var temperature: Double
        /// One record an epoch.
        public package(set) var history: [EpochRecord]
        /// The outputs of the network for each clip of the fold (``ExperimentResults/Fold/clips``), before they are
        /// divided by the temperature, one a class.
        public package(set) var logits: [[Float]]

        package init(
            network: String, candidate: String, seed: UInt64, fold: Int, choices: [Choice]? = nil, parameters: Int,
            metrics: ClassificationMetrics, history: History, divergedInEpoch: Int? = nil, temperature: Double = 1,
            logits: [[Float]]
        ) {
            self.network = network
            self.candidate = candidate
            self.seed = seed
            self.fold = fold
            self.choices = choices
            self.parameters = parameters
            self.metrics = metrics
            bestEpoch = history.bestEpoch
            self.divergedInEpoch = divergedInEpoch
            seconds = history.seconds
            self.temperature = temperature
            self.history = history.epochs
            self.logits = logits
        }

        /// The training part's and the validation part's figures over the epochs.
        package var story: History { History(epochs: history, bestEpoch: bestEpoch) }
    }

    /// How a candidate did within the training part of a fold.
    public struct Choice: Codable, Sendable, Equatable {
        /// The candidate.
        public let name: String
        /// Mean UAR over the inner folds.
        public let unweightedAverageRecall: Double
    }

    /// A run with the clips that it is of.
    package struct TestedRun: Codable, Sendable, Equatable {
        package let run: Run
        /// The clips of the test part that could be used.
        let clips: [TestedClip]
        /// Clips of any part without features.
        let skipped: [String]
        /// Clips of any part that are longer than the network hears.
        let partlyHeard: [HeardClip]

        package init(run: Run, clips: [TestedClip], skipped: [String] = [], partlyHeard: [HeardClip] = []) {
            self.run = run
            self.clips = clips
            self.skipped = skipped
            self.partlyHeard = partlyHeard
        }
    }
}

extension ExperimentResults.Run {
    /// That the training diverged, in a sentence; nil where it did not.
    func divergence(names results: ExperimentResults) -> String? {
        divergedInEpoch.map { epoch in
            let fold = results.cut.hasFolds ? " in fold \(fold)" : ""
            let seed = results.seeds.count > 1 ? " with seed \(seed)" : ""
            return
                "The training of \(candidate.uppercased())\(fold)\(seed) diverged: the loss was no longer a number in "
                + "epoch \(epoch). Its figures are those of epoch \(bestEpoch), the best before it."
        }
    }
}

extension ExperimentResults {
    /// What a network made of all clips with one seed: the test parts of all folds, one after the other.
    /// - Parameters:
    ///   - network: One of ``networks``.
    ///   - seed: One of ``seeds``.
    ///   - isCalibrated: Whether outputs are divided by each run's temperature.
    /// - Throws: ``EvaluationError/empty`` where there is no such run; other cases where the results contradict
    ///   themselves.
    public func evaluation(
        of network: String, seed: UInt64, isCalibrated: Bool = true
    ) throws(EvaluationError) -> Evaluation {
        try evaluation(of: runs.filter { $0.network == network && $0.seed == seed }, isCalibrated: isCalibrated)
    }

    private func evaluation(of runs: [Run], isCalibrated: Bool) throws(EvaluationError) -> Evaluation {
        for run in runs {
            guard folds.indices.contains(run.fold - 1) else {
                throw .notPaired(reason: "a run is of fold \(run.fold), and there are \(folds.count)")
            }
            guard run.temperature > 0, run.temperature.isFinite else { throw .temperature(run.temperature) }
        }
        let clips = runs.flatMap { folds[$0.fold - 1].clips }
        if runs.count == 1 {
            return try TestedClip.evaluation(
                of: clips, logits: runs[0].logits, temperature: isCalibrated ? runs[0].temperature : 1, labels: labels)
        }
        // Each fold has a temperature of its own.
        let logits = runs.flatMap { run in
            isCalibrated && run.temperature != 1
                ? run.logits.map { $0.map { Float(Double($0) / run.temperature) } } : run.logits
        }
        return try TestedClip.evaluation(of: clips, logits: logits, temperature: 1, labels: labels)
    }
}
