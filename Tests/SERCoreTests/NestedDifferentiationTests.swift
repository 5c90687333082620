// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Calls of `valueAndGradient` inside each other, and parameters that a loss changes.
@Suite struct NestedDifferentiationTests {
    private static let key = RandomKey(seed: 41)
    private static let x = Tensor.normal([5, 3], key: key.derived("x"))
    private static let outer: Parameters = [
        "w": .normal([3, 4], key: key.derived("w")), "g": .normal([4], mean: 1, key: key.derived("g")),
    ]
    private static let inner: Parameters = ["q": .normal([3, 4], key: key.derived("q"))]

    /// The same loss with an inner call's results and written out.
    private func expectSame(
        _ nested: (Parameters) -> Tensor, _ plain: (Parameters) -> Tensor,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (value, gradient) = valueAndGradient(at: Self.outer, nested)
        let (expected, expectedGradient) = valueAndGradient(at: Self.outer, plain)
        #expect(value.scalars == expected.scalars, sourceLocation: sourceLocation)
        for path in Self.outer.paths {
            #expect(gradient[path].scalars == expectedGradient[path].scalars, "\(path)", sourceLocation: sourceLocation)
        }
        try checkGradients(at: Self.outer, of: nested)
    }

    @Test func featuresOfAnInnerCallAreConstantsOfIt() throws {
        func features(_ q: Parameters) -> Tensor { tanh(Self.x.matmul(q["q"])) }
        try expectSame { p in
            let (_, hidden, _) = valueAndGradient(at: Self.inner) { q in (features(q).sum(), features(q)) }
            return square(hidden * p["g"]).mean()
        } _: { p in
            square(features(Self.inner) * p["g"]).mean()
        }
    }

    @Test func whatAnInnerCallMakesOfOuterParametersStillDependsOnThem() throws {
        try expectSame { p in
            let (value, mixed, gradient) = valueAndGradient(at: Self.inner) { q in
                let hidden = tanh(Self.x.matmul(q["q"] * p["w"])) * p["g"]
                return (square(hidden).mean(), hidden)
            }
            #expect(gradient["q"].scalars.contains { $0 != 0 })
            return value + (mixed * mixed * mixed).mean()
        } _: { p in
            let hidden = tanh(Self.x.matmul(Self.inner["q"] * p["w"])) * p["g"]
            return square(hidden).mean() + (hidden * hidden * hidden).mean()
        }
    }

    @Test func anInnerCallMayDifferentiateAtTheOuterParameters() throws {
        func loss(_ p: Parameters) -> Tensor { square(tanh(Self.x.matmul(p["w"])) * p["g"]).mean() }
        try expectSame { p in
            let (value, gradient) = valueAndGradient(at: p) { loss($0) }
            let (_, plain) = valueAndGradient(at: p.detached) { loss($0) }
            #expect(gradient["w"].scalars == plain["w"].scalars)
            return value
        } _: {
            loss($0)
        }
        try expectSame { p in
            valueAndGradient(at: [p["w"] * 2, p["g"]]) { t in square(Self.x.matmul(t[0]) * t[1]).mean() }.value
        } _: { p in
            square(Self.x.matmul(p["w"] * 2) * p["g"]).mean()
        }
    }

    @Test func threeCallsInsideEachOther() throws {
        try expectSame { p in
            valueAndGradient(at: Self.inner) { q in
                let hidden = Self.x.matmul(q["q"] + p["w"]) * p["g"]
                return valueAndGradient(at: Tensor(3)) { s in square(hidden).mean() * s }.value * p["g"].sum()
            }.value
        } _: { p in
            square(Self.x.matmul(Self.inner["q"] + p["w"]) * p["g"]).mean() * 3 * p["g"].sum()
        }
    }

    @Test func anInnerGradientServesAsAConstantWhereItIsOne() {
        // A step against the inner gradient as in first-order meta-learning: of the two factors only one is outer.
        let (_, gradient) = valueAndGradient(at: Tensor(3)) { w in
            let (_, slope) = valueAndGradient(at: Tensor(2)) { x in x * x * w }
            return w * slope.detached
        }
        #expect(gradient.item == 12)
    }

    @Test func gradientsOfGradientsStopWithARemedy() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = valueAndGradient(at: Tensor(3)) { w in
                let (_, slope) = valueAndGradient(at: Tensor(2)) { x in x * x * w }
                return w * slope
            }
        }
        let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(message.contains("gradients of gradients are not computed") && message.contains(".detached"))
    }

    // MARK: Parameters that a loss changes

    @Test func aTensorThatIsSetStandsInThePlaceOfTheOld() throws {
        // Weight normalisation: w = g v / |v|.
        func normalized(_ v: Tensor, _ g: Tensor) -> Tensor { v * (g / sqrt(square(v).sum(axes: [0]))) }
        try expectSame { p in
            var q = p
            q["w"] = normalized(p["w"], p["g"])
            return square(tanh(Self.x.matmul(q["w"]))).mean()
        } _: { p in
            square(tanh(Self.x.matmul(normalized(p["w"], p["g"])))).mean()
        }
    }

    @Test func tiedAndConstantTensorsHaveTheGradientsOfWhatTheyAre() {
        let parameters: Parameters = ["a": Tensor([2, 3]), "b": Tensor([5, 7])]
        let (value, gradient) = valueAndGradient(at: parameters) { p in
            var q = p
            q["b"] = p["a"]
            return (q["a"] * q["b"]).sum()
        }
        #expect(value.item == 13 && gradient["a"].scalars == [4, 6] && gradient["b"].scalars == [0, 0])
        let (_, fixed) = valueAndGradient(at: parameters) { p in
            var q = p
            q["b"] = Tensor([1, 10])
            return (q["a"] * q["b"]).sum()
        }
        #expect(fixed["a"].scalars == [1, 10] && fixed["b"].scalars == [0, 0])
        // The parameters outside are as they were.
        #expect(parameters["b"].scalars == [5, 7])
    }

    @Test func parametersMadeWithinALossAreDifferentiated() throws {
        try expectSame { p in
            let q: Parameters = ["double": p["w"] * 2, "constant": Tensor([1, 2, 3, 4])]
            return square(Self.x.matmul(q["double"]) * q["constant"]).mean()
        } _: { p in
            square(Self.x.matmul(p["w"] * 2) * Tensor([1, 2, 3, 4])).mean()
        }
    }

    @Test func aStepOfAnOptimizerNeedsACopy() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let parameters: Parameters = ["w": Tensor([1, 2])]
            var optimizer = try Optimizer(.sgd(learningRate: 0.1), for: parameters)
            _ = valueAndGradient(at: parameters) { p in
                var q = p
                optimizer.update(&q, with: ["w": Tensor([1, 1])])
                return q["w"].sum()
            }
        }
        let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(message.contains("cannot be changed in place") && message.contains("p.detached"))
        // The remedy: a copy, which is a constant.
        let parameters: Parameters = ["w": Tensor([1, 2])]
        var optimizer = try Optimizer(.sgd(learningRate: 0.5), for: parameters)
        let (value, gradient) = valueAndGradient(at: parameters) { p in
            var q = p.detached
            optimizer.update(&q, with: ["w": Tensor([1, 1])])
            return (q["w"] * p["w"]).sum()
        }
        #expect(value.item == 3.5 && gradient["w"].scalars == [0.5, 1.5])
    }

    @Test func parametersThatLeftALossCanBeChangedAgain() throws {
        let parameters: Parameters = ["w": Tensor([1, 2])]
        var (_, left, _) = valueAndGradient(at: parameters) { p in (p["w"].sum(), p) }
        var optimizer = try Optimizer(.sgd(learningRate: 1), for: parameters)
        optimizer.update(&left, with: ["w": Tensor([1, 1])])
        #expect(left["w"].scalars == [0, 1])
    }
}
