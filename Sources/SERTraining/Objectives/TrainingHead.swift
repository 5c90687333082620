// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels
import SERSupport

/// An output of a network, beside the one of the emotions, that is trained with it: what it should give for a clip, and
/// how much that counts.
///
/// ```swift
/// let network = try Model(input: [.time, 40], outputs: ["emotion", "speaker"], seed: 1) {
///     GRU(64).named("encoder")
///     Dense(corpus.labels.count).named("emotion")
///     Dense(speakers.count).named("speaker").reading("encoder")
/// }
/// let trainer = Trainer(features: features, heads: [.classes("speaker", speakers, weight: 0.2) { $0.speaker }])
/// ```
/// The loss is that of the emotions (``Trainer/loss``) and the weighted sum of the heads'.
public struct TrainingHead: Sendable {
    private enum Kind: Sendable {
        case classes([String], @Sendable (Clip) -> String?)
        case values(Int, @Sendable (Clip) -> [Float]?)
    }

    /// The name of the network's output.
    public let output: String
    /// What its loss is multiplied by.
    public let weight: Double
    private let kind: Kind

    /// An output of one logit for each class, trained by cross-entropy.
    /// - Parameters:
    ///   - output: The name of the network's output, of the shape [classes].
    ///   - classes: The names of the classes, in the order of the logits.
    ///   - weight: What its loss is multiplied by.
    ///   - clip: The class of a clip; clips of nil do not count.
    public static func classes(
        _ output: String, _ classes: [String], weight: Double = 1, of clip: @escaping @Sendable (Clip) -> String?
    ) -> TrainingHead {
        TrainingHead(output: output, weight: weight, kind: .classes(classes, clip))
    }

    /// An output of numbers, trained by the mean squared error.
    /// - Parameters:
    ///   - output: The name of the network's output, of the shape [count].
    ///   - count: How many numbers.
    ///   - weight: What its loss is multiplied by.
    ///   - clip: The numbers of a clip; clips of nil do not count.
    public static func values(
        _ output: String, count: Int = 1, weight: Double = 1, of clip: @escaping @Sendable (Clip) -> [Float]?
    ) -> TrainingHead {
        TrainingHead(output: output, weight: weight, kind: .values(count, clip))
    }

    /// How many numbers the output has.
    var count: Int {
        switch kind {
        case .classes(let names, _): names.count
        case .values(let count, _): count
        }
    }

    /// Whether its numbers are logits of classes.
    var isOfClasses: Bool {
        if case .classes = kind { true } else { false }
    }

    /// Makes sure that the settings can work.
    func validate() throws(TrainingError) {
        guard weight.isFinite, weight >= 0 else {
            throw .setting("the head '\(output)' has the weight \(weight): it must be 0 or more")
        }
        guard case .classes(let names, _) = kind else { return }
        guard names.count > 1, Set(names).count == names.count else {
            throw .setting(
                "the head '\(output)' has the classes \(names.joined(separator: ", ")): "
                    + "at least two are needed, each once")
        }
    }

    /// What clips should give.
    /// - Throws: ``TrainingError/setting(_:)`` for a class or a number of values that the head does not have.
    func targets(of clips: [Clip]) throws(TrainingError) -> TrainingTargets.Head {
        switch kind {
        case .classes(let names, let of):
            let places = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
            return .classes(
                try clips.map { clip throws(TrainingError) in
                    guard let name = of(clip) else { return nil }
                    guard let place = places[name] else {
                        throw .setting(
                            "the head '\(output)' has no class \(quoted(name)), which \(clip.name) has: name it among "
                                + "the head's classes, or give nil for what is not to count")
                    }
                    return place
                })
        case .values(let count, let of):
            return .values(
                try clips.map { clip throws(TrainingError) in
                    guard let values = of(clip) else { return nil }
                    guard values.count == count, values.allSatisfy(\.isFinite) else {
                        throw .setting(
                            "the head '\(output)' needs \(count) finite numbers, and \(clip.name) has \(values)")
                    }
                    return values
                })
        }
    }

    /// The mean loss over the clips whose target is known; nil where none is.
    func loss(_ output: Tensor, _ targets: TrainingTargets.Head) -> Tensor? {
        switch targets {
        case .classes(let classes):
            let known = classes.compactMap { $0 }
            guard !known.isEmpty else { return nil }
            if known.count == classes.count { return crossEntropy(logits: output, labels: known) }
            // A row of zeros adds nothing, neither to the loss nor to the gradient.
            let rows = Tensor(
                classes.flatMap { known in (0..<count).map { $0 == known ? Float(1) : 0 } },
                shape: [classes.count, count])
            return crossEntropy(logits: output, targets: rows) * (Float(classes.count) / Float(known.count))
        case .values(let values):
            let known = values.count { $0 != nil }
            guard known > 0 else { return nil }
            let shape = [values.count, count]
            let wanted = Tensor(values.flatMap { $0 ?? [Float](repeating: 0, count: count) }, shape: shape)
            if known == values.count { return meanSquaredError(output, wanted) }
            let counts = Tensor(
                values.flatMap { [Float](repeating: $0 == nil ? 0 : 1, count: count) }, shape: shape)
            return (square(output - wanted) * counts).sum() / Float(known * count)
        }
    }
}

/// All that a network is trained to give: the loss of the emotions and the heads beside them.
package struct TrainingObjective: Sendable {
    let loss: TrainingLoss
    package let heads: [TrainingHead]
    /// The place of the emotions among the network's outputs.
    let emotions: Int

    package init(loss: TrainingLoss = TrainingLoss(), heads: [TrainingHead] = [], emotions: Int = 0) {
        self.loss = loss
        self.heads = heads
        self.emotions = emotions
    }

    /// The loss of a batch.
    package func callAsFunction(_ outputs: ModelOutputs, _ targets: TrainingTargets) -> Tensor {
        var sum = loss(outputs, targets, emotions: emotions)
        for head in heads where head.weight > 0 {
            guard let wanted = targets.heads[head.output],
                let loss = head.loss(outputs[head.output].values, wanted)
            else { continue }
            sum += loss * Float(head.weight)
        }
        return sum
    }

    /// What clips should give.
    package func targets(of clips: [Clip], emotions: [Int]) throws(TrainingError) -> TrainingTargets {
        var targets: [String: TrainingTargets.Head] = [:]
        for head in heads { targets[head.output] = try head.targets(of: clips) }
        return TrainingTargets(emotions: emotions, heads: targets)
    }
}
