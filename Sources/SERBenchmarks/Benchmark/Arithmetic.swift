// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

extension Model {
    /// Additions and multiplications of the matrix products of a training step, as their definitions have them: forward,
    /// the gradient of what goes in (except of the network's own input) and of the weights. Recurrent, convolution and
    /// dense layers count; `frames` stands for a time axis.
    func trainingArithmetic(batch: Int, frames: Int) -> Double {
        var total = 0.0
        for node in graph.nodes {
            guard let weights = node.products(in: graph, frames: frames) else { continue }
            for product in weights {
                let isFirst = product.readsInput && node.inputs == [.input(0)]
                total += product.multiplications * (isFirst ? 2 : 3)
            }
        }
        return 2 * total * Double(batch)
    }
}

/// Products of one clip with one weight.
private struct ClipProducts {
    var multiplications: Double
    /// Whether what goes into the layer is multiplied, not a state of its own.
    var readsInput: Bool
}

extension Graph.Node {
    fileprivate func products(in graph: Graph, frames: Int) -> [ClipProducts]? {
        let input = inputs.first.map(graph.shape(of:)) ?? shape
        let positions = { (shape: Shape) in shape.dimensions.reduce(1.0) { $0 * Double($1.length ?? frames) } }
        switch layer {
        case is Dense:
            return [ClipProducts(multiplications: positions(shape) * Double(input.last?.length ?? 0), readsInput: true)]
        case let layer as Conv2D:
            let kernel = layer.kernel.height * layer.kernel.width * (input[0].length ?? 0) / layer.groups
            return [ClipProducts(multiplications: positions(shape) * Double(kernel), readsInput: true)]
        case let layer as LSTM: return recurrent(4, layer.units, layer.layers, input, frames)
        case let layer as GRU: return recurrent(3, layer.units, layer.layers, input, frames)
        case let layer as RNN: return recurrent(1, layer.units, layer.layers, input, frames)
        default: return nil
        }
    }

    /// One direction; the two directions of a layer are not counted.
    private func recurrent(_ gates: Int, _ units: Int, _ layers: Int, _ input: Shape, _ frames: Int) -> [ClipProducts] {
        let rows = Double(frames * gates * units)
        let first = ClipProducts(multiplications: rows * Double(input.last?.length ?? 0), readsInput: true)
        let rest = ClipProducts(multiplications: rows * Double(units * (2 * layers - 1)), readsInput: false)
        return [first, rest]
    }
}
