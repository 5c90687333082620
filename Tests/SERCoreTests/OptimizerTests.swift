// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// What Tests/Fixtures/optimizers.py computes with PyTorch in double precision.
struct OptimizerFixture: Decodable {
    struct Clipped: Decodable {
        var norm: Double?
        var gradient: [Double]
    }

    var shapes: [String: [Int]]
    var start: [Double]
    var gradients: [[Double]]
    var after: [String: [[Double]]]
    var clip_norm_1, clip_norm_1000, clip_value: Clipped
    var metrics: [Double]
    var rates: [String: [Double]]

    func parameters(_ values: [Double]) -> Parameters {
        let floats = values.map { Float($0) }
        return ["a": Tensor(Array(floats[..<15]), shape: [3, 5]), "b": Tensor(Array(floats[15...]))]
    }
}

struct OptimizerTests {
    let fixture: OptimizerFixture

    init() throws { fixture = try Fixture.json("optimizers") }

    static let cases: [(String, OptimizerConfiguration)] = [
        ("sgd", .sgd(learningRate: 0.01)),
        ("sgd_decay", .sgd(learningRate: 0.01, weightDecay: 0.1)),
        ("sgd_momentum", .sgd(learningRate: 0.01, momentum: 0.9, weightDecay: 0.05)),
        ("sgd_nesterov", .sgd(learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.05)),
        ("adam", .adam()),
        ("adam_settings", .adam(learningRate: 0.02, beta1: 0.8, beta2: 0.99, epsilon: 1e-4, weightDecay: 0.1)),
        ("adamw", .adamW()),
        ("adamw_settings", .adamW(learningRate: 0.02, beta1: 0.8, beta2: 0.99, epsilon: 1e-4, weightDecay: 0.2)),
        ("rmsprop", .rmsprop()),
        ("rmsprop_momentum", .rmsprop(learningRate: 0.003, alpha: 0.9, momentum: 0.8, weightDecay: 0.1)),
        ("rmsprop_centered", .rmsprop(learningRate: 0.003, alpha: 0.9, epsilon: 1e-3, centered: true)),
        (
            "rmsprop_all",
            .rmsprop(
                learningRate: 0.003, alpha: 0.9, epsilon: 1e-3, momentum: 0.5, centered: true, weightDecay: 0.01)
        ),
    ]

    @Test(arguments: cases.indices) func agreesWithPyTorchOver20Steps(_ index: Int) throws {
        let (name, configuration) = Self.cases[index]
        let expected = try #require(fixture.after[name])
        var parameters = fixture.parameters(fixture.start)
        var optimizer = try Optimizer(configuration, for: parameters)
        for (step, gradient) in fixture.gradients.enumerated() {
            optimizer.update(&parameters, with: fixture.parameters(gradient))
            // Every step moves values by more than this tolerance, so that a wrong formula cannot pass.
            expectClose(values(parameters), expected[step], relativeToMaximum: 2e-6, "\(name) after step \(step)")
        }
        #expect(optimizer.steps == 20)
    }

    @Test(arguments: cases.indices) func resumesFromSavedStateToTheBit(_ index: Int) throws {
        let configuration = try JSONDecoder().decode(
            OptimizerConfiguration.self, from: JSONEncoder().encode(Self.cases[index].1))
        #expect(configuration == Self.cases[index].1)
        var parameters = fixture.parameters(fixture.start)
        var optimizer = try Optimizer(configuration, for: parameters)
        var resumed = optimizer
        var resumedParameters = parameters
        for (step, gradient) in fixture.gradients.enumerated() {
            optimizer.update(&parameters, with: fixture.parameters(gradient))
            if step == 9 {
                resumedParameters = parameters
                resumed = try Optimizer(
                    configuration, for: parameters, steps: optimizer.steps, state: optimizer.state)
            } else if step > 9 {
                resumed.update(&resumedParameters, with: fixture.parameters(gradient))
            }
        }
        #expect(values(resumedParameters) == values(parameters))
    }

    @Test func stepsInPlace() throws {
        var parameters: Parameters = ["w": Tensor.ones([300_000])]
        let gradients: Parameters = ["w": Tensor.full([300_000], 0.5)]
        var optimizer = try Optimizer(.adam(), for: parameters)
        let (address, moments) = (parameters.withPointer { $0 }, optimizer.state.withPointer { $0 })
        for _ in 0..<10 { optimizer.update(&parameters, with: gradients) }
        #expect(parameters.withPointer { $0 } == address)
        #expect(optimizer.state.withPointer { $0 } == moments)
        #expect(abs(parameters["w"].scalars[299_999] - 0.99) < 1e-5)  // ten steps of 0.001
    }

    @Test func aCopyKeepsItsValues() throws {
        var parameters: Parameters = ["w": Tensor.ones([5])]
        var optimizer = try Optimizer(.sgd(learningRate: 1), for: parameters)
        let before = parameters
        optimizer.update(&parameters, with: ["w": Tensor.ones([5])])
        #expect(before["w"].scalars == [1, 1, 1, 1, 1])
        #expect(parameters["w"].scalars == [0, 0, 0, 0, 0])
    }

    @Test func threadsDoNotChangeTheResult() throws {
        let start: Parameters = ["w": Tensor.uniform([600_001], key: RandomKey(seed: 1))]
        let gradients: Parameters = ["w": Tensor.uniform([600_001], low: -1, key: RandomKey(seed: 2))]
        let threads = Parallelism.threads
        defer { Parallelism.threads = threads }
        var results: [[Float]] = []
        for count in [1, 2, 4] {
            Parallelism.threads = count
            var parameters = start
            var optimizer = try Optimizer(.adamW(), for: parameters)
            for _ in 0..<3 { optimizer.update(&parameters, with: gradients) }
            results.append(parameters["w"].scalars)
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test func momentsDoNotDecayIntoDenormals() throws {
        var parameters: Parameters = ["w": Tensor.ones([40])]
        var optimizer = try Optimizer(.adam(), for: parameters)
        optimizer.update(&parameters, with: ["w": Tensor.full([40], 1e-3)])
        for _ in 0..<1000 { optimizer.update(&parameters, with: ["w": Tensor.zeros([40])]) }
        #expect(optimizer.state["exp_avg.w"].scalars == [Float](repeating: 0, count: 40))
        #expect(optimizer.state["exp_avg_sq.w"].scalars.allSatisfy { $0 > 1e-30 })
    }

    @Test func centredRMSpropSurvivesConstantGradients() throws {
        var parameters: Parameters = ["w": Tensor.ones([64])]
        let gradients: Parameters = ["w": Tensor.uniform([64], low: 0.1, high: 3, key: RandomKey(seed: 3))]
        var optimizer = try Optimizer(.rmsprop(learningRate: 1e-9, alpha: 0.5, centered: true), for: parameters)
        for _ in 0..<200 { optimizer.update(&parameters, with: gradients) }
        #expect(parameters["w"].scalars.allSatisfy { $0.isFinite })
    }

    @Test func settingsThatMakeNoSenseAreNamed() throws {
        let parameters = fixture.parameters(fixture.start)
        let wrong: [(OptimizerConfiguration, String)] = [
            (.adam(learningRate: -1), "learningRate"), (.adam(learningRate: .nan), "learningRate"),
            (.sgd(weightDecay: -0.1), "weightDecay"), (.sgd(nesterov: true), "momentum"),
            (.sgd(momentum: 1), "momentum"), (.adam(beta1: 1), "beta1"), (.adamW(beta2: -0.5), "beta2"),
            (.adam(epsilon: 0), "epsilon"), (.rmsprop(alpha: 2), "alpha"), (.rmsprop(epsilon: .infinity), "epsilon"),
        ]
        for (configuration, name) in wrong {
            let error = #expect(throws: OptimizerError.self) { try Optimizer(configuration, for: parameters) }
            #expect(error?.description.hasPrefix(name) == true, "\(configuration)")
        }
        let other: Parameters = ["exp_avg.a": Tensor.zeros([2])]
        #expect(throws: OptimizerError.self) {
            try Optimizer(.adam(), for: parameters, steps: 1, state: other)
        }
        #expect(throws: OptimizerError.self) { try GradientClipping.norm(0).validate() }
    }

    @Test func clippingAgreesWithPyTorch() {
        for (limit, expected) in [(1.0, fixture.clip_norm_1), (1000.0, fixture.clip_norm_1000)] {
            var gradients = fixture.parameters(fixture.gradients[3])
            let norm = gradients.clip(norm: limit)
            #expect(abs(norm - (expected.norm ?? 0)) < 1e-6 * norm)
            expectClose(values(gradients), expected.gradient, relativeToMaximum: 1e-6, "norm \(limit)")
        }
        var gradients = fixture.parameters(fixture.gradients[3])
        GradientClipping.value(5).apply(to: &gradients)
        expectClose(values(gradients), fixture.clip_value.gradient, relativeToMaximum: 1e-6, "value")
    }

    private func values(_ parameters: Parameters) -> [Float] { parameters.tensors.flatMap(\.scalars) }
}
