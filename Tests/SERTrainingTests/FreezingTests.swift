// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels
import SERTraining
import Testing

/// What is frozen does not move, and everything else moves as if nothing were.
@Suite struct FreezingTests {
    private static let optimizers: [OptimizerConfiguration] = [
        .sgd(learningRate: 0.1, momentum: 0.9, weightDecay: 0.1), .adam(weightDecay: 0.1), .adamW(weightDecay: 0.1),
        .rmsprop(momentum: 0.9, centered: true, weightDecay: 0.1),
    ]

    private func network() throws -> Model {
        try Model(input: [.time, 6], seed: 1) {
            Block("features") {
                Conv1D(8, kernel: 3, padding: .same); BatchNorm(); ReLU()
            }
            LSTM(5).named("rnn")
            Dense(3).named("head")
        }
    }

    private let batch = Batch(
        values: Tensor.normal([4, 9, 6], key: RandomKey(seed: 2)), lengths: [9, 4, 7, 9], targets: [0, 1, 2, 0])

    private func scalars(_ parameters: Parameters, under prefix: String) -> [Float] {
        parameters.paths.filter { $0.contains(prefix) }.flatMap { parameters[$0].scalars }
    }

    @Test(arguments: optimizers) func frozenWeightsAndMomentsStay(optimizer: OptimizerConfiguration) throws {
        var step = try TrainingStep(model: network(), optimizer: optimizer, clipping: .norm(0.5))
        for index in 0..<3 { _ = step(batch, key: RandomKey(seed: UInt64(index))) }
        try step.model.freeze("features", "rnn.weight_ih_l0")
        let before = step
        for index in 3..<6 { _ = step(batch, key: RandomKey(seed: UInt64(index))) }
        for frozen in ["features.", "rnn.weight_ih_l0"] {
            #expect(scalars(step.model.parameters, under: frozen) == scalars(before.model.parameters, under: frozen))
            #expect(scalars(step.optimizer.state, under: frozen) == scalars(before.optimizer.state, under: frozen))
        }
        #expect(step.model.state.tensors.flatMap(\.scalars) == before.model.state.tensors.flatMap(\.scalars))
        for moving in ["rnn.weight_hh_l0", "rnn.bias_ih_l0", "head.weight", "head.bias"] {
            #expect(scalars(step.model.parameters, under: moving) != scalars(before.model.parameters, under: moving))
            #expect(scalars(step.optimizer.state, under: moving) != scalars(before.optimizer.state, under: moving))
        }
        let paused = step
        try step.model.unfreeze()
        _ = step(batch, key: RandomKey(seed: 9))
        #expect(
            scalars(step.model.parameters, under: "features.") != scalars(paused.model.parameters, under: "features."))
        #expect(scalars(step.model.state, under: "features.") != scalars(paused.model.state, under: "features."))
    }

    /// Gradients of what is not frozen are those of the whole network, and those of the rest are zero.
    @Test(arguments: Architecture.allCases) func otherGradientsAreAsBefore(architecture: Architecture) throws {
        let free = try architecture.model(classes: 7, coefficients: 16, frames: 24, seed: 3)
        let shape = architecture.input(coefficients: 16, frames: 24).dimensions.map { $0.length ?? 24 }
        let x = Tensor.normal([3] + shape, key: RandomKey(seed: 4))
        func gradient(_ model: Model) -> Parameters {
            valueAndGradient(at: model.parameters) { parameters in
                let output = model.run(x, parameters: parameters, mode: .training(RandomKey(seed: 5))).output
                return crossEntropy(logits: output.values, labels: [0, 3, 6])
            }.gradient
        }
        let expected = gradient(free)
        for path in Set(free.graph.nodes.map(\.path))
        where !free.parameters.paths.filter({ $0.hasPrefix(path + ".") }).isEmpty {
            // Freezing a batch normalisation changes what the network computes; its weights alone do not.
            var model = free
            try model.freeze(path)
            for running in model.state.paths { try model.unfreeze(running) }
            let found = gradient(model)
            for name in model.parameters.paths {
                let isFrozen = name.hasPrefix(path + ".")
                let most = expected[name].scalars.reduce(0) { max($0, abs($1)) }
                let worst = zip(found[name].scalars, expected[name].scalars).reduce(0) { max($0, abs($1.0 - $1.1)) }
                if isFrozen {
                    #expect(found[name].scalars.allSatisfy { $0 == 0 }, "\(name)")
                } else {
                    #expect(worst <= 1e-5 * most, "\(name) with \(path) frozen: off by \(worst) of \(most)")
                }
            }
        }
    }

    /// Frozen, a batch normalisation computes in training what it computes in inference: alone and within a fused chain.
    @Test func frozenBatchNormalisationUsesItsRunningStatistics() throws {
        for input: Shape in [[.time, 6], [1, 8, 12]] {
            var model = try Model(input: input, seed: 5) {
                if input.rank == 3 {
                    Conv2D(4, kernel: 3, padding: .same); BatchNorm(); ReLU(); MaxPool2D(2)
                } else {
                    BatchNorm()
                }
                GlobalAveragePool()
                Dense(3)
            }
            let x = Tensor.normal([4] + input.dimensions.map { $0.length ?? 9 }, key: RandomKey(seed: 6))
            let training = Mode.training(RandomKey(seed: 7))
            model.state = model.run(x, mode: training).state
            try model.freeze("batchNorm1")
            let (output, state) = model.run(x, mode: training)
            #expect(output.values.scalars == model(x).scalars)
            #expect(state.tensors.map(\.scalars) == model.state.tensors.map(\.scalars))
            try model.unfreeze("batchNorm1")
            #expect(model.run(x, mode: training).output.values.scalars != model(x).scalars)
        }
    }

    @Test func frozenGradientsDoNotCountInClipping() throws {
        var model = try network()
        try model.freezeAll(but: "head")
        let (_, gradients) = valueAndGradient(at: model.parameters) { parameters in
            crossEntropy(
                logits: model.run(batch.values, lengths: batch.lengths, parameters: parameters, mode: .inference)
                    .output.values, labels: batch.targets)
        }
        let head = (square(gradients["head.weight"]).sum() + square(gradients["head.bias"]).sum()).item
        #expect(abs(gradients.norm * gradients.norm - Double(head)) < 1e-5 * Double(head))
    }

    @Test func pathsAreLayersBlocksAndTensors() throws {
        var model = try network()
        try model.freeze("features.conv1d1", "head.bias")
        #expect(model.frozenPaths == ["features.conv1d1.weight", "features.conv1d1.bias", "head.bias"])
        #expect(model.trainableCount == model.parameterCount - 8 * 6 * 3 - 8 - 3)
        try model.freezeAll(but: "rnn", "head.weight")
        #expect(model.frozenPaths.count == 4 + 1 + 2 && !model.frozenPaths.contains("head.weight"))
        try model.freeze()
        #expect(model.trainableCount == 0)
        try model.unfreeze("head")
        #expect(model.trainableCount == 5 * 3 + 3)
        // A layer without weights is no mistake.
        try model.freeze("features.relu1")
        let error = #expect(throws: UnknownPathError.self) { try model.freeze("head", "feature") }
        #expect(error?.path == "feature" && error?.nearMatches.first == "features")
        #expect(error?.description.contains("Did you mean 'features'") == true)
        #expect(model.trainableCount == 18, "an error changes nothing")
        #expect(throws: UnknownPathError.self) { try model.freeze("hea") }
        let summary = model.summary()
        #expect(summary.contains("(18 of them trained)") && summary.contains("all"))
    }
}
