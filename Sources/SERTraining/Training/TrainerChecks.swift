// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels

/// What cannot work is told before any sound is read.
extension Trainer {
    /// How clips become what the network reads; found to be one that can be saved and read back, before hours of work.
    func pipeline(for network: Model) throws(TrainingError) -> FeaturePipeline {
        do throws(FeatureError) { try features.validate() } catch { throw .setting(error.description) }
        let pipeline: FeaturePipeline
        do throws(ShapeError) {
            var made = try FeaturePipeline(
                for: network.graph.input, extractor: features, seconds: duration, window: window)
            made.trimming = trimming
            pipeline = made
        } catch { throw .shape(error) }
        try checkAugmentation(of: pipeline)
        do { try pipeline.checkCoding() } catch {
            throw .setting("features of type \(type(of: features)) cannot be saved: \(MetadataPart.reason(error))")
        }
        return pipeline
    }

    /// Makes sure that the features can be changed as the trainer says.
    private func checkAugmentation(of pipeline: FeaturePipeline) throws(TrainingError) {
        guard !augmentation.isEmpty else { return }
        guard case .sequence = pipeline.arrangement else {
            throw .setting(
                "augmentations change clips over time, and the network reads clips of one length; train a network that "
                    + "reads [.time, \(pipeline.columns)], or without augmentation")
        }
        do throws(AugmentationError) {
            for one in augmentation { try one.validate(for: pipeline.extractor) }
        } catch { throw .setting(error.description) }
    }

    /// Makes sure that the optimiser can work, and that what is written of a rule of one's own can be read back.
    private func checkOptimizer() throws(TrainingError) {
        do throws(OptimizerError) { try optimizer.validate() } catch { throw .setting(error.description) }
        do {
            let registry = try UpdateRuleRegistry.standard.adding(type(of: optimizer.rule))
            try MetadataPart.check(optimizer, userInfo: registry.userInfo)
        } catch {
            throw .setting(
                "the update rule \(type(of: optimizer.rule)) cannot be saved: \(MetadataPart.reason(error))")
        }
    }

    /// What the network is trained to give; all settings are checked before hours of work.
    package func objective(for network: Model, labels: [String]) throws(TrainingError) -> TrainingObjective {
        try checkSettings(labels: labels)
        let graph = network.graph
        guard graph.inputs.count == 1 else {
            throw .shape(
                ShapeError(
                    layer: "network", expected: "one input", got: "\(graph.inputs.count)",
                    hint: "Train a network of several with valueAndGradient, as Docs/ComposeANetwork.md shows."))
        }
        let names = graph.outputs.map(\.name)
        guard let place = output.map({ names.firstIndex(of: $0) }) ?? 0 else {
            throw .shape(unknown(output ?? "", "an output of the emotions", among: names))
        }
        guard graph.shape(ofOutput: names[place]) == Shape([labels.count]) else {
            throw .shape(
                ShapeError(
                    path: graph.name(ofOutput: names[place]), layer: "output",
                    expected: "one logit for each of the \(labels.count) labels",
                    got: graph.shape(ofOutput: names[place]).map(String.init(describing:)) ?? "none",
                    hint: "End the network in Dense(\(labels.count))."))
        }
        try refuseSoftmax(before: names[place], in: graph)
        try checkHeads(of: graph, emotions: names[place])
        if let linear { try checkLinear(linear, network) }
        return TrainingObjective(loss: loss, heads: heads, emotions: place)
    }

    /// The most labels that are told apart.
    private static let mostLabels = 1000

    private func checkSettings(labels: [String]) throws(TrainingError) {
        guard epochs > 0 else { throw .setting("\(epochs) epochs: at least one is needed") }
        guard batchSize > 0 else { throw .setting("a batch of \(batchSize) clips: at least one is needed") }
        guard accumulation > 0 else {
            throw .setting("an update of \(accumulation) batches: at least one is needed")
        }
        try checkOptimizer()
        guard labels.count > 1 else {
            throw .setting(
                "the data has only the label '\(labels.first ?? "")': there is nothing to tell apart. "
                    + "Bring clips of at least two emotions.")
        }
        // What is measured of classes grows with their square, and no answer is meant that has so many.
        guard labels.count <= Self.mostLabels else {
            throw .setting(
                "the data has \(labels.count) labels, '\(labels[0])' and '\(labels[1])' among them, and at most "
                    + "\(Self.mostLabels) are told apart. Name the emotions as labels, not the words or the files.")
        }
        if let weights = loss.classWeights, weights.count != labels.count {
            throw .setting("\(weights.count) class weights for \(labels.count) labels: one each is needed")
        }
        let names = metrics.map(\.name)
        guard Set(names).count == names.count else {
            throw .setting("the metrics \(names.joined(separator: ", ")): give each a name of its own")
        }
        if let metric = selection.metric, !names.contains(metric) {
            throw .setting("the best epoch is chosen by '\(metric)', which is none of the trainer's metrics: add it")
        }
    }

    private func checkHeads(of graph: Graph, emotions: String) throws(TrainingError) {
        let names = graph.outputs.map(\.name)
        var seen: Set = [emotions]
        for head in heads {
            try head.validate()
            guard let shape = graph.shape(ofOutput: head.output) else {
                throw .shape(unknown(head.output, "an output for the head", among: names))
            }
            guard seen.insert(head.output).inserted else {
                throw .setting("the output '\(head.output)' has two heads: give each an output of its own")
            }
            guard shape == Shape([.fixed(head.count)]) else {
                throw .shape(
                    ShapeError(
                        path: graph.name(ofOutput: head.output), layer: "output",
                        expected: "\(head.count) numbers for the head '\(head.output)'", got: "\(shape)",
                        hint: "End this branch of the network in Dense(\(head.count))."))
            }
            if head.isOfClasses { try refuseSoftmax(before: head.output, in: graph) }
        }
        if !loss.readsAllOutputs, let idle = names.first(where: { !seen.contains($0) }) {
            throw .shape(
                ShapeError(
                    path: graph.name(ofOutput: idle), layer: "output", expected: "a head that trains it", got: "none",
                    hint: "Give the trainer a head for '\(idle)', or a joint loss that reads it."))
        }
    }

    private func unknown(_ name: String, _ expected: String, among names: [String]) -> ShapeError {
        ShapeError(
            layer: "output", expected: expected, got: "no output '\(name)'",
            hint: "The network's outputs are \(names.joined(separator: ", ")).")
    }

    /// Cross-entropy applies softmax to logits itself.
    private func refuseSoftmax(before output: String, in graph: Graph) throws(TrainingError) {
        var source = graph.outputs.first { $0.name == output }?.source
        while let place = source?.node {
            let node = graph.nodes[place]
            if node.layer is Softmax { throw .softmaxBeforeLoss(path: node.path) }
            guard node.layer is Dropout else { return }
            source = node.inputs.first
        }
    }
}

extension Graph {
    /// The name of the node that an output comes from.
    fileprivate func name(ofOutput output: String) -> String {
        outputs.first { $0.name == output }.map { name(of: $0.source) } ?? output
    }
}
