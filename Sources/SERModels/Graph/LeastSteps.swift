// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERSupport

/// How many steps along time an input needs, so that something comes out of every layer.
package struct LeastSteps: Sendable, Hashable {
    /// The number of steps.
    package var count: Int
    /// The path of the first layer that gets nothing from fewer.
    package var layer: String
}

extension Graph {
    /// For each input, how many steps it needs; nil where layers take as few as there are.
    ///
    /// Windows that do not fit give nothing, and what reads nothing gives the same for every clip.
    func leastSteps() -> [LeastSteps?] {
        inputs.indices.map { input in
            guard inputs[input].shape.timeAxis != nil, starved(input, steps: 1) != nil else { return nil }
            // From the first power of two that suffices downwards: more steps never give fewer.
            var (few, many) = (1, 2)
            while many < 1 << 30, starved(input, steps: many) != nil { (few, many) = (many, many * 2) }
            while many - few > 1 {
                let middle = (few + many) / 2
                if starved(input, steps: middle) == nil { many = middle } else { few = middle }
            }
            return starved(input, steps: few).map { LeastSteps(count: many, layer: nodes[$0].path) }
        }
    }

    /// The first node that gets nothing out of so many steps of an input; nil when all get something.
    private func starved(_ input: Int, steps: Int) -> Int? {
        var lengths = [Int?](repeating: nil, count: nodes.count)
        for (index, node) in nodes.enumerated() where node.shape.timeAxis != nil {
            let sources = node.inputs.filter { shape(of: $0).timeAxis != nil }
            let lived = sources.lazy.compactMap { $0 == .input(input) ? steps : $0.node.flatMap { lengths[$0] } }
            guard let incoming = lived.first else { continue }
            let outgoing = node.layer.outputLength(for: incoming)
            if outgoing < 1 { return index }
            lengths[index] = outgoing
        }
        return nil
    }
}

extension Model {
    /// Stops the program at rows that are too short for the network's windows.
    func requireLeastSteps(of signal: Signal, input: Int) {
        guard let least = leastSteps[input], let timeAxis = signal.timeAxis else { return }
        let lengths = signal.lengths ?? [signal.values.shape[timeAxis]]
        guard let row = lengths.firstIndex(where: { $0 < least.count }) else { return }
        stop(
            "Model: row \(row) of '\(graph.inputs[input].name)' has \(lengths[row]) steps, and '\(least.layer)' gets "
                + "nothing from fewer than \(least.count). Leave out rows that are so short, fill them up with silence, or "
                + "let the layers have smaller windows or strides.")
    }

    /// A clip's features, found to fit what the network of one input reads.
    /// - Throws: ``FeatureError`` for fewer frames than the network's windows need, or other than it reads.
    package func fitted(
        _ matrix: FeatureMatrix, as arrangement: FeaturePipeline.Arrangement
    ) throws(FeatureError) -> FeatureMatrix {
        if case .vector = arrangement { return matrix }
        if let least = leastSteps[0], matrix.frames < least.count {
            throw .tooFewSteps(frames: matrix.frames, needed: least.count, layer: least.layer)
        }
        if case .image = arrangement, let frames = graph.input.last?.length, frames != matrix.frames {
            throw .otherFrames(found: matrix.frames, announced: frames)
        }
        return matrix
    }
}
