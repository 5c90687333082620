// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

struct OperationTests {
    @Test func valuesAndGradientsAgreeWithPyTorch() throws {
        let cases: [OperationCase] = try Fixture.json("operations")
        #expect(cases.count > 200)
        for item in cases {
            let inputs = item.inputs.map(\.tensor)
            let output = try #require(item.apply(inputs), "\(item.name) has no counterpart")
            let what = "\(item.name) of \(item.inputs.map(\.shape))"
            #expect(output.shape == item.output.shape, "\(what)")
            expectClose(output.scalars, item.output.values, relativeToMaximum: 1e-6, what)
            expectEachClose(output.scalars, item.output.values, what)
            let weights = item.weights.tensor
            let (_, gradients) = valueAndGradient(at: inputs) { x in
                item.apply(x).map { ($0 * weights).sum() } ?? Tensor(0)
            }
            for (index, (gradient, expected)) in zip(gradients, item.gradients).enumerated() {
                #expect(gradient.shape == expected.shape, "\(what)")
                expectClose(
                    gradient.scalars, expected.values, relativeToMaximum: 3e-6, "gradient \(index) of \(what)")
            }
        }
    }

    /// Small values deserve small errors, so functions of one number are held to a relative bound as well.
    private func expectEachClose(_ a: [Float], _ b: [Double], _ what: String) {
        guard ["exp", "tanh", "sigmoid", "log ", "sqrt", "elu "].contains(where: { what.hasPrefix($0) }) else { return }
        for (x, y) in zip(a, b) { #expect(abs(Double(x) - y) <= 1e-6 * abs(y), "\(what): \(x), expected \(y)") }
    }

    @Test func comparisonsGiveZerosAndOnes() {
        let a = Tensor([1, 2, 3, .nan]), b = Tensor([2, 2, 2, 2])
        #expect((a .< b).scalars == [1, 0, 0, 0])
        #expect((a .<= b).scalars == [1, 1, 0, 0])
        #expect((a .> b).scalars == [0, 0, 1, 0])
        #expect((a .>= b).scalars == [0, 1, 1, 0])
        #expect((a .== b).scalars == [0, 1, 0, 0])
        #expect((a .!= b).scalars == [1, 0, 1, 1])
        #expect((a .> 2).scalars == [0, 0, 1, 0])
        let table = Tensor([1, 2, 3, 4], shape: [2, 2])
        #expect((table .>= table.mean(axes: [1], keepingDimensions: true)).scalars == [0, 1, 0, 1])
    }

    @Test func argmaxTakesTheFirstOfEquals() {
        let x = Tensor([3, 9, 9, -1, -7, -1, 0, .nan, 4], shape: [3, 3])
        #expect(x.argmax() == IndexTensor([1, 0, 1]))
        #expect(x.argmin(axis: 1) == IndexTensor([0, 1, 1]))
        #expect(x.slice(axis: 0, 0..<2).argmax(axis: 0) == IndexTensor([0, 0, 0]))
        #expect(Tensor([5], shape: [1]).argmax() == IndexTensor([0], shape: []))
        let long = Tensor((0..<200).map { Float($0 == 77 || $0 == 150 ? 1 : 0) })
        #expect(long.argmax().scalars == [77])
    }

    @Test func infinityAndNaNGoWhereTheyShould() {
        let x = Tensor([-.infinity, .infinity, .nan, 0])
        #expect(relu(x).scalars[1] == .infinity && relu(x).scalars[2].isNaN)
        #expect(sigmoid(x).scalars[0] == 0 && sigmoid(x).scalars[1] == 1 && sigmoid(x).scalars[2].isNaN)
        #expect(gelu(Tensor([-30, 30, 0])).scalars == [0, 30, 0])
        #expect(gelu(Tensor(.nan)).item.isNaN && elu(Tensor(.nan)).item.isNaN && softplus(Tensor(.nan)).item.isNaN)
        #expect(elu(Tensor([.infinity, -.infinity])).scalars == [.infinity, -1])
        #expect(softplus(Tensor([200, -200])).scalars == [200, 0])
        #expect(x.maximum().item.isNaN && x.minimum().item.isNaN)
        #expect(Tensor([1, .infinity]).maximum().item == .infinity)
        #expect(logSumExp(Tensor([-.infinity, -.infinity])).item == -.infinity)
        #expect(logSumExp(Tensor([1000, 1000])).item == 1000 + Float(0.6931472))
        #expect(softmax(Tensor([0, -.infinity])).scalars == [1, 0])
        #expect(softmax(Tensor([1e30, 0])).scalars == [1, 0])
        #expect(Tensor.zeros([0]).sum().item == 0 && Tensor.zeros([0]).mean().item.isNaN)
        // A gradient does not spread through the side that a mask leaves out.
        let (_, gradient) = valueAndGradient(at: Tensor([0, 4])) { t in `where`(t .> 0, sqrt(t), t).sum() }
        #expect(gradient.scalars[1] == 0.25 && !gradient.scalars[0].isInfinite)
    }

    @Test func sumsOfManyKeepTheirPrecision() {
        let x = Tensor.uniform([1_000_003], key: RandomKey(seed: 3))
        let values = x.scalars
        let exact = values.reduce(0) { $0 + Double($1) }
        #expect(abs(Double(x.sum().item) - exact) <= 1e-7 * exact)
        let tall = x.slice(axis: 0, 0..<1_000_000).reshaped([250_000, 4])
        let columns = tall.sum(axes: [0]).scalars
        for column in 0..<4 {
            let exact = stride(from: column, to: 1_000_000, by: 4).reduce(0) { $0 + Double(values[$1]) }
            #expect(abs(Double(columns[column]) - exact) <= 1e-7 * exact)
        }
        #expect(abs(Tensor.full([1 << 24], 0.1).mean().item - 0.1) <= 2e-8)
    }

    @Test func viewsShareTheirValues() {
        let x = Tensor.uniform([4, 6], key: RandomKey(seed: 4))
        for view in [x.reshaped([24]), x.slice(axis: 0, 1..<3), x.expandingDimension(at: 0), x.flattened()] {
            #expect(view.buffer === x.buffer)
        }
        #expect(x.slice(axis: 0, 1..<3).scalars == Array(x.scalars[6..<18]))
        #expect(x.slice(axis: 0, 1..<3).transposed().slice(axis: 0, at: 0).scalars == [x.scalars[6], x.scalars[12]])
    }
}
