// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

/// The gradient check passes what is right and fails what is wrong.
struct GradientCheckTests {
    @Test func everyOperationPasses() throws {
        let cases: [OperationCase] = try Fixture.json("operations")
        // Their reference values stand on kinks; see the next test.
        let kinked = ["maximum", "minimum", "abs", "relu", "leaky", "elu(", "clamped"]
        var worst = 0.0
        for item in cases where !kinked.contains(where: { item.name.hasPrefix($0) }) {
            do {
                let check = try checkGradients(at: item.inputs.map(\.tensor)) { item.apply($0) ?? Tensor(0) }
                #expect(check.directions == 20)
                worst = max(worst, check.worstError)
            } catch {
                Issue.record("\(item.name) of \(item.inputs.map(\.shape)): \(error)")
            }
        }
        #expect(worst > 0)
    }

    @Test(arguments: [[], [1], [7], [3, 5], [2, 1, 4]])
    func operationsWithKinksPassBesideThem(shape: [Int]) throws {
        let x = Tensor.uniform(shape, low: -2, high: 2, key: RandomKey(seed: 11))
        let y = Tensor.uniform(shape, low: -2, high: 2, key: RandomKey(seed: 12))
        let all: [([Tensor]) -> Tensor] = [
            { relu($0[0]) }, { abs($0[0]) }, { leakyReLU($0[0], slope: 0.2) }, { elu($0[0], alpha: 0.7) },
            { $0[0].clamped(to: -0.5...1.25) },
            { maximum($0[0], $0[1]) }, { minimum($0[0], $0[1]) }, { $0[0].maximum() },
            { $0[0].minimum(axes: shape.isEmpty ? nil : [-1]) },
            { ($0[0] * $0[1]).maximum(axes: shape.isEmpty ? nil : [0], keepingDimensions: true) },
        ]
        for (index, function) in all.enumerated() {
            #expect(throws: Never.self, "function \(index)") { try checkGradients(at: [x, y], of: function) }
        }
    }

    /// Operations with a wrong way back: each must be refused.
    @Test func wrongGradientsFail() {
        let x = Tensor.uniform([4, 4], low: -1, high: 1, key: RandomKey(seed: 13))
        let w = Tensor.uniform([4, 4], low: -1, high: 1, key: RandomKey(seed: 14))
        let tooLarge: ([Tensor]) -> Tensor = { x in
            differentiable([x[0]]) {
                tanh($0[0])
            } pullback: { dy, _, y in
                [dy * (1 - square(y)) * 1.05]
            }
        }
        let missingTerm: ([Tensor]) -> Tensor = { x in
            differentiable([x[0]]) {
                $0[0] * sigmoid($0[0])
            } pullback: { dy, x, _ in
                [dy * sigmoid(x[0])]
            }
        }
        let wrongSign: ([Tensor]) -> Tensor = { x in
            differentiable(x) {
                $0[0] - $0[1]
            } pullback: { dy, _, _ in
                [dy, dy]
            }
        }
        let transposed: ([Tensor]) -> Tensor = { x in
            differentiable(x) {
                $0[0].matmul($0[1])
            } pullback: { dy, x, _ in
                [dy.matmul(x[1].transposed()).transposed(), x[0].transposed().matmul(dy)]
            }
        }
        let missing: ([Tensor]) -> Tensor = { x in
            differentiable(x) {
                $0[0] * $0[1]
            } pullback: { dy, x, _ in
                [dy * x[1], nil]
            }
        }
        let none: ([Tensor]) -> Tensor = { ($0[0] * $0[1]).detached }
        let oneEntry: ([Tensor]) -> Tensor = { x in
            differentiable([x[0]]) {
                exp($0[0])
            } pullback: { dy, x, y in
                [dy * y * (1 + Tensor([0.2] + [Float](repeating: 0, count: 15), shape: [4, 4]))]
            }
        }
        for (index, function) in [tooLarge, missingTerm, wrongSign, transposed, missing, none, oneEntry].enumerated() {
            for seed in 0..<5 {
                do {
                    try checkGradients(at: [x, w], seed: UInt64(seed), of: function)
                    Issue.record("wrong gradient \(index) passed")
                } catch GradientCheckError.mismatch(_, let expected, let got, let error, let path) {
                    #expect(error > 0.01 && expected != got)
                    if index == 2 || index == 4 { #expect(path == "1") }
                } catch {
                    Issue.record("wrong gradient \(index): \(error)")
                }
            }
        }
    }

    @Test func saysWhyItCannotTell() throws {
        #expect(throws: GradientCheckError.tooManyKinks(dropped: 20, directions: 20)) {
            try checkGradients(at: [Tensor(0)]) { relu($0[0]) }
        }
        let error = #expect(throws: GradientCheckError.self) {
            try checkGradients(at: [Tensor(-1)]) { log($0[0]) }
        }
        #expect(error?.description.contains("not finite") == true)
        // A function that does not depend on its parameters has the gradient 0, which is right.
        #expect(try checkGradients(at: [Tensor([1, 2])]) { $0[0] * 0 + 3 }.worstError == 0)
    }

    @Test func namesTheParameterAtFault() {
        let parameters: Parameters = ["weight": .ones([2, 3]), "bias": .ones([3])]
        let error = #expect(throws: GradientCheckError.self) {
            try checkGradients(at: parameters) { p in
                differentiable([p["weight"], p["bias"]]) {
                    $0[0] + $0[1]
                } pullback: { dy, _, _ in
                    [dy, dy.sum(axes: [0]) * 2]
                }
            }
        }
        #expect(error?.description.contains("'bias'") == true)
    }
}
