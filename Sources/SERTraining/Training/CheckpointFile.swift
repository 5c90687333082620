// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import SERSupport

/// What the tensors of a checkpoint are called that a model file does not have.
enum CheckpointKey {
    /// In front of all of them.
    static let prefix = MetadataKey.checkpointPrefix
    /// Weights and running state after the last epoch.
    static let weights = prefix + "weights."
    /// What the optimiser carries.
    static let optimizer = prefix + "optimizer."
    /// The history: a row an epoch.
    static let history = prefix + "history"
}

/// The file in which a training keeps its state; field by field in Docs/ModelFile.md.
struct CheckpointFile {
    /// The version of the checkpoint that is written, and the newest that is read.
    private static let version = 2

    /// What stands in the metadata beside the model's own parts.
    private struct Content: Codable {
        var version: Int
        /// All that decides how the training ends, as JSON text.
        var identity: String
        /// The key that all chance in the training comes from.
        var key: RandomKey
        /// Steps that the optimiser has taken.
        var steps: Int
        var rate: LearningRate
        var bestEpoch: Int
        /// The metrics in the history, in the order of its columns; those of version 1 where it names none.
        var metrics: [String]?
    }

    private let policy: Checkpoint
    private let identity: String
    private let key: RandomKey
    private let lock: WorkLock

    private var url: URL { policy.file }

    init(_ policy: Checkpoint, identity: TrainingIdentity, key: RandomKey) throws(CheckpointError) {
        self.policy = policy
        self.key = key
        do { self.identity = try MetadataPart.text(identity) } catch {
            throw .file(.unwritable(path: policy.file.path, reason: MetadataPart.reason(error)))
        }
        do throws(FileWriteError) { try AtomicFile.prepare(file: policy.file) } catch {
            throw .file(.unwritable(path: error.path, reason: error.reason))
        }
        guard let lock = WorkLock(file: policy.file) else { throw .inUse(path: policy.file.path) }
        self.lock = lock
    }

    /// Lets another training have the file.
    func unlock() { lock.unlock() }

    /// The checkpoint to go on from, found to be of this very training; nil where there is none yet.
    func opened(epochs asked: Int) throws(CheckpointError) -> SafetensorsReader? {
        AtomicFile.removeRemains(of: url)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        guard policy.resumes else { throw .exists(path: url.path) }
        let reader: SafetensorsReader
        let content: Content
        do throws(ModelFileError) {
            reader = try SafetensorsReader(at: url)
            try MetadataPart.checkFormat(of: reader)
        } catch { throw .file(error) }
        guard reader.metadata[MetadataKey.checkpoint] != nil else { throw .notACheckpoint(path: url.path) }
        do throws(ModelFileError) {
            content = try MetadataPart.value(MetadataKey.checkpoint, as: Content.self, in: reader)
        } catch { throw .file(error) }
        let differences = TrainingIdentity.differences(from: content.identity, to: identity)
        guard differences.isEmpty, content.key == key, (1...Self.version).contains(content.version) else {
            throw .differs(path: url.path, differences: differences.isEmpty ? ["the version of the file"] : differences)
        }
        let epochs = reader.entry(CheckpointKey.history)?.shape.first ?? 0
        guard epochs <= asked else { throw .ahead(path: url.path, epochs: epochs, asked: asked) }
        return reader
    }

    /// Puts a training where the file says it had come to. All is checked before `state` changes.
    func restore(
        _ state: inout TrainingState, standardization: Standardization, from reader: SafetensorsReader
    ) throws(CheckpointError) {
        do throws(ModelFileError) {
            let content = try MetadataPart.value(MetadataKey.checkpoint, as: Content.self, in: reader)
            func inconsistent(_ part: String, _ reason: String) -> ModelFileError {
                .inconsistent(path: url.path, part: part, reason: reason)
            }
            let saved = try MetadataPart.value(MetadataKey.standardization, as: Standardization.self, in: reader)
            guard saved == standardization else {
                throw inconsistent(MetadataKey.standardization, "it is not that of these clips")
            }
            let fresh = state.rate
            guard content.rate.schedule == fresh.schedule, content.rate.base == fresh.base,
                content.rate.stepsPerEpoch == fresh.stepsPerEpoch
            else { throw inconsistent(MetadataKey.checkpoint, "its learning rate is not that of this training") }
            let history = try Self.history(
                in: reader, metrics: content.metrics ?? Self.firstMetrics, bestEpoch: content.bestEpoch)
            // A file is written at the end of an epoch, after all of its steps.
            let steps = history.epochs.count.multipliedReportingOverflow(by: fresh.stepsPerEpoch)
            guard !steps.overflow, content.steps == steps.partialValue else {
                throw inconsistent(
                    MetadataKey.checkpoint,
                    "\(content.steps) steps are not those of \(history.epochs.count) epochs of \(fresh.stepsPerEpoch)")
            }
            let model = try state.step.model.filled(from: reader, prefix: CheckpointKey.weights)
            let best = try state.step.model.filled(from: reader, prefix: "")
            let moments = try reader.parameters(state.step.optimizer.state.shapes, prefix: CheckpointKey.optimizer)
            let optimizer: Optimizer
            do throws(OptimizerError) {
                optimizer = try Optimizer(
                    state.step.optimizer.configuration, for: model.parameters, steps: content.steps, state: moments)
            } catch { throw inconsistent(MetadataKey.checkpoint, error.description) }
            state.step.model = model
            state.step.optimizer = optimizer
            state.rate = content.rate
            state.best = best
            state.history = history
        } catch { throw .file(error) }
    }

    /// Writes the state after an epoch, with the recognizer that the best weights so far make.
    func write(_ state: TrainingState, recognizer: Recognizer) throws(CheckpointError) {
        do throws(ModelFileError) {
            var metadata = try recognizer.metadata(for: url)
            let epochs = state.history.epochs
            let metrics = Set(epochs.flatMap { $0.trainMetrics.keys + Array($0.validationMetrics.keys) }).sorted()
            do {
                metadata[MetadataKey.checkpoint] = try MetadataPart.text(
                    Content(
                        version: Self.version, identity: identity, key: key, steps: state.step.optimizer.steps,
                        rate: state.rate, bestEpoch: state.history.bestEpoch, metrics: metrics))
            } catch { throw .unwritable(path: url.path, reason: MetadataPart.reason(error)) }
            var writer = SafetensorsWriter(metadata: metadata)
            writer.add(recognizer.model.parameters)
            writer.add(recognizer.model.state)
            writer.add(state.step.model.parameters, prefix: CheckpointKey.weights)
            writer.add(state.step.model.state, prefix: CheckpointKey.weights)
            writer.add(state.step.optimizer.state, prefix: CheckpointKey.optimizer)
            writer.add(
                CheckpointKey.history, doubles: epochs.flatMap { Self.row($0, metrics) },
                shape: [epochs.count, Self.columns + 2 * metrics.count])
            try writer.write(to: url)
        } catch { throw .file(error) }
    }

    // MARK: The history as numbers, so that a long one stays small and exact.

    /// The columns before those of the metrics.
    private static let columns = 6
    /// The metrics of version 1, which had a column whether they were computed or not.
    private static let firstMetrics = ["precision", "recall", "auc"]

    private static func row(_ record: EpochRecord, _ metrics: [String]) -> [Double] {
        [
            record.trainLoss, record.trainAccuracy, record.validationLoss, record.validationAccuracy,
            record.learningRate, record.seconds,
        ] + metrics.map { record.trainMetrics[$0] ?? .nan } + metrics.map { record.validationMetrics[$0] ?? .nan }
    }

    private static func history(
        in reader: SafetensorsReader, metrics: [String], bestEpoch: Int
    ) throws(ModelFileError) -> History {
        func inconsistent(_ reason: String) -> ModelFileError {
            .inconsistent(path: reader.path, part: "tensor '\(CheckpointKey.history)'", reason: reason)
        }
        guard let entry = reader.entry(CheckpointKey.history) else { throw inconsistent("it is missing") }
        let columns = columns + 2 * metrics.count
        guard entry.shape.count == 2, entry.shape[0] >= 1, entry.shape[1] == columns else {
            throw inconsistent("it has the shape \(entry.shape)")
        }
        guard (1...entry.shape[0]).contains(bestEpoch) else {
            throw inconsistent("epoch \(bestEpoch) of \(entry.shape[0]) cannot be the best")
        }
        let values = try reader.doubles(entry)
        /// What was computed; a metric that could not be told is not a number.
        func figures(_ at: Int) -> [String: Double] {
            let pairs = metrics.indices.map { (metrics[$0], values[at + $0]) }.filter { !$0.1.isNaN }
            return Dictionary(pairs) { first, _ in first }
        }
        let epochs = (0..<entry.shape[0]).map { index in
            let at = index * columns
            return EpochRecord(
                epoch: index + 1, trainLoss: values[at], trainAccuracy: values[at + 1], validationLoss: values[at + 2],
                validationAccuracy: values[at + 3], learningRate: values[at + 4], seconds: values[at + 5],
                trainMetrics: figures(at + Self.columns),
                validationMetrics: figures(at + Self.columns + metrics.count))
        }
        for record in epochs where !record.isPlausible {
            throw inconsistent("epoch \(record.epoch) holds figures that no training has")
        }
        return History(epochs: epochs, bestEpoch: bestEpoch)
    }
}

extension EpochRecord {
    /// Whether a training can have measured it: losses may have ceased to be numbers, shares and times not.
    fileprivate var isPlausible: Bool {
        [trainAccuracy, validationAccuracy].allSatisfy { $0.isNaN || (0...1).contains($0) }
            && seconds >= 0 && seconds.isFinite && learningRate >= 0 && learningRate.isFinite
    }
}

extension Model {
    /// The same network with the weights and the state that a file holds under its paths after a prefix.
    fileprivate func filled(from reader: SafetensorsReader, prefix: String) throws(ModelFileError) -> Model {
        var model = Model(
            graph: graph, parameters: try reader.parameters(parameters.shapes, prefix: prefix),
            state: try reader.parameters(state.shapes, prefix: prefix))
        model.setFrozen(frozenPaths, true)
        return model
    }
}

extension Parameters {
    /// The path and the shape of each tensor.
    fileprivate var shapes: [(path: String, shape: [Int])] { zip(layout.paths, layout.shapes).map { ($0, $1) } }
}
