// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// Layers that follow each other in a network and are computed together.
package protocol LayerChain: Sendable {
    /// How many layers are taken together.
    var count: Int { get }

    /// Computes them.
    /// - Parameter scopes: Those of the chain's layers, in order.
    func callAsFunction(_ input: Signal, in context: inout Context, scopes: ArraySlice<LayerScope>) -> Signal
}

/// Dense layers and ReLUs that follow each other. In inference they run as one loop over rows: what a thread writes for one
/// layer it reads for the next, threads wait for each other once, and nothing is kept between layers.
package struct DenseChain: LayerChain {
    private struct Stage: Sendable {
        var dense: Dense
        var rectifies: Bool
        /// Which of the chain's layers the dense one is.
        var position: Int
    }

    private let layers: [any Layer]
    private let stages: [Stage]

    package var count: Int { layers.count }

    /// The longest chain that `layers` begin with, nil when there is no more than one layer to it.
    package init?(_ layers: some Collection<any Layer>) {
        var stages: [Stage] = []
        var taken: [any Layer] = []
        for layer in layers {
            if let dense = layer as? Dense {
                stages.append(Stage(dense: dense, rectifies: false, position: taken.count))
            } else if layer is ReLU, let last = stages.last, !last.rectifies {
                stages[stages.count - 1].rectifies = true
            } else {
                break
            }
            taken.append(layer)
        }
        guard taken.count > 1 else { return nil }
        self.layers = taken
        self.stages = stages
    }

    package func callAsFunction(
        _ input: Signal, in context: inout Context, scopes: ArraySlice<LayerScope>
    ) -> Signal {
        if !context.isTraining, input.values.trace == nil, let values = computed(input.values, in: &context, scopes) {
            return Signal(values, lengths: input.lengths, timeAxis: input.timeAxis)
        }
        var signal = input
        for (layer, scope) in zip(layers, scopes) {
            context.scope = scope
            signal = layer([signal], in: &context)
        }
        return signal
    }

    /// A stage with its weights. The buffers live as long as the tensors beside them.
    private struct Work: @unchecked Sendable {  // only read
        let inputs: Int
        let units: Int
        let rectifies: Bool
        let weight: Tensor
        let bias: Tensor?
        let packed: Buffer?
    }

    /// All stages on [..., inputs]; nil where the layers are quicker or kept better one by one.
    private func computed(_ x: Tensor, in context: inout Context, _ scopes: ArraySlice<LayerScope>) -> Tensor? {
        guard let inputs = x.shape.last, inputs > 0 else { return nil }
        let rows = x.count / inputs
        var work: [Work] = []
        work.reserveCapacity(stages.count)
        var width = inputs
        for stage in stages {
            context.scope = scopes[scopes.startIndex + stage.position]
            let weight = context.parameter("weight")
            let bias = stage.dense.bias ? context.parameter("bias") : nil
            guard weight.trace == nil, bias?.trace == nil else { return nil }
            var packed: Buffer?
            let products = DenseProducts(rows: rows, units: stage.dense.units, inputs: width)
            if let count = products.packedCount {
                packed = context.prepared("packed", count: count) { out in
                    weight.withPointer { products.pack($0, into: out) }
                }
            }
            // Many rows of a wide layer are OpenBLAS's, unless its weight is kept packed.
            guard packed != nil || products.isFewRows || products.isNarrow else { return nil }
            work.append(
                Work(
                    inputs: width, units: stage.dense.units, rectifies: stage.rectifies, weight: weight, bias: bias,
                    packed: packed))
            width = stage.dense.units
        }
        return Tensor(shape: x.shape.dropLast() + [width]) { out in
            x.withPointer { Self.run(work, rows: rows, from: $0, to: out) }
        }
    }

    private static let rowsOfPiece = 16
    /// Multiplications from which rows are shared among threads: some ten microseconds on one core.
    private static let largeChain = 1 << 21

    private static func run(
        _ work: [Work], rows: Int, from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
    ) {
        let multiplications = rows * work.reduce(0) { $0 + $1.inputs * $1.units }
        let size = multiplications < largeChain ? rows : rowsOfPiece
        guard rows > size else { return runPiece(work, rows: rows, from: x, to: y) }
        nonisolated(unsafe) let (x, y) = (x, y)
        let (first, last) = (work[0].inputs, work[work.count - 1].units)
        parallelFor((rows + size - 1) / size) { piece in
            let start = piece * size
            runPiece(work, rows: min(size, rows - start), from: x + start * first, to: y + start * last)
        }
    }

    private static func runPiece(
        _ work: [Work], rows: Int, from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
    ) {
        let widest = work.dropLast().reduce(0) { max($0, $1.units) }
        let scratch = Buffer(uninitialized: 2 * rows * widest)
        var from = x
        for (index, stage) in work.enumerated() {
            let to = index == work.count - 1 ? y : scratch.pointer + index % 2 * rows * widest
            withPointer(stage.bias) { bias in
                if let packed = stage.packed {
                    ser_gemm_packed(
                        Int64(rows), Int64(stage.units), Int64(stage.inputs), from, Int64(stage.inputs), packed.pointer,
                        to, Int64(stage.units), bias, 0)
                    if stage.rectifies { ser_relu(to, to, Int64(rows * stage.units)) }
                } else {
                    stage.weight.withPointer {
                        ser_dense_forward(
                            Int64(rows), Int64(stage.units), Int64(stage.inputs), from, Int64(stage.inputs), $0,
                            Int64(stage.inputs), to, Int64(stage.units), bias, stage.rectifies ? 1 : 0)
                    }
                }
            }
            from = UnsafePointer(to)
        }
    }
}
