// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels
import SERSupport

/// A named way to train a network: what an ``Experiment`` trains and tests.
public struct Candidate: Sendable {
    /// Builds a network with its first weights for the given labels from a seed.
    public typealias NetworkBuilder = @Sendable (_ labels: [String], _ seed: UInt64) throws -> Model

    /// What results call it.
    public var name: String
    /// How it is trained; whoever runs the candidate sets the seed.
    public var trainer: Trainer
    /// Builds the network.
    public var network: NetworkBuilder
    /// What a model file calls the network, where that is not the candidate's name.
    var architecture: String?

    /// A named way to train a network.
    /// - Parameters:
    ///   - name: What results call it; no other candidate beside it has this name.
    ///   - trainer: How it is trained. Its seed is set by whoever runs the candidate.
    ///   - network: Builds the network with its first weights for the given labels from a seed.
    public init(_ name: String, trainer: Trainer, network: @escaping NetworkBuilder) {
        self.name = name
        self.trainer = trainer
        self.network = network
    }
}

extension Candidate {
    /// A candidate that is ready for a training.
    struct Prepared {
        /// The candidate's trainer with the seed of the run.
        let trainer: Trainer
        /// The network with its first weights.
        let network: Model
        /// How clips become what the network reads.
        let pipeline: FeaturePipeline
    }

    /// Builds the network and checks all that can be checked before any sound is read.
    /// - Throws: ``TrainingError`` where settings, features, network and labels do not fit together.
    func prepared(labels: [String], seed: UInt64) throws(TrainingError) -> Prepared {
        var trainer = trainer
        trainer.seed = seed
        try trainer.checkDuration()
        let network: Model
        do { network = try self.network(labels, seed) } catch let error as ShapeError { throw .shape(error) } catch {
            throw .network(name: name, reason: "\(error)")
        }
        _ = try trainer.objective(for: network, labels: labels)
        return Prepared(trainer: trainer, network: network, pipeline: try trainer.pipeline(for: network))
    }

    /// Makes sure that the parts of a split are large enough; folds may have no validation part.
    func checkSizes(of split: DataSplit, isFold: Bool) throws(TrainingError) {
        // A corpus of one label is told as such, whatever its parts hold.
        guard split.labels.count > 1 else { return }
        for part in split.partitions where part.isEmpty && !isFold { throw .emptyPart(part.role.rawValue) }
        guard trainer.batchSize <= split.train.count else {
            throw .setting(
                "the \(name.uppercased()) trains on batches of \(trainer.batchSize) clips, and there are only "
                    + "\(split.train.count) to train on. Take a smaller batch (--batch-size), or bring more clips.")
        }
    }
}

extension [Candidate] {
    /// A name that several of the candidates have; nil where there is none.
    var repeatedName: String? {
        var seen: Set<String> = []
        return map(\.name).first { !seen.insert($0).inserted }
    }
}

extension Trainer {
    /// Makes sure that features can be computed of clips of the duration.
    fileprivate func checkDuration() throws(TrainingError) {
        do throws(FeatureError) { try features.validate() } catch { throw .setting(error.description) }
        guard duration > 0, duration <= 600 else {
            throw .setting("a duration of \(duration) s: it must be above 0 and at most 600 s")
        }
        guard features.frames(forSamples: Int(saturating: duration * features.sampleRate)) > 0 else {
            throw .setting("\(duration) s are shorter than one frame of the features; use a longer duration")
        }
    }
}
