// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import Testing

/// A layer of a user's own, as the README shows it.
private struct Swish: UnaryLayer {
    static let kind = "swish"
    func outputShape(for input: Shape) -> Shape { input }
    func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { x * sigmoid(x) }
}

@Suite struct GraphTests {
    @Test func pathsAreKindAndOrdinalOrAName() throws {
        let model = try Model(input: [8]) {
            Dense(4)
            ReLU()
            Dense(4).named("middle")
            Block("head") {
                Dense(4)
                Dense(2)
            }
            Dense(2)
        }
        #expect(
            model.graph.nodes.map(\.path)
                == ["dense1", "relu1", "middle", "head.dense1", "head.dense2", "dense3"])
        #expect(model.parameters.paths.prefix(2) == ["dense1.weight", "dense1.bias"])
    }

    @Test func builderTakesControlFlow() throws {
        func network(deep: Bool, extra: Dense?) throws -> Model {
            try Model(input: [8]) {
                if deep { for width in [7, 6, 5] { Dense(width) } } else { Dense(4) }
                if let extra { extra }
                Dense(2)
            }
        }
        #expect(try network(deep: true, extra: nil).graph.nodes.count == 4)
        #expect(try network(deep: false, extra: Dense(3)).graph.nodes.map(\.shape) == [[4], [3], [2]])
    }

    @Test func misfitsAreNamedBeforeAnyData() {
        let error = #expect(throws: ShapeError.self) {
            try Model(input: [.time, 40]) {
                Dense(8)
                Block("head") { Flatten() }
            }
        }
        #expect(error?.path == "head.flatten1")
        #expect(error?.description.contains("[time, 8]") == true)
        #expect(throws: ShapeError.self) { try Model(input: [8]) { Dense(0) } }
        #expect(throws: ShapeError.self) { try Model(input: [-1]) { Dense(1) } }
        #expect(throws: ShapeError.self) {
            try Model(input: [8]) {
                Dense(2).named("same")
                Dense(2).named("same")
            }
        }
    }

    /// PyTorch's counts of the same networks, with two biases in recurrent layers.
    @Test(arguments: [
        (Architecture.ann, 209_671), (.cnn, 1_404_871), (.rnn, 22_663), (.lstm, 87_943), (.gru, 199_175),
    ])
    func architecturesHaveTheReportsSizes(architecture: Architecture, parameters: Int) throws {
        let model = try architecture.model(classes: 7)
        #expect(model.parameterCount == parameters)
        #expect(model.summary().replacingOccurrences(of: ",", with: "").contains("\n\(parameters) parameters"))
    }

    /// The published residual LSTM with soft attention, as Examples/residual-lstm has it.
    @Test(arguments: [(7, 46_707), (8, 46_772)])
    func residualLSTMHasThePublishedSize(classes: Int, parameters: Int) throws {
        let model = try Model(input: [.time, 46]) {
            Residual { LSTM(46, output: .allSteps) }
            BatchNorm()
            LSTM(64, output: .allSteps)
            AttentionPooling()
            BatchNorm()
            Dropout(0.3)
            Dense(classes)
        }
        #expect(model.parameterCount == parameters)
    }

    @Test func weightsDependOnSeedAndPathAlone() throws {
        let first = try Model(input: [8], seed: 3) {
            Dense(4); Dense(2)
        }
        let second = try Model(input: [8], seed: 3) {
            Dense(4); ReLU(); Dense(2)
        }
        let third = try Model(input: [8], seed: 4) {
            Dense(4); Dense(2)
        }
        #expect(first.parameters["dense2.weight"].scalars == second.parameters["dense2.weight"].scalars)
        #expect(first.parameters["dense2.weight"].scalars != third.parameters["dense2.weight"].scalars)
    }

    @Test func graphSurvivesCodingWithACustomLayer() throws {
        let model = try Model(input: [.time, 6], seed: 5) {
            LSTM(5)
            Swish()
            Dense(3)
        }
        let data = try JSONEncoder().encode(model.graph)
        let decoder = JSONDecoder()
        #expect(throws: DecodingError.self) { try decoder.decode(Graph.self, from: data) }
        decoder.userInfo = try LayerRegistry.standard.adding(Swish.self).userInfo
        let copy = Model(graph: try decoder.decode(Graph.self, from: data), seed: 5)
        let x = Tensor.normal([2, 4, 6], key: RandomKey(seed: 1))
        #expect(copy(x, lengths: [4, 2]).scalars == model(x, lengths: [4, 2]).scalars)
    }

    /// A padded batch gives each clip the output it gets alone.
    @Test(arguments: [Architecture.rnn, .lstm, .gru])
    func paddingChangesNothing(architecture: Architecture) throws {
        let model = try architecture.model(classes: 7, seed: 2)
        let lengths = [17, 1, 9, 30]
        let x = Tensor.normal([4, 30, 40], key: RandomKey(seed: 9))
        let together = model(x, lengths: lengths).scalars
        for (row, length) in lengths.enumerated() {
            let alone = Array(x.scalars[row * 30 * 40..<(row * 30 + length) * 40])
            let logits = model(Tensor(alone, shape: [1, length, 40])).scalars
            for (a, b) in zip(logits, together[row * 7..<row * 7 + 7]) { #expect(abs(a - b) < 1e-5) }
        }
    }
}
