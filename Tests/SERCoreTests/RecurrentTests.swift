// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERSupport
import Testing

/// A case of Fixtures/recurrent.py.
private struct RecurrentCase: Decodable, CustomTestStringConvertible {
    struct Array: Decodable {
        var name: String
        var shape: [Int]
    }

    var name: String
    var kind: String
    var units: Int
    var layers: Int
    var bidirectional: Bool
    var allSteps: Bool
    var lengths: [Int]?
    var arrays: [Array]

    var testDescription: String { name }

    var layer: any UnaryLayer {
        made(
            kind, units, layers: layers, bidirectional: bidirectional ? .concatenate : nil,
            output: allSteps ? .allSteps : .lastStep)
    }
}

private func made(
    _ kind: String, _ units: Int, layers: Int = 1, bidirectional: BidirectionalMerge? = nil,
    output: RecurrentOutput = .lastStep
) -> any UnaryLayer {
    switch kind {
    case "lstm": return LSTM(units, layers: layers, bidirectional: bidirectional, output: output)
    case "gru": return GRU(units, layers: layers, bidirectional: bidirectional, output: output)
    default:
        return RNN(
            units, layers: layers, activation: kind == "relu" ? .relu : .tanh, bidirectional: bidirectional,
            output: output)
    }
}

/// The cases with their arrays, which stand one after the other in recurrent.bin.
private let recurrentCases: [(RecurrentCase, [String: Tensor])] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures")
    guard let cases = try? Fixture.json("recurrent", as: [RecurrentCase].self),
        let data = try? Data(contentsOf: folder.appendingPathComponent("recurrent.bin"))
    else { return [] }
    let numbers = data.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 4).map {
            Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
        }
    }
    var next = 0
    return cases.map { described in
        var arrays: [String: Tensor] = [:]
        for array in described.arrays {
            let count = array.shape.reduce(1, *)
            arrays[array.name] = Tensor(Array(numbers[next..<next + count]), shape: array.shape)
            next += count
        }
        return (described, arrays)
    }
}()

/// Runs a layer whose parameters stand in `parameters` under their own names.
private func run(
    _ layer: any UnaryLayer, _ input: Signal, _ parameters: Parameters, mode: Mode = .inference
) -> Signal {
    let names = parameters.paths.enumerated().map { (name: $0.element, index: $0.offset) }
    var context = Context(
        mode: mode, parameters: parameters, state: Parameters([]),
        scope: LayerScope(path: "layer", parameters: names, states: []))
    return layer(input, in: &context)
}

private func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

@Suite struct RecurrentTests {
    @Test func fixturesAreThere() {
        #expect(recurrentCases.count == 44)
    }

    /// Values and every gradient against PyTorch in double precision: odd sizes, batch 1, length 1, padded rows, two
    /// directions, stacked layers.
    @Test(arguments: recurrentCases.map(\.0.name))
    func agreesWithPyTorch(_ name: String) throws {
        let (described, arrays) = try #require(recurrentCases.first { $0.0.name == name })
        let input = try #require(arrays["x"]), upstream = try #require(arrays["upstream"])
        let names = described.arrays.map(\.name).filter { arrays[$0 + ".gradient"] != nil }
        let parameters = Parameters(names.map { (path: $0, tensor: arrays[$0] ?? input) })

        let declared = described.layer.parameters(for: [.time, .init(integerLiteral: input.shape[2])])
        #expect(declared.map(\.name).sorted() == names.filter { $0 != "x" }.sorted())
        for one in declared { #expect(arrays[one.name]?.shape == one.shape, "\(one.name)") }

        let expected = try #require(arrays["output"]).scalars.map(Double.init)
        let (_, output, gradient) = valueAndGradient(at: parameters) { p in
            let out = run(described.layer, Signal(p["x"], lengths: described.lengths, timeAxis: 1), p).values
            return ((out * upstream).sum(), out)
        }
        expectClose(output.scalars, expected, "\(name) output")
        let inference = run(described.layer, Signal(input, lengths: described.lengths, timeAxis: 1), parameters)
        #expect(inference.values.scalars == output.scalars, "inference and training give the same values")

        let references = names.map { arrays[$0 + ".gradient"]?.scalars.map(Double.init) ?? [] }
        let largest = references.map(norm).max() ?? 0
        for (name, reference) in zip(names, references) {
            let difference = norm(zip(gradient[name].scalars, reference).map { Double($0) - $1 })
            #expect(difference <= 1e-4 * norm(reference) + 1e-6 * largest, "gradient of \(name): off by \(difference)")
        }
    }

    /// A row in a padded batch, whatever stands in its padding, gives what it gives alone.
    @Test(arguments: ["tanh", "lstm", "gru"], [RecurrentOutput.lastStep, .allSteps])
    func paddingChangesNothing(_ kind: String, output: RecurrentOutput) throws {
        let layer = made(kind, 20, layers: 2, bidirectional: .sum, output: output)
        let parameters = drawn(layer, features: 7)
        let lengths = [9, 1, 4, 13, 6, 2]
        let x = Tensor.uniform([6, 13, 7], low: -1, high: 1, key: RandomKey(seed: 5))
        var spoilt = x.scalars
        for row in 0..<6 { for place in (lengths[row] * 7)..<(13 * 7) { spoilt[row * 13 * 7 + place] = .nan } }
        let batch = run(layer, Signal(Tensor(spoilt, shape: x.shape), lengths: lengths, timeAxis: 1), parameters).values
        for row in 0..<6 {
            let own = Tensor(Array(x.scalars[(row * 91)..<(row * 91 + lengths[row] * 7)]), shape: [1, lengths[row], 7])
            let alone = run(layer, Signal(own, timeAxis: 1), parameters).values.scalars
            let together = batch.scalars[(row * batch.count / 6)..<((row + 1) * batch.count / 6)]
            #expect(Array(together.prefix(alone.count)) == alone, "row \(row)")
            #expect(together.dropFirst(alone.count).allSatisfy { $0 == 0 }, "row \(row) past its length")
        }
    }

    /// The bits of values and gradients do not depend on the number of threads.
    @Test(arguments: ["tanh", "lstm", "gru"]) func threadsChangeNothing(_ kind: String) {
        let layer = made(kind, 40, layers: 2)
        let parameters = drawn(layer, features: 9)
        let lengths = (0..<37).map { 1 + $0 * 7 % 30 }
        let x = Tensor.uniform([37, 30, 9], low: -1, high: 1, key: RandomKey(seed: 6))
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        var results: [[[Float]]] = []
        for threads in [1, 2, 4] {
            Parallelism.threads = threads
            let (value, gradient) = valueAndGradient(at: parameters) { p in
                let out = run(layer, Signal(x, lengths: lengths, timeAxis: 1), p).values
                return (out * out).sum()
            }
            results.append([value.scalars] + gradient.tensors.map(\.scalars))
        }
        #expect(results[1] == results[0] && results[2] == results[0])
    }

    /// The operation against the same cell written out in tensor operations.
    @Test func agreesWithItsOwnEquations() {
        let layer = GRU(6, output: .allSteps)
        let parameters = drawn(layer, features: 4)
        let x = Tensor.uniform([3, 5, 4], low: -1, high: 1, key: RandomKey(seed: 8))
        func step(_ p: Parameters, _ x: Tensor, _ h: Tensor) -> Tensor {
            let input = linear(x, weight: p["weight_ih_l0"], bias: p["bias_ih_l0"])
            let state = linear(h, weight: p["weight_hh_l0"], bias: p["bias_hh_l0"])
            func part(_ t: Tensor, _ i: Int) -> Tensor { t.slice(axis: 1, 6 * i..<6 * (i + 1)) }
            let r = sigmoid(part(input, 0) + part(state, 0)), z = sigmoid(part(input, 1) + part(state, 1))
            let n = tanh(part(input, 2) + r * part(state, 2))
            return n + z * (h - n)
        }
        let (whole, wholeGradient) = valueAndGradient(at: parameters) { p in
            run(layer, Signal(x, timeAxis: 1), p).values.sum()
        }
        let (composed, composedGradient) = valueAndGradient(at: parameters) { p in
            var (h, total) = (Tensor.full([3, 6], 0), Tensor(0))
            for time in 0..<5 {
                h = step(p, x.slice(axis: 1, at: time), h)
                total = total + h.sum()
            }
            return total
        }
        #expect(abs(whole.item - composed.item) <= 1e-5 * abs(composed.item) + 1e-6)
        for (a, b) in zip(wholeGradient.tensors, composedGradient.tensors) {
            expectClose(a.scalars, b.scalars.map(Double.init))
        }
    }

    @Test func stepsWithoutGradientKeepNothing() {
        let layer = LSTM(8)
        let parameters = drawn(layer, features: 3)
        let x = Tensor.uniform([4, 6, 3], low: -1, high: 1, key: RandomKey(seed: 9))
        #expect(run(layer, Signal(x, timeAxis: 1), parameters).values.shape == [4, 8])
        #expect(run(layer, Signal(x, timeAxis: 1), parameters).timeAxis == nil)
        #expect(run(LSTM(8, output: .allSteps), Signal(x, timeAxis: 1), parameters).timeAxis == 1)
    }

    /// A value that is not a number stays visible in what comes out.
    @Test(arguments: ["tanh", "relu", "lstm", "gru"]) func notANumberStays(_ kind: String) {
        let layer = made(kind, 5)
        var values = Tensor.uniform([2, 4, 3], low: -1, high: 1, key: RandomKey(seed: 10)).scalars
        values[13] = .nan
        let input = Signal(Tensor(values, shape: [2, 4, 3]), timeAxis: 1)
        let out = run(layer, input, drawn(layer, features: 3)).values.scalars
        #expect(out[..<5].allSatisfy { $0.isFinite } && out[5...].allSatisfy { $0.isNaN })
    }

    @Test func shapesThatCannotWorkAreErrors() throws {
        #expect(throws: ShapeError.self) { try GRU(0).outputShape(for: [.time, 40]) }
        #expect(throws: ShapeError.self) { try LSTM(8, layers: 0).outputShape(for: [.time, 40]) }
        #expect(throws: ShapeError.self) { try LSTM(8, dropout: 1).outputShape(for: [.time, 40]) }
        #expect(throws: ShapeError.self) { try RNN(8).outputShape(for: [40]) }
        #expect(throws: ShapeError.self) { try RNN(8).outputShape(for: [40, .time]) }
        #expect(try GRU(8).outputShape(for: [.time, 40]) == [8])
        #expect(
            try GRU(8, bidirectional: .concatenate, output: .allSteps).outputShape(for: [.time, 40]) == [.time, 16])
        #expect(try GRU(8, bidirectional: .sum).outputShape(for: [130, 40]) == [8])
    }

    @Test func dropoutBetweenLayersOnlyInTraining() {
        let plain = LSTM(16, layers: 2), dropping = LSTM(16, layers: 2, dropout: 0.5)
        let parameters = drawn(plain, features: 3)
        let x = Signal(Tensor.uniform([4, 6, 3], low: -1, high: 1, key: RandomKey(seed: 12)), timeAxis: 1)
        let reference = run(plain, x, parameters).values.scalars
        #expect(run(dropping, x, parameters).values.scalars == reference)
        let key = Mode.training(RandomKey(seed: 1))
        let first = run(dropping, x, parameters, mode: key).values.scalars
        #expect(first != reference)
        #expect(first == run(dropping, x, parameters, mode: key).values.scalars)
    }
}

/// A layer's parameters as it begins with them.
private func drawn(_ layer: any UnaryLayer, features: Int) -> Parameters {
    let key = RandomKey(seed: 3)
    return Parameters(
        layer.parameters(for: [.time, .init(integerLiteral: features)]).map {
            (path: $0.name, tensor: $0.initializer($0.shape, key: key.derived($0.name)))
        })
}
