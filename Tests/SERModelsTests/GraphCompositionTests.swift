// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import SERTestSupport
import Testing

/// What the builder makes computes what it says.
@Suite struct GraphCompositionTests {
    private let x = Tensor.normal([4, 8], key: RandomKey(seed: 1))

    private func dense(_ x: Tensor, _ path: String, of model: Model) -> Tensor {
        x.matmul(model.parameters["\(path).weight"].transposed()) + model.parameters["\(path).bias"]
    }

    private func expectSame(_ a: Tensor, _ b: Tensor, _ what: String = "") {
        #expect(a.shape == b.shape, "\(what)")
        let worst = zip(a.scalars, b.scalars).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(worst <= 1e-5, "\(what): off by \(worst)")
    }

    @Test func residualAddsItsInput() throws {
        let model = try Model(input: [8], seed: 1) {
            Residual {
                Dense(5); Tanh(); Dense(8)
            }
            Residual { Dense(8) }.named("second")
        }
        #expect(
            model.graph.nodes.map(\.path)
                == [
                    "residual1.dense1", "residual1.tanh1", "residual1.dense2", "residual1.add1", "second.dense1",
                    "second.add1",
                ])
        let first = x + dense(tanh(dense(x, "residual1.dense1", of: model)), "residual1.dense2", of: model)
        expectSame(model(x), first + dense(first, "second.dense1", of: model))
    }

    @Test func parallelMergesItsBranches() throws {
        func model(_ merge: some Layer) throws -> Model {
            try Model(input: [8], seed: 2) {
                Parallel(merge: merge) {
                    Dense(8)
                    Block {
                        Dense(3); Dense(8)
                    }
                }
            }
        }
        let sum = try model(Add())
        #expect(
            sum.graph.nodes.map(\.path)
                == ["parallel1.dense1", "parallel1.branch2.dense1", "parallel1.branch2.dense2", "parallel1.add1"])
        let a = dense(x, "parallel1.dense1", of: sum)
        let b = dense(dense(x, "parallel1.branch2.dense1", of: sum), "parallel1.branch2.dense2", of: sum)
        expectSame(sum(x), a + b, "sum")
        expectSame(try model(Mean())(x), (a + b) / 2, "mean")
        expectSame(try model(Multiply())(x), a * b, "multiply")
        expectSame(try model(Concatenate())(x), concatenate([a, b], axis: 1), "concatenate")
        expectSame(try model(Gate())(x), a * sigmoid(b), "a layer of one's own")
    }

    @Test func emptyBranchHandsOnTheInput() throws {
        let model = try Model(input: [8], seed: 3) {
            Parallel(merge: .concatenate) {
                Block {}
                Dense(2)
                if x.rank > 5 { Dense(9) }
            }
        }
        expectSame(model(x), concatenate([x, dense(x, "parallel1.dense1", of: model)], axis: 1))
    }

    @Test func repeatHasFreshWeightsEachTime() throws {
        let model = try Model(input: [8], seed: 4) {
            Repeat(3) {
                Dense(8); ReLU()
            }.named("tower")
            Repeat(0) { Dense(9) }
        }
        #expect(
            model.parameters.paths.filter { $0.hasSuffix("weight") }
                == ["tower.1.dense1.weight", "tower.2.dense1.weight", "tower.3.dense1.weight"])
        #expect(model.parameters["tower.1.dense1.weight"].scalars != model.parameters["tower.2.dense1.weight"].scalars)
        var y = x
        for index in 1...3 { y = relu(dense(y, "tower.\(index).dense1", of: model)) }
        expectSame(model(x), y)
    }

    @Test func compositesOfOnesOwnNest() throws {
        struct Unit: Composite {
            var width: Int
            var block: Block {
                Block {
                    Dense(width);
                    Residual {
                        Dense(width); ReLU()
                    }
                }
            }
        }
        let model = try Model(input: [8]) {
            Unit(width: 5)
            Unit(width: 4).named("b")
            Block("outer") { Unit(width: 3) }
        }
        #expect(
            model.graph.nodes.filter { $0.layer is Dense }.map(\.path)
                == [
                    "dense1", "residual1.dense1", "b.dense1", "b.residual1.dense1", "outer.dense1",
                    "outer.residual1.dense1",
                ])
    }

    @Test func severalInputsAndOutputsGoByName() throws {
        let model = try Model(
            inputs: ["speech": [.time, 5], "prosody": [8]], outputs: ["emotion", "encoder", "speaker"], seed: 5
        ) {
            GRU(6).named("encoder").reading("speech")
            Concatenate().reading("encoder", "prosody")
            Dense(9).named("joint"); ReLU()
            Dense(7).named("emotion")
            Dense(2).named("speaker").reading("joint")
        }
        let speech = Tensor.normal([4, 11, 5], key: RandomKey(seed: 6))
        let results = model(["speech": speech, "prosody": x], lengths: ["speech": [11, 2, 7, 1]])
        #expect(results.names == ["emotion", "encoder", "speaker"])
        let encoder = results["encoder"].values
        let joint = dense(concatenate([encoder, x], axis: 1), "joint", of: model)
        expectSame(results["emotion"].values, dense(relu(joint), "emotion", of: model))
        expectSame(results["speaker"].values, dense(joint, "speaker", of: model))
        // Rows of other lengths get what they get alone.
        let alone = model([
            "speech": speech.slice(axis: 0, 1..<2).slice(axis: 1, 0..<2), "prosody": x.slice(axis: 0, 1..<2),
        ])
        expectSame(alone["encoder"].values, encoder.slice(axis: 0, 1..<2))
        try checkGradients(at: model.parameters) { parameters in
            let (outputs, _) = model.run(
                ["speech": Signal(speech, lengths: [11, 2, 7, 1]), "prosody": Signal(x)], parameters: parameters,
                mode: .inference)
            return concatenate(["emotion", "speaker"].map { outputs[$0].values }, axis: 1)
        }
    }

    /// Names are looked up from the innermost block outwards, and may stand further down.
    @Test func namesAreFoundInAnyOrderAndScope() throws {
        let model = try Model(input: [8], seed: 6) {
            Add().named("end").reading("late", "inner.a")
            Dense(4).named("late").reading("early")
            Block("inner") {
                Dense(4).named("a").reading("early")
            }
            Dense(3).named("early").reading("input")
            Dense(2).reading("end")
        }
        let early = dense(x, "early", of: model)
        let end = dense(early, "late", of: model) + dense(early, "inner.a", of: model)
        expectSame(model(x), dense(end, "dense3", of: model))
        for (index, node) in model.graph.nodes.enumerated() {
            #expect(node.inputs.compactMap(\.node).allSatisfy { $0 < index })
        }
        let shadowed = try Model(input: [8], seed: 6) {
            Dense(3).named("a")
            Block("inner") {
                Dense(4).named("a").reading("input"); Dense(2).reading("a")
            }
            Concatenate().reading("inner", "a")
        }
        let inner = dense(dense(x, "inner.a", of: shadowed), "inner.dense2", of: shadowed)
        expectSame(shadowed(x), concatenate([inner, dense(x, "a", of: shadowed)], axis: 1))
    }

    @Test func sharedLayersHaveOneSetOfWeights() throws {
        func network(shared: Bool) throws -> Model {
            try Model(inputs: ["left": [8], "right": [8]], seed: 7) {
                Block("encoder") {
                    Dense(5); Tanh(); Dense(4)
                }.reading("left")
                if shared {
                    Shared("encoder").named("other").reading("right")
                } else {
                    Block("other") {
                        Dense(5); Tanh(); Dense(4)
                    }.reading("right")
                }
                Multiply().reading("encoder", "other")
                Dense(2)
            }
        }
        let shared = try network(shared: true)
        var apart = try network(shared: false)
        #expect(shared.parameters.paths.count == 6 && apart.parameters.paths.count == 10)
        #expect(shared.graph.nodes.map(\.path).filter { $0 == "encoder.dense1" }.count == 2)
        #expect(shared.graph.nodes.map(\.name).contains("other.dense1"))
        for path in shared.parameters.paths {
            apart.parameters[path] = shared.parameters[path]
            if path.hasPrefix("encoder") {
                apart.parameters[path.replacingOccurrences(of: "encoder", with: "other")] = shared.parameters[path]
            }
        }
        let inputs = ["left": Signal(x), "right": Signal(Tensor.normal([4, 8], key: RandomKey(seed: 8)))]
        func step(_ model: Model) -> (value: Tensor, gradient: Parameters) {
            valueAndGradient(at: model.parameters) { parameters in
                let (outputs, _) = model.run(inputs, parameters: parameters, mode: .inference)
                return square(outputs["output"].values).sum()
            }
        }
        let (one, two) = (step(shared), step(apart))
        expectSame(one.value, two.value)
        for path in shared.parameters.paths where path.hasPrefix("encoder") {
            let other = path.replacingOccurrences(of: "encoder", with: "other")
            expectSame(one.gradient[path], two.gradient[path] + two.gradient[other], path)
        }
        try checkGradients(at: shared.parameters) {
            shared.run(inputs, parameters: $0, mode: .inference).outputs["output"].values
        }
    }

    /// Each use of a shared batch normalisation moves the running statistics, the earlier node first.
    @Test func sharedStateIsUpdatedInNodeOrder() throws {
        let model = try Model(input: [8], seed: 9) {
            BatchNorm(momentum: 0.25).named("norm").reading("input")
            Dense(8)
            Shared("norm").named("again")
        }
        let (_, state) = model.run(x, mode: .training(RandomKey(seed: 1)))
        func mean(_ x: Tensor) -> Tensor { x.mean(axes: [0]) }
        let centred = x - mean(x)
        let second = dense(centred / sqrt(square(centred).mean(axes: [0]) + 1e-5), "dense1", of: model)
        expectSame(state["norm.running_mean"], (mean(x) * 0.25) * 0.75 + mean(second) * 0.25)
        #expect(state.paths == ["norm.running_mean", "norm.running_var"])
    }

    @Test(arguments: 0..<20) func randomNetworksKeepTheirWord(seed: UInt64) throws {
        let model = try RandomNetwork.model(seed: seed)
        let lengths = [19, 3, 11, 19]
        let x = Tensor.normal([4, 19, 6], key: RandomKey(seed: 9))
        let together = model(x, lengths: lengths)
        // A padded batch gives each clip the output it gets alone.
        for (row, length) in lengths.enumerated() {
            let alone = x.slice(axis: 0, row..<(row + 1)).slice(axis: 1, 0..<length)
            expectSame(model(alone), together.slice(axis: 0, row..<(row + 1)), "seed \(seed), row \(row)")
        }
        // The same graph from its coded form: the same bits.
        let decoded = try JSONDecoder().decode(Graph.self, from: JSONEncoder().encode(model.graph))
        #expect(Model(graph: decoded, seed: seed)(x, lengths: lengths).scalars == together.scalars)
        #expect(decoded.nodes.map(\.name) == model.graph.nodes.map(\.name))
        // Networks with too many kinks of ReLU and maximum cannot be compared.
        let result = Result { () throws(GradientCheckError) in
            try checkGradients(at: model.parameters) {
                model.run(x, lengths: lengths, parameters: $0, mode: .inference).output.values
            }
        }
        if case .failure(let error) = result {
            guard case .tooManyKinks = error else { throw error }
        }
        for format in SummaryFormat.allCases { #expect(!model.summary(format).isEmpty) }
    }

    @Test func unknownTimeAndLengthsAreInferred() throws {
        let model = try Model(input: [.time, 6]) {
            Parallel(merge: .concatenate) {
                Conv1D(4, kernel: 3, padding: .same)
                Block {
                    Conv1D(5, kernel: 7, padding: .same); ReLU()
                }
            }
            Residual { LSTM(9, output: .allSteps) }
            Parallel(merge: .concatenate) {
                GlobalAveragePool(); GlobalMaxPool()
            }
        }
        #expect(model.graph.nodes.map(\.shape).suffix(5) == [[.time, 9], [.time, 9], [9], [9], [18]])
        let open = try Model(input: [.any, 6]) { Residual { Dense(6) } }
        #expect(open.graph.output == [.any, 6])
        #expect(open(Tensor.ones([2, 3, 6])).shape == [2, 3, 6] && open(Tensor.ones([5, 9, 6])).shape == [5, 9, 6])
    }

    @Test func namedGraphsSurviveCoding() throws {
        let model = try Model(inputs: ["a": [.time, 4], "b": [.time, 4]], outputs: ["same", "first"], seed: 3) {
            GRU(5).named("first").reading("a")
            Shared("first").named("second").reading("b")
            Gate().named("same").reading("first", "second")
        }
        let decoder = JSONDecoder()
        decoder.userInfo = try LayerRegistry.standard.adding(Gate.self).userInfo
        let graph = try decoder.decode(Graph.self, from: JSONEncoder().encode(model.graph))
        #expect(graph.inputs == model.graph.inputs && graph.outputs == model.graph.outputs)
        let values = ["a": Tensor.normal([2, 7, 4], key: RandomKey(seed: 1)), "b": Tensor.ones([2, 3, 4])]
        let (one, two) = (model(values), Model(graph: graph, seed: 3)(values))
        #expect(["same", "first"].allSatisfy { one[$0].values.scalars == two[$0].values.scalars })
    }
}
