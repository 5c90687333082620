// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Compared with Tests/Fixtures/losses.py: PyTorch in double precision.
struct LossTests {
    struct Case: Decodable {
        var shape: [Int]
        var logits: [Double]
        var loss: Double
        var gradient: [Double]
        var labels: [Int]?
        var targets: [Double]?
        var weights: [Double]?
        var smoothing: Double?

        var classWeights: [Float]? { weights?.map { Float($0) } }
        var labelSmoothing: Float { Float(smoothing ?? 0) }
    }

    let fixture: [String: [Case]]

    init() throws { fixture = try Fixture.json("losses") }

    private func compare(_ name: String, _ loss: (Case, Tensor) throws -> Tensor) throws {
        let cases = try #require(fixture[name])
        #expect(!cases.isEmpty)
        for (index, item) in cases.enumerated() {
            let logits = tensor(item.logits, item.shape)
            let (value, gradient) = try valueAndGradient(at: logits) { try loss(item, $0) * 1 }
            #expect(abs(Double(value.item) - item.loss) <= 2e-6 * abs(item.loss) + 1e-12, "\(name) \(index)")
            expectClose(gradient.scalars, item.gradient, relativeToMaximum: 1e-6, "\(name) \(index)")
            // A factor behind the loss must reach the gradient.
            let (_, tripled) = try valueAndGradient(at: logits) { try loss(item, $0) * 3 }
            expectClose(tripled.scalars, item.gradient.map { 3 * $0 }, relativeToMaximum: 1e-6, "3 * \(name) \(index)")
        }
    }

    @Test func sparseCategorical() throws {
        try compare("sparse") { item, logits in
            crossEntropy(
                logits: logits, labels: try #require(item.labels), classWeights: item.classWeights,
                labelSmoothing: item.labelSmoothing)
        }
    }

    @Test func categorical() throws {
        try compare("soft") { item, logits in
            crossEntropy(
                logits: logits, targets: tensor(try #require(item.targets), item.shape),
                classWeights: item.classWeights, labelSmoothing: item.labelSmoothing)
        }
    }

    @Test func binary() throws {
        try compare("binary") { item, logits in
            binaryCrossEntropy(
                logits: logits, targets: tensor(try #require(item.targets), item.shape),
                positiveWeights: item.classWeights)
        }
    }

    @Test func squared() throws {
        try compare("squared") { item, x in meanSquaredError(x, tensor(try #require(item.targets), item.shape)) }
        let (a, b) = (Tensor([1, 2, 3]), Tensor([0, 4, 3]))
        let gradient = valueAndGradient(at: [a, b]) { meanSquaredError($0[0], $0[1]) }.gradients
        #expect(gradient[1].scalars == gradient[0].scalars.map { -$0 })
        let same = valueAndGradient(at: a) { meanSquaredError($0 + b, $0 * 2) }.gradient
        expectClose(same.scalars, [1, 2, 3].indices.map { [-2.0 / 3 * -1, -4.0 / 3, 0][$0] }, "both sides")
    }

    @Test func hugeLogitsGiveFiniteLosses() {
        let logits = Tensor([3e38, -3e38, 0, 1, 2, 3], shape: [2, 3])
        let (value, gradient) = valueAndGradient(at: logits) { crossEntropy(logits: $0, labels: [0, 2]) }
        #expect(abs(value.item - 0.203803) < 1e-5)  // (0 + log(1 + e^-1 + e^-2)) / 2
        #expect(gradient.scalars.allSatisfy { $0.isFinite })
        let binary = valueAndGradient(at: logits) {
            binaryCrossEntropy(logits: $0, targets: Tensor([1, 0, 1, 1, 0, 1], shape: [2, 3]))
        }
        #expect(binary.value.item.isFinite && binary.gradient.scalars.allSatisfy { $0.isFinite })
    }

    @Test func aClassRuledOutIsNoTrouble() {
        let logits = Tensor([0, -.infinity, 0], shape: [1, 3])
        let (value, gradient) = valueAndGradient(at: logits) { crossEntropy(logits: $0, labels: [2]) }
        #expect(abs(value.item - 0.693147) < 1e-6)
        #expect(gradient.scalars == [0.5, 0, -0.5])
    }

    @Test func notANumberStaysVisible() {
        for place in 0..<3 {
            var values: [Float] = [1, 2, 3]
            values[place] = .nan
            let logits = Tensor(values, shape: [1, 3])
            #expect(crossEntropy(logits: logits, labels: [1]).item.isNaN)
            #expect(crossEntropy(logits: logits, targets: Tensor([0, 0, 1], shape: [1, 3])).item.isNaN)
            #expect(binaryCrossEntropy(logits: logits, targets: Tensor.ones([1, 3])).item.isNaN)
            #expect(meanSquaredError(logits, Tensor.ones([1, 3])).item.isNaN)
        }
    }

    @Test func frameWiseLogitsAreRows() {
        let flat = Tensor.normal([6, 4], key: RandomKey(seed: 5))
        let framed = Tensor(flat.scalars, shape: [2, 3, 4])
        let labels = [0, 3, 1, 2, 2, 0]
        #expect(
            crossEntropy(logits: framed, labels: labels).item == crossEntropy(logits: flat, labels: labels).item)
    }

    @Test func gradientsPassTheCheck() throws {
        let logits = Tensor.normal([5, 4], key: RandomKey(seed: 1))
        let targets = softmax(Tensor.normal([5, 4], key: RandomKey(seed: 2)))
        let weights: [Float] = [1, 2, 0.5, 3]
        try checkGradients(at: [logits]) {
            crossEntropy(logits: $0[0], labels: [0, 3, 1, 1, 2], classWeights: weights, labelSmoothing: 0.1)
        }
        try checkGradients(at: [logits]) {
            crossEntropy(logits: $0[0], targets: targets, classWeights: weights, labelSmoothing: 0.1)
        }
        try checkGradients(at: [logits]) {
            binaryCrossEntropy(logits: $0[0], targets: targets, positiveWeights: weights)
        }
        try checkGradients(at: [logits, targets]) { meanSquaredError($0[0], $0[1]) }
    }

    private func tensor(_ values: [Double], _ shape: [Int]) -> Tensor { Tensor(values.map { Float($0) }, shape: shape) }
}
