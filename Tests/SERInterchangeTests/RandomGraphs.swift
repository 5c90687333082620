// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// Networks that nobody would think of: layers and settings drawn from a seed, the same each time.
enum RandomGraphs {
    static let count = 10

    /// A network with weights and running statistics, and a batch for it with lengths where it has time.
    static func example(_ index: Int) throws -> (model: Model, values: Tensor, lengths: [Int]?) {
        var generator = RandomKey(seed: UInt64(100 + index)).generator
        while true {
            // Windows that do not fit the size that is left throw, and networks of little effect test little: draw again.
            guard let model = try? draw(index % 4, &generator), (model.leastSteps[0]?.count ?? 1) <= 61 else {
                continue
            }
            let example = filled(model, index)
            let logits = example.model(example.values, lengths: example.lengths).scalars
            let isVaried = (0..<5).allSatisfy { abs(logits[$0] - logits[5 + $0]) > 0.01 }
            if isVaried, logits.allSatisfy(\.isFinite) { return example }
        }
    }

    private static func filled(_ model: Model, _ index: Int) -> (model: Model, values: Tensor, lengths: [Int]?) {
        var drawn = model
        for (number, path) in drawn.state.paths.enumerated() {
            let shape = drawn.state[path].shape
            drawn.state[path] = .uniform(shape, low: 0.3, high: 1.7, key: RandomKey(seed: UInt64(number + 7)))
        }
        for (number, path) in drawn.parameters.paths.enumerated() where drawn.parameters[path].rank == 1 {
            let shape = drawn.parameters[path].shape
            drawn.parameters[path] = .uniform(shape, low: -0.5, high: 0.9, key: RandomKey(seed: UInt64(number + 90)))
        }
        let lengths = [97, 61, 83, 70]
        let shape = [lengths.count] + drawn.graph.input.dimensions.map { $0.length ?? 97 }
        let values = Tensor.normal(shape, key: RandomKey(seed: UInt64(500 + index)))
        return (drawn, values, drawn.graph.input.timeAxis == nil ? nil : lengths)
    }

    private static func draw(_ family: Int, _ generator: inout some RandomNumberGenerator) throws -> Model {
        let seed = UInt64.random(in: 0...1000, using: &generator)
        switch family {
        case 0:
            let layers = (0..<6).map { _ in sequenceLayer(&generator) }
            let end = sequenceEnd(&generator)
            let merges: [any Layer] = [Add(), Mean(), Multiply(), Concatenate()]
            let merge = merges.randomElement(using: &generator) ?? Add()
            return try Model(input: [.time, 12], seed: seed) {
                for layer in layers { layer }
                Dense(8)
                Residual {
                    LayerNorm(); ELU()
                }
                parallel(merge) {
                    Conv1D(6, kernel: 3, padding: .same)
                    Block {
                        Dense(6); Tanh()
                    }
                }
                end
                Dense(5)
            }
        case 1:
            let layers = (0..<5).map { _ in imageLayer(&generator) }
            let end = [GlobalAveragePool(), GlobalMaxPool()].randomElement(using: &generator) as (any Layer)?
            return try Model(input: [2, 14, .time], seed: seed) {
                for layer in layers { layer }
                Parallel(merge: .mean) {
                    Conv2D(4, kernel: 3, padding: .same)
                    Block {
                        Conv2D(4, kernel: 1); BatchNorm(); ReLU()
                    }
                }
                if let end { end }
                Dense(5)
            }
        case 2:
            let layers = (0..<4).map { _ in imageLayer(&generator) }
            let end = sequenceEnd(&generator)
            return try Model(input: [.time, 14], seed: seed) {
                Permute([1, 0])
                Reshape([1, 14, .time])
                for layer in layers { layer }
                Permute([2, 0, 1])
                Flatten(startAxis: 1)
                end
                Dense(5)
            }
        default:
            let layers = (0..<3).map { _ in imageLayer(&generator) }
            let last = (0..<3).map { _ in vectorLayer(&generator) }
            return try Model(input: [1, 16, 25], seed: seed) {
                for layer in layers { layer }
                Flatten()
                Dense(7)
                Residual {
                    for layer in last { layer }; Dense(7); Sigmoid()
                }
                Dense(5)
            }
        }
    }

    private static func parallel(_ merge: some Layer, @NetworkBuilder _ branches: () -> Block) -> Parallel {
        Parallel(merge: merge, branches)
    }

    private static func sequenceLayer(_ generator: inout some RandomNumberGenerator) -> any Layer {
        let units = Int.random(in: 3...6, using: &generator) * 2
        let merge = [nil, BidirectionalMerge.concatenate, .sum].randomElement(using: &generator) ?? nil
        let depth = Int.random(in: 1...2, using: &generator)
        switch Int.random(in: 0..<11, using: &generator) {
        case 0:
            return Conv1D(
                units, kernel: Int.random(in: 1...4, using: &generator),
                stride: Int.random(in: 1...2, using: &generator),
                padding: padding(&generator), dilation: Int.random(in: 1...2, using: &generator),
                groups: Int.random(in: 1...2, using: &generator), bias: Bool.random(using: &generator))
        case 1: return MaxPool1D(2, stride: Int.random(in: 1...2, using: &generator), padding: .same)
        case 2: return AveragePool1D(3, stride: Int.random(in: 1...3, using: &generator), padding: .same)
        case 3: return LSTM(units, layers: depth, bidirectional: merge, output: .allSteps)
        case 4: return GRU(units, layers: depth, bidirectional: merge, output: .allSteps)
        case 5:
            return RNN(
                units, layers: depth, activation: Bool.random(using: &generator) ? .tanh : .relu, bidirectional: merge,
                output: .allSteps)
        case 6: return Dense(units, bias: Bool.random(using: &generator))
        case 7: return LayerNorm()
        case 8: return BatchNorm()
        default: return activation(&generator)
        }
    }

    private static func sequenceEnd(_ generator: inout some RandomNumberGenerator) -> any Layer {
        let merge = [nil, BidirectionalMerge.concatenate, .sum].randomElement(using: &generator) ?? nil
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: return GlobalAveragePool()
        case 1: return GlobalMaxPool()
        case 2: return LSTM(7, layers: 2, bidirectional: merge)
        case 3: return GRU(7, layers: 2, bidirectional: merge)
        default: return RNN(7, bidirectional: merge)
        }
    }

    private static func imageLayer(_ generator: inout some RandomNumberGenerator) -> any Layer {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1:
            return Conv2D(
                4, kernel: Extent(height: 3, width: Int.random(in: 1...4, using: &generator)),
                stride: Extent(height: 1, width: Int.random(in: 1...2, using: &generator)),
                padding: padding(&generator),
                dilation: Extent(height: 1, width: Int.random(in: 1...2, using: &generator)),
                bias: Bool.random(using: &generator))
        case 2: return MaxPool2D(2, stride: 1, padding: .same)
        case 3: return AveragePool2D(Extent(height: 2, width: 3), padding: .same)
        case 4: return BatchNorm()
        default: return activation(&generator)
        }
    }

    private static func vectorLayer(_ generator: inout some RandomNumberGenerator) -> any Layer {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: return Dense(9)
        case 1: return LayerNorm()
        case 2: return BatchNorm()
        case 3: return Dropout(0.3)
        default: return activation(&generator)
        }
    }

    private static func padding(_ generator: inout some RandomNumberGenerator) -> Padding {
        [.valid, .same, .causal, .explicit(top: 0, bottom: 0, left: 2, right: 1)].randomElement(using: &generator)
            ?? .valid
    }

    private static func activation(_ generator: inout some RandomNumberGenerator) -> any Layer {
        let all: [any Layer] = [
            ReLU(), LeakyReLU(slope: 0.1), ELU(alpha: 0.7), GELU(), GELU(approximate: true), Tanh(), Sigmoid(),
            Softmax(),
        ]
        return all.randomElement(using: &generator) ?? ReLU()
    }
}
