// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Runs one layer outside a network.
private func run(_ layer: some UnaryLayer, _ input: Signal, mode: Mode = .inference) -> Signal {
    var context = Context(
        mode: mode, parameters: Parameters([]), state: Parameters([]),
        scope: LayerScope(path: type(of: layer).kind, parameters: [], states: []))
    return layer(input, in: &context)
}

private func run(_ layer: some UnaryLayer, _ x: Tensor, mode: Mode = .inference) -> Tensor {
    run(layer, Signal(x), mode: mode).values
}

private func roundTrip<L: Layer>(_ layer: L) throws -> L {
    try JSONDecoder().decode(L.self, from: JSONEncoder().encode(layer))
}

struct DropoutTests {
    private let training = Mode.training(RandomKey(seed: 1))

    @Test func doesNothingInInference() {
        let x = Tensor.uniform([3, 4], key: RandomKey(seed: 2))
        #expect(run(Dropout(0.5), x).scalars == x.scalars)
        #expect(run(Dropout(0), x, mode: training).scalars == x.scalars)
    }

    @Test(arguments: [Float(0.1), 0.2, 0.5, 0.9]) func dropsTheGivenShareAndKeepsTheMean(_ rate: Float) {
        let count = 200_003
        let y = run(Dropout(rate), Tensor.ones([1, count]), mode: training).scalars
        let dropped = Double(y.count { $0 == 0 }) / Double(count)
        #expect(abs(dropped - Double(rate)) < 5 * (0.25 / Double(count)).squareRoot())
        #expect(Set(y) == [0, 1 / (1 - rate)])
        // No lane, and no distance, is favoured: neighbours drop together as often as chance has it.
        for distance in [1, 4, 64, 128, 256] {
            let both = (distance..<count).count { y[$0] == 0 && y[$0 - distance] == 0 }
            #expect(abs(Double(both) / Double(count) - dropped * dropped) < 0.006, "distance \(distance)")
        }
        for lane in 0..<4 {
            let share = stride(from: 0, to: count - 256, by: 256).reduce(0) { total, group in
                total + (0..<64).count { y[group + 64 * lane + $0] == 0 }
            }
            #expect(abs(Double(share) / Double(count / 4) - Double(rate)) < 0.012, "lane \(lane)")
        }
    }

    @Test func dependsOnKeyPathAndCallAndNotOnThreads() {
        let x = Tensor.ones([2, 150_000])
        let threads = Parallelism.threads
        defer { Parallelism.threads = threads }
        Parallelism.threads = 1
        let first = run(Dropout(0.3), x, mode: training).scalars
        Parallelism.threads = 3
        #expect(run(Dropout(0.3), x, mode: training).scalars == first)
        #expect(run(Dropout(0.3), x, mode: .training(RandomKey(seed: 9))).scalars != first)
        var context = Context(
            mode: training, parameters: Parameters([]), state: Parameters([]),
            scope: LayerScope(path: "dropout", parameters: [], states: []))
        let (once, twice) = (Dropout(0.3)(x, in: &context), Dropout(0.3)(x, in: &context))
        #expect(once.scalars == first && twice.scalars != first)
        context.scope.path = "dropout2"
        #expect(Dropout(0.3)(x, in: &context).scalars != first)
    }

    @Test func theGradientGoesWhereValuesStayed() {
        let x = Tensor.uniform([7, 301], low: 1, high: 2, key: RandomKey(seed: 3))
        let weights = Tensor.uniform([7, 301], low: 1, high: 2, key: RandomKey(seed: 4))
        let key = RandomKey(seed: 5)
        let y = dropout(x, rate: 0.4, key: key).scalars
        let gradient = valueAndGradient(at: x) { (dropout($0, rate: 0.4, key: key) * weights).sum() }.gradient.scalars
        let twice = valueAndGradient(at: x) { x in
            (dropout(x, rate: 0.4, key: key) * weights).sum() + (x * weights).sum()
        }.gradient.scalars
        for (index, weight) in weights.scalars.enumerated() {
            let expected: Float = y[index] == 0 ? 0 : weight / (1 - 0.4)
            #expect(abs(gradient[index] - expected) < 1e-5 && abs(twice[index] - expected - weight) < 1e-5)
        }
    }

    @Test func theGradientPassesTheCheck() throws {
        let x = Tensor.normal([4, 70], key: RandomKey(seed: 6))
        try checkGradients(at: [x]) { dropout($0[0], rate: 0.3, key: RandomKey(seed: 7)) }
    }

    @Test func aRateMustBeAShare() throws {
        for rate in [-0.1, 1, Float.nan] {
            #expect(throws: ShapeError.self) { try Dropout(rate).outputShape(for: [4]) }
        }
        #expect(try Dropout(0.2).outputShape(for: [.time, 4]) == [.time, 4])
        #expect(try roundTrip(Dropout(0.25)).rate == 0.25)
    }
}

struct ShapeLayerTests {
    private let x = Tensor((0..<24).map { Float($0) }, shape: [2, 3, 4])

    @Test func flattenJoinsAxes() throws {
        #expect(try Flatten().outputShape(for: [1, 40, 130]) == [5200])
        #expect(try Flatten(startAxis: 1).outputShape(for: [.time, 4, 5]) == [.time, 20])
        #expect(run(Flatten(), x).shape == [2, 12])
        #expect(run(Flatten(), x).scalars == x.scalars)
        #expect(run(Flatten(startAxis: 1), x.reshaped([2, 3, 2, 2])).shape == [2, 3, 4])
        let error = #expect(throws: ShapeError.self) { try Flatten().outputShape(for: [.time, 40]) }
        #expect(error?.hint.contains("fixed duration") == true)
        for axis in [-1, 2] {
            #expect(throws: ShapeError.self) { try Flatten(startAxis: axis).outputShape(for: [3, 4]) }
        }
        #expect(try roundTrip(Flatten(startAxis: 2)).startAxis == 2)
        let lengths = run(Flatten(startAxis: 1), Signal(x, lengths: [3, 1], timeAxis: 1)).lengths
        #expect(lengths == [3, 1])
    }

    @Test func reshapeKeepsOrderAndTime() throws {
        #expect(try Reshape([4, 3]).outputShape(for: [3, 4]) == [4, 3])
        #expect(try Reshape([2, .any]).outputShape(for: [3, 4]) == [2, 6])
        #expect(try Reshape([1, .time, 40]).outputShape(for: [.time, 40]) == [1, .time, 40])
        #expect(try Reshape([.time, 5, 8]).outputShape(for: [.time, 40]) == [.time, 5, 8])
        for (target, input) in [
            ([5], [3, 4]), ([5, .any], [3, 4]), ([40, .time], [.time, 40]), ([.any, 40], [.time, 40]),
            ([.time, 4], [3, 4]), ([.time, 20], [.time, 40]), ([0, 12], [3, 4]), ([.any, .any], [3, 4]),
        ] as [(Shape, Shape)] {
            #expect(throws: ShapeError.self) { try Reshape(target).outputShape(for: input) }
        }
        let signal = run(Reshape([1, .time, 4]), Signal(x, lengths: [3, 2], timeAxis: 1))
        #expect(signal.values.shape == [2, 1, 3, 4] && signal.values.scalars == x.scalars)
        #expect(signal.timeAxis == 2 && signal.lengths == [3, 2])
        #expect(run(Reshape([2, .any]), x).shape == [2, 2, 6])
        #expect(try roundTrip(Reshape([1, .time, 4])).shape == [1, .time, 4])
    }

    @Test func permuteMovesAxesAndTime() throws {
        #expect(try Permute([1, 0]).outputShape(for: [.time, 40]) == [40, .time])
        #expect(try Permute([2, 0, 1]).outputShape(for: [1, 2, 3]) == [3, 1, 2])
        for order in [[0], [0, 0], [1, 2], [0, 1, 2], [-1, 0]] {
            #expect(throws: ShapeError.self) { try Permute(order).outputShape(for: [.time, 40]) }
        }
        let signal = run(Permute([1, 0]), Signal(x, lengths: [3, 2], timeAxis: 1))
        #expect(signal.values.shape == [2, 4, 3] && signal.timeAxis == 2 && signal.lengths == [3, 2])
        #expect(Array(signal.values.scalars.prefix(6)) == [0, 4, 8, 1, 5, 9])
        #expect(try roundTrip(Permute([1, 0])).order == [1, 0])
    }
}

struct ActivationLayerTests {
    @Test func layersComputeTheirFunctions() throws {
        let x = Tensor.normal([5, 7], standardDeviation: 3, key: RandomKey(seed: 1))
        let layers: [(any UnaryLayer, Tensor)] = [
            (ReLU(), relu(x)), (LeakyReLU(slope: 0.2), leakyReLU(x, slope: 0.2)), (ELU(alpha: 2), elu(x, alpha: 2)),
            (GELU(), gelu(x)), (GELU(approximate: true), gelu(x, approximate: true)), (Tanh(), tanh(x)),
            (Sigmoid(), sigmoid(x)), (Softmax(), softmax(x, axis: -1)),
        ]
        for (layer, expected) in layers {
            #expect(run(layer, x).scalars == expected.scalars, "\(layer)")
            #expect(try layer.outputShape(for: [.time, 7] as Shape) == [.time, 7])
        }
        #expect(throws: ShapeError.self) { try Softmax().outputShape(for: [7, .time] as Shape) }
        #expect(try roundTrip(LeakyReLU(slope: 0.3)).slope == 0.3)
        #expect(try roundTrip(ELU(alpha: 0.3)).alpha == 0.3)
        #expect(try roundTrip(GELU(approximate: true)).approximate)
        #expect(Set(layers.map { type(of: $0.0).kind }).count == 7)
    }
}
