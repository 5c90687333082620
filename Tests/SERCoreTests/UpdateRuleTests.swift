// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Gradient descent with momentum, written as a user would.
private struct OwnMomentum: UpdateRule {
    static let kind = "ownMomentum"
    var momentum = 0.9
    var stateNames: [String] { ["velocity"] }

    func validate() throws(OptimizerError) {
        guard momentum < 1 else { throw .setting(name: "momentum", value: momentum, expected: "below 1") }
    }

    func update(_ slice: UpdateSlice, in step: UpdateStep) {
        let velocity = slice.state(0)
        for index in slice.indices {
            let gradient = slice.gradients[index] + Float(step.weightDecay) * slice.parameters[index]
            velocity[index] = Float(momentum) * velocity[index] + gradient
            slice.parameters[index] -= Float(step.learningRate) * velocity[index]
        }
    }
}

/// A step of the same length for every tensor, whatever its gradient's (You et al., 2017).
private struct NormedDescent: UpdateRule {
    static let kind = "normedDescent"
    var needsWholeTensors: Bool { true }

    func update(_ slice: UpdateSlice, in step: UpdateStep) {
        let norm = slice.gradients.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard norm > 0 else { return }
        for index in slice.indices {
            slice.parameters[index] -= Float(step.learningRate) * slice.gradients[index] / norm
        }
    }
}

private struct TakenKind: UpdateRule {
    static let kind = "adam"
    func update(_ slice: UpdateSlice, in step: UpdateStep) {}
}

struct UpdateRuleTests {
    let fixture: OptimizerFixture

    init() throws { fixture = try Fixture.json("optimizers") }

    /// What PyTorch's own SGD with momentum and weight decay gives.
    @Test func aRuleOfOnesOwnIsTheFormulaItIsWrittenIn() throws {
        let expected = try #require(fixture.after["sgd_momentum"])
        var parameters = fixture.parameters(fixture.start)
        let configuration = OptimizerConfiguration(rule: OwnMomentum(), learningRate: 0.01, weightDecay: 0.05)
        var optimizer = try Optimizer(configuration, for: parameters)
        var resumed: (optimizer: Optimizer, parameters: Parameters)?
        for (step, gradient) in fixture.gradients.enumerated() {
            if step == 7 {
                let copy = try Optimizer(configuration, for: parameters, steps: 7, state: optimizer.state)
                resumed = (copy, parameters)
            }
            optimizer.update(&parameters, with: fixture.parameters(gradient))
            if var (copy, values) = resumed {
                copy.update(&values, with: fixture.parameters(gradient))
                resumed = (copy, values)
            }
            expectClose(
                parameters.tensors.flatMap(\.scalars), expected[step], relativeToMaximum: 2e-6, "after step \(step)")
        }
        #expect(optimizer.state.paths == ["velocity.a", "velocity.b"])
        #expect(resumed?.parameters.tensors.map(\.scalars) == parameters.tensors.map(\.scalars))
    }

    @Test func aRuleThatLooksAtNormsGetsWholeTensors() throws {
        let shapes: [(String, Int)] = [("small", 3), ("frozen", 40), ("large", 300_001)]
        var parameters = Parameters(shapes.map { (path: $0.0, tensor: Tensor.zeros([$0.1])) })
        parameters.setFrozen(true, ["frozen"])
        let gradients = Parameters(
            shapes.map { (path: $0.0, tensor: Tensor.normal([$0.1], key: RandomKey(seed: 1).derived($0.0))) })
        var optimizer = try Optimizer(
            OptimizerConfiguration(rule: NormedDescent(), learningRate: 0.5), for: parameters)
        optimizer.update(&parameters, with: gradients)
        for (path, length) in [("small", 0.5), ("frozen", 0), ("large", 0.5)] {
            let norm = parameters[path].scalars.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(abs(norm - length) < 1e-4, "\(path)")
        }
        #expect(parameters.norm < 0.7072, "paddings stay zero")
    }

    @Test func aRegistryReadsWhatItKnows() throws {
        let configuration = OptimizerConfiguration(rule: OwnMomentum(momentum: 0.75), learningRate: 0.1)
        let json = try JSONEncoder().encode(configuration)
        let decoder = JSONDecoder()
        let error = #expect(throws: DecodingError.self) {
            try decoder.decode(OptimizerConfiguration.self, from: json)
        }
        guard case .dataCorrupted(let context)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription.contains("'ownMomentum'") && context.debugDescription.contains("rmsprop"))
        decoder.userInfo = try UpdateRuleRegistry.standard.adding(OwnMomentum.self).userInfo
        #expect(try decoder.decode(OptimizerConfiguration.self, from: json) == configuration)
        #expect(configuration != OptimizerConfiguration(rule: OwnMomentum(), learningRate: 0.1))
        let taken = #expect(throws: KindTakenError.self) { try UpdateRuleRegistry.standard.adding(TakenKind.self) }
        #expect(taken?.kind == "adam")
        #expect(UpdateRuleRegistry.standard.kinds == ["adam", "rmsprop", "sgd"])
    }

    /// Files of results hold this text.
    @Test func settingsAreWrittenAsEver() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        func text(_ configuration: OptimizerConfiguration) throws -> String {
            String(decoding: try encoder.encode(configuration), as: UTF8.self)
        }
        #expect(
            try text(.adam()) == #"{"learningRate":0.001,"rule":{"adam":{"beta1":0.9,"beta2":0.999,"#
                + #""decoupledWeightDecay":false,"epsilon":1e-08}},"weightDecay":0}"#)
        #expect(
            try text(.sgd(momentum: 0.5))
                == #"{"learningRate":0.001,"rule":{"sgd":{"momentum":0.5,"nesterov":false}},"weightDecay":0}"#)
    }

    @Test func settingsThatMakeNoSenseAreTold() {
        let error = #expect(throws: OptimizerError.self) {
            try Optimizer(
                OptimizerConfiguration(rule: OwnMomentum(momentum: 2), learningRate: 1), for: ["w": Tensor([1])])
        }
        #expect(error?.description.hasPrefix("momentum") == true)
    }
}
