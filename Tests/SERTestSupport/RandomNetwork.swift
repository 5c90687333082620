// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// Networks drawn at random from everything that the builder knows: sequences of 6 features in, 3 logits out. Their layers
/// are smooth, so that gradients can be checked.
package struct RandomNetwork {
    package static let input: Shape = [.time, 6]
    private var generator: any RandomNumberGenerator

    package init(seed: UInt64) { generator = RandomKey(seed: seed).derived("network").generator }

    package static func model(seed: UInt64) throws -> Model {
        var random = RandomNetwork(seed: seed)
        return try Model(input: input, seed: seed) {
            random.block(depth: 3)
            random.pooling()
            Dense(3)
        }
    }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    /// Layers that keep the time axis.
    private mutating func block(depth: Int) -> Block {
        let count = draw(1...3)
        return Block { for _ in 0..<count { piece(depth: depth) } }
    }

    private mutating func piece(depth: Int) -> Block {
        let width = draw(3...8)
        switch draw(0...(depth > 0 ? 13 : 8)) {
        case 0:
            return Block {
                Dense(width); Tanh()
            }
        case 1: return Block { LSTM(width, output: .allSteps) }
        case 2: return Block { GRU(width, bidirectional: .concatenate, output: .allSteps) }
        case 3:
            return Block {
                Conv1D(width, kernel: draw(1...4), padding: .same); GELU()
            }
        case 4: return Block { BatchNorm() }
        case 5: return Block { LayerNorm() }
        case 6: return Block { Conv1D(width, kernel: 3, stride: 2, padding: .same) }
        case 7:
            return Block {
                Dropout(0.3); RNN(width, output: .allSteps)
            }
        case 8:
            return Block {
                Conv1D(width, kernel: 3, padding: .causal, dilation: 2); Sigmoid()
            }
        case 9, 10:
            // The last dense layer brings the width back.
            let inner = block(depth: 0)
            return Block {
                Dense(6)
                Residual {
                    LayerNorm(); Dense(width); Tanh(); Dense(6)
                }
                inner
            }
        case 11:
            let merges: [any Layer] = [Add(), Mean(), Multiply()]
            let merge = merges[draw(0...2)]
            return Block { parallel(merge, width: width) }
        case 12:
            return Block {
                Parallel(merge: .concatenate) {
                    Conv1D(width, kernel: 3, padding: .same)
                    Block {}
                    Block {
                        Dense(width); ELU(); LayerNorm()
                    }
                }
            }
        default:
            let count = draw(2...3)
            return Block {
                Dense(width)
                Repeat(count) {
                    LSTM(width, output: .allSteps); LayerNorm()
                }
                Residual {
                    Dense(width).named("first")
                    Tanh()
                    Shared("first").named("again")
                }
            }
        }
    }

    private func parallel(_ merge: some Layer, width: Int) -> Parallel {
        Parallel(merge: merge) {
            Dense(width)
            Block {
                Dense(4); Tanh(); Dense(width)
            }
            Conv1D(width, kernel: 5, padding: .same)
        }
    }

    private mutating func pooling() -> Block {
        switch draw(0...3) {
        case 0: return Block { GlobalAveragePool() }
        case 1: return Block { GRU(5, bidirectional: .sum) }
        case 2: return Block { LSTM(7) }
        default:
            return Block {
                Parallel(merge: .concatenate) {
                    GlobalAveragePool(); LSTM(4); GRU(3)
                }
            }
        }
    }
}
