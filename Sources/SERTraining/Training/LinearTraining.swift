// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels
import SERSupport

extension Trainer {
    /// A trainer that solves for a linear network: one `Dense` layer on a vector a clip. There is one epoch, in which the
    /// weights become those that are best for the training part; all settings of steps along gradients stand as they are
    /// without a meaning, and others than those are refused.
    ///
    /// ```swift
    /// let network = try Model(input: [88]) { Dense(labels.count) }
    /// let trained = try Trainer(linear: .supportVectors(), features: EGeMAPS()).fit(network, on: split)
    /// ```
    /// - Parameters:
    ///   - linear: What is minimised.
    ///   - features: The features, of which the network reads one vector a clip.
    ///   - duration: How much of each clip is used, in seconds.
    ///   - metrics: What is computed of both parts, beside loss and accuracy.
    ///   - calibrates: Whether a temperature is fitted on the validation part, which nothing else depends on.
    ///   - standardization: Where the standardisation of the features comes from.
    ///   - standardizationScope: Over which sound the numbers are taken that bring features to one scale.
    ///   - isStrict: Whether a clip without features is an error.
    public init(
        linear: LinearFit, features: any FeatureExtractor, duration: Double = 30, metrics: [EpochMetric] = [],
        calibrates: Bool = false, standardization: StandardizationSource = .automatic,
        standardizationScope: Standardization.Scope = .corpus, isStrict: Bool = false
    ) {
        self.init(
            features: features, duration: duration, epochs: 1, batchSize: 1, metrics: metrics, calibrates: calibrates,
            standardization: standardization, standardizationScope: standardizationScope, isStrict: isStrict)
        self.linear = linear
    }

    /// Makes sure that a network is linear, and that nothing is asked that steps along gradients alone would do.
    func checkLinear(_ fit: LinearFit, _ network: Model) throws(TrainingError) {
        try fit.validate()
        let others: [(isAsked: Bool, name: String)] = [
            (epochs != 1, "\(epochs) epochs"), (batchSize != 1, "batches of \(batchSize) clips"),
            (accumulation != 1, "an accumulation of batches"), (sampling != .everyClip, "a balance of clips"),
            (start != nil, "a model to train on from"), (!augmentation.isEmpty, "augmentation"),
            (!heads.isEmpty, "further heads"), (loss != TrainingLoss(), "a loss"), (clipping != nil, "clipping"),
            (schedule != .constant, "a schedule of the learning rate"),
            (stopping.patience != nil || stopping.name != nil, "a stopping rule"),
        ]
        if let other = others.first(where: \.isAsked) {
            throw .setting(
                "a linear network is solved for at once, and \(other.name) would change nothing: make the trainer with "
                    + "Trainer(linear:features:), or set linear to nil")
        }
        guard network.linearPath != nil else {
            let got = network.graph.nodes.map { "\(type(of: $0.layer))" }.joined(separator: ", ")
            throw .shape(
                ShapeError(
                    layer: "network", expected: "one Dense layer with a bias on a vector a clip, for a linear fit",
                    got: "\(got) on \(network.graph.input)",
                    hint: "Make it with Model(input: [\(features.coefficients)]) { Dense(...) }, or set linear to nil.")
            )
        }
        guard network.frozenPaths.isEmpty else {
            throw .setting("a linear fit sets all weights, and some are frozen: unfreeze them, or set linear to nil")
        }
    }
}

extension LinearFit {
    /// Makes sure that there are clips of each class where the weights would have no end without, and that nobody waits for
    /// a checkpoint.
    func check(_ part: Partition, _ checkpoint: Checkpoint?) throws(TrainingError) {
        guard checkpoint == nil else {
            throw .setting(
                "a linear network is solved for at once, and has nothing to go on from: leave out the checkpoint")
        }
        guard loss == .softmax, let absent = part.classCounts.firstIndex(of: 0) else { return }
        throw .setting(
            "there is no clip to train on of '\(part.labels[absent])', and logistic regression has no weights for it: "
                + "leave its clips out, or solve for support vectors")
    }
}

extension Model {
    /// Where the parameters are of a network that is one dense layer with a bias on a vector; nil for any other.
    var linearPath: String? {
        guard let node = graph.nodes.first, graph.nodes.count == 1, graph.input.rank == 1,
            graph.input.timeAxis == nil, (node.layer as? Dense)?.bias == true
        else { return nil }
        return node.path
    }

    /// Puts weights [classes, columns + 1], the bias last, in the place of a linear network's.
    mutating func setLinear(_ weights: [Double], classes: Int) {
        guard let path = linearPath else { return }
        let columns = weights.count / classes - 1
        let rows = (0..<classes).map { weights[$0 * (columns + 1)..<($0 + 1) * (columns + 1)].map { Float($0) } }
        parameters["\(path).weight"] = Tensor(rows.flatMap { $0.dropLast() }, shape: [classes, columns])
        parameters["\(path).bias"] = Tensor(rows.compactMap(\.last), shape: [classes])
    }
}
