// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

extension Tensor {
    /// The rows of a matrix.
    package var rows: [[Float]] {
        let values = scalars, columns = shape.last ?? 0
        return (0..<(shape.first ?? 0)).map { Array(values[$0 * columns..<($0 + 1) * columns]) }
    }
}

extension Model {
    /// What the network makes of examples in inference, in their order.
    /// - Parameters:
    ///   - output: The place of the output that is wanted; nil for all that have no time axis.
    ///   - speakers: What the network knows of who speaks in each; nil where it knows nothing.
    func outputs(
        of examples: Examples, at output: Int? = nil, batchSize: Int = Model.evaluatedTogether,
        speakers: SpeakerStates? = nil
    ) -> ModelOutputs {
        var collected = CollectedOutputs(of: graph, at: output)
        let groups = (speakers?.states.indices).map { voices in
            voices.map { voice in (0..<examples.count).filter { speakers?.places[$0] == voice } }
        }
        var model = self, places = [Int](repeating: 0, count: examples.count), row = 0
        for (group, clips) in (groups ?? [Array(0..<examples.count)]).enumerated() {
            if let speakers { model.state = speakers.states[group] }
            for batch in BatchOrder(evaluating: examples, clips: clips, batchSize: batchSize).batches {
                let values = examples.batch(batch)
                collected.add(model.outputs(values.values, lengths: values.lengths).outputs)
                for clip in batch {
                    places[clip] = row
                    row += 1
                }
            }
        }
        return collected.outputs(places: places)
    }

    /// The logits that an output gives for examples in inference, [clips, classes], in their order.
    package func logits(of examples: Examples, output: Int = 0, batchSize: Int = Model.evaluatedTogether) -> Tensor {
        logits(of: examples, output: output, batchSize: batchSize, speakers: nil)
    }

    /// The same, of speakers that the network knows.
    func logits(
        of examples: Examples, output: Int, batchSize: Int = Model.evaluatedTogether, speakers: SpeakerStates?
    ) -> Tensor {
        outputs(of: examples, at: output, batchSize: batchSize, speakers: speakers).values(at: 0)
    }

    /// Clips in a batch where nothing else is said.
    package static let evaluatedTogether = 64
}

/// The outputs of one batch after another.
struct CollectedOutputs {
    private let names: [String]
    /// The places of the outputs collected among the network's, and their shapes without the batch axis.
    private let places: [Int]
    private let shapes: [[Int]]
    private var values: [[Float]]
    private var count = 0

    /// - Parameter output: The place of the output that is wanted; nil for all that have no time axis.
    init(of graph: Graph, at output: Int? = nil) {
        let lengths = graph.outputs.map { graph.shape(ofOutput: $0.name)?.dimensions.map(\.length) ?? [] }
        places = lengths.indices.filter { (output == nil || $0 == output) && !lengths[$0].contains(nil) }
        names = places.map { graph.outputs[$0].name }
        shapes = places.map { lengths[$0].compactMap { $0 } }
        values = places.map { _ in [] }
    }

    mutating func add(_ outputs: ModelOutputs) {
        for (index, place) in places.enumerated() { values[index] += outputs.values(at: place).scalars }
        count += places.first.map { outputs.values(at: $0).shape[0] } ?? 0
    }

    /// All rows in one; where `places` is given, clip i from row `places[i]`.
    func outputs(places order: [Int]? = nil) -> ModelOutputs {
        let signals = shapes.indices.map { index in
            let stride = shapes[index].reduce(1, *)
            return Signal(
                Tensor(shape: [count] + shapes[index]) { out in
                    values[index].withUnsafeBufferPointer { source in
                        guard let source = source.baseAddress else { return }
                        for row in 0..<count {
                            (out + row * stride).update(from: source + (order?[row] ?? row) * stride, count: stride)
                        }
                    }
                })
        }
        return ModelOutputs(names: names, signals: signals)
    }
}
