// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import SERSupport

/// Everything that decides how a training ends, but for its number of epochs: two trainings that agree in all of it go
/// through the same bits.
struct TrainingIdentity: Encodable {
    /// The clips of one part of the split, in their order.
    struct Part: Encodable {
        let count: Int
        /// Fingerprints of the files' names, of the emotions, and of the files' bytes.
        let fileNames, emotions, audio: ContentDigest
        /// A fingerprint of who speaks in each; nil where that decides nothing.
        let speakers: ContentDigest?

        init(_ part: Partition, bySpeaker: Bool) {
            let clips = part.clips
            count = clips.count
            fileNames = Self.digest(clips.map(\.fileName))
            emotions = Self.digest(clips.map(\.emotion))
            audio = Self.digest(
                parallelMap(clips.count) { index in
                    (clips[index].content ?? Self.content(of: clips[index]))?.description ?? "unreadable"
                })
            speakers = bySpeaker ? Self.digest(clips.map { "\($0.corpus)/\($0.speaker ?? "")" }) : nil
        }

        private static func digest(_ texts: [String]) -> ContentDigest {
            ContentDigest(of: Array(texts.joined(separator: "\0").utf8))
        }

        private static func content(of clip: Clip) -> ContentDigest? {
            KnownFiles.content(of: clip.path)?.part(clip.segment)
        }
    }

    /// A head beside the emotions, with fingerprints of its targets.
    struct Head: Encodable {
        let weight: Double
        let training, validation: ContentDigest

        init(_ head: TrainingHead, _ split: DataSplit) throws(TrainingError) {
            weight = head.weight
            training = try head.targets(of: split.train.clips).digest
            validation = try head.targets(of: split.validation.clips).digest
        }
    }

    let library: String
    let network: Graph
    /// Tensors that training leaves as they are.
    let frozen: [String]
    /// A fingerprint of the weights and the state before the first step.
    let firstWeights: ContentDigest
    let features: FeaturePipeline
    /// What changes training clips; nil where nothing does.
    let augmentation: [AugmentationSettings]?
    /// Which clips an epoch sees; nil for every clip once.
    let sampling: ClipSampling?
    /// A fingerprint of the weights of the model that is trained on from; nil where the first ones are fresh.
    let start: String?
    let batchSize: Int
    /// Batches in an update; nil for one.
    let accumulation: Int?
    let optimizer: OptimizerConfiguration
    let schedule: LearningRateSchedule
    let clipping: GradientClipping?
    let loss: TrainingLoss
    /// How a linear network is solved for; nil where gradients move the weights.
    let linear: LinearFit?
    let patience: Int?
    /// The name of a stopping rule of the caller's own; nil for the library's.
    let stopping: String?
    /// What the best epoch is chosen by; nil for the usual choice.
    let selection: String?
    /// The output of the emotions; nil for the first.
    let output: String?
    /// Further heads by their outputs; nil where there are none.
    let heads: [String: Head]?
    /// The standardisation that is kept from an earlier training; nil where it is measured.
    let standardization: Standardization?
    /// Over which sound features are brought to one scale; nil for the training part.
    let standardizedBy: Standardization.Scope?
    let seed: UInt64
    let labels: [String]
    let training, validation: Part

    init(
        _ trainer: Trainer, objective: TrainingObjective, network: Model, pipeline: FeaturePipeline,
        standardization: Standardization?, scope: Standardization.Scope, split: DataSplit
    ) throws(TrainingError) {
        library = LibraryVersion.current
        self.network = network.graph
        frozen = network.frozenPaths
        firstWeights = network.digest
        features = pipeline
        augmentation = trainer.augmentation.isEmpty ? nil : trainer.augmentation.map(AugmentationSettings.init)
        sampling = trainer.sampling == .everyClip ? nil : trainer.sampling
        start = trainer.start?.weights
        batchSize = trainer.batchSize
        accumulation = trainer.accumulation == 1 ? nil : trainer.accumulation
        optimizer = trainer.optimizer
        schedule = trainer.schedule
        clipping = trainer.clipping
        loss = trainer.loss
        linear = trainer.linear
        patience = trainer.stopping.patience
        stopping = trainer.stopping.name
        selection = trainer.selection.name == EpochSelection.accuracy.name ? nil : trainer.selection.name
        output = objective.emotions == 0 ? nil : trainer.output
        var heads: [String: Head] = [:]
        for head in objective.heads { heads[head.output] = try Head(head, split) }
        self.heads = heads.isEmpty ? nil : heads
        self.standardization = standardization
        standardizedBy = scope == .corpus ? nil : scope
        seed = trainer.seed
        labels = split.labels
        let readsSpeakers = scope == .speaker || network.normalizesSpeakers
        training = Part(split.train, bySpeaker: readsSpeakers)
        validation = Part(split.validation, bySpeaker: readsSpeakers)
    }

    /// The order in which differences are told: causes before what follows from them.
    private static let order = [
        "library", "seed", "labels", "start", "standardizedBy", "training", "validation", "network", "frozen",
        "features", "augmentation", "sampling", "batchSize", "accumulation", "optimizer", "schedule", "clipping",
        "loss", "linear", "output", "heads", "patience", "stopping", "selection", "standardization", "firstWeights",
    ]

    /// What older checkpoints hold besides, which decides nothing.
    private static let retired: Set<String> = ["detailedMetrics"]

    /// What differs between two identities as JSON text, such as `optimizer.learningRate was 0.001 and is 0.01`.
    static func differences(from saved: String, to current: String) -> [String] {
        guard saved != current else { return [] }
        let before = leaves(of: saved), now = leaves(of: current)
        var changed = Set(before.keys).union(now.keys).subtracting(retired).filter { before[$0] != now[$0] }
        // What follows from another start is not told beside it.
        if changed.contains("start") { changed.remove("firstWeights") }
        if changed.isEmpty, !before.isEmpty { return [] }
        let known = order.flatMap { group in
            words(for: group, changed.filter { $0 == group || $0.hasPrefix(group + ".") }.sorted(), before, now)
        }
        return known.isEmpty ? ["it was made by another version of the library"] : known
    }

    /// The differences of one property in words.
    private static func words(
        for group: String, _ changed: [String], _ before: [String: String], _ now: [String: String]
    ) -> [String] {
        guard !changed.isEmpty else { return [] }
        switch group {
        case "training", "validation":
            let count = "\(group).count"
            if changed.contains(count) {
                return ["the \(group) part had \(before[count] ?? "no") clips and has \(now[count] ?? "none")"]
            }
            return [
                ("fileNames", "holds other files"),
                ("emotions", "has other emotions for its files"),
                ("speakers", "has other speakers for its files"),
                ("audio", "holds files with another content"),
            ].filter { field, _ in
                // Speakers that decide for the first time, or no longer, come with another scope, which is told.
                changed.contains("\(group).\(field)")
                    && (field != "speakers" || before["\(group).\(field)"] != nil && now["\(group).\(field)"] != nil)
            }.prefix(1).map { "the \(group) part \($0.1)" }
        case "start":
            let (was, isOne) = (before[group] != nil, now[group] != nil)
            let change = was && isOne ? "is another" : isOne ? "was none" : "was one, and is none"
            return ["the model that is trained on from \(change)"]
        case "firstWeights": return ["the network's first weights differ, as those of another seed do"]
        default:
            let told = changed.prefix(3).map { name in
                "\(name) was \(before[name] ?? "not there") and is \(now[name] ?? "not there")"
            }
            return told + (changed.count > 3 ? ["\(changed.count - 3) more under \(group)"] : [])
        }
    }

    /// The numbers and texts of a JSON value under their paths.
    private static func leaves(of text: String) -> [String: String] {
        guard (try? JSONScanner.check(text)) != nil,
            let value = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        else { return [:] }
        var result: [String: String] = [:]
        collect(value, at: "", into: &result)
        return result
    }

    private static func collect(_ value: Any, at path: String, into result: inout [String: String]) {
        func inner(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        switch value {
        case let object as [String: Any]:
            if object.isEmpty { result[path] = "chosen" }  // a case of an enumeration without values
            for (key, value) in object { collect(value, at: inner(key), into: &result) }
        case let array as [Any]:
            for (index, value) in array.enumerated() { collect(value, at: inner("\(index + 1)"), into: &result) }
        case let text as String: result[path] = quoted(text)
        default: result[path] = "\(value)"
        }
    }
}

extension Model {
    /// A fingerprint of all weights and running state.
    var digest: ContentDigest {
        var hash = ContentDigest.Hash()
        for tensor in parameters.tensors + state.tensors {
            tensor.withPointer { hash.add(UnsafeRawBufferPointer(start: $0, count: tensor.count * 4)) }
        }
        return hash.digest
    }
}
