// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation
import SERCore
import SERSupport
import Testing

@Suite(.serialized)
struct AutogradTests {
    @Test func aChainOfAMillionOperationsNeedsNoDeepStack() async {
        let result = await onThread(stackSize: 512 * 1024) {
            valueAndGradient(at: Tensor([1, 2])) { x in
                var y = x
                for _ in 0..<1_000_000 { y = y + x }
                return y.sum()
            }
        }
        #expect(result.value.item == 3_000_003)
        #expect(result.gradient.scalars == [1_000_001, 1_000_001])
    }

    @Test func aLongChainThatIsNeverDifferentiatedIsFreed() async {
        // The tape goes with its entries when the loss throws.
        struct Stop: Error {}
        let thrown = await onThread(stackSize: 512 * 1024) {
            do throws(Stop) {
                _ = try valueAndGradient(at: Tensor([1])) { x throws(Stop) -> Tensor in
                    var y = x
                    for _ in 0..<1_000_000 { y = tanh(y) * x }
                    throw Stop()
                }
                return false
            } catch {
                return true
            }
        }
        #expect(thrown)
    }

    @Test func nestedDifferentiationIsPossible() {
        // The derivative of x^3 by the inner call, used as a number by the outer: d/dw (w * 12) at x = 2.
        let (value, gradient) = valueAndGradient(at: Tensor(5)) { w in
            let (_, slope) = valueAndGradient(at: Tensor(2)) { x in x * x * x }
            return w * slope
        }
        #expect(value.item == 60 && gradient.item == 12)
        // An inner loss may use what the outer one is differentiated by: there it is a constant.
        let (_, outer) = valueAndGradient(at: Tensor(3)) { w in
            let (inner, slope) = valueAndGradient(at: Tensor(2)) { x in x * x * w }
            #expect(slope.item == 12 && inner.item == 12)
            return w * w
        }
        #expect(outer.item == 6)
    }

    @Test func threadsDifferentiateAtOnceAndGetTheSerialBits() async {
        @Sendable func run(_ seed: Int) -> [Float] {
            let key = RandomKey(seed: UInt64(seed))
            let parameters: Parameters = [
                "a": .normal([17, 33], key: key.derived(1)), "b": .normal([33], key: key.derived(2)),
            ]
            let x = Tensor.normal([9, 17], key: key.derived(3))
            var all: [Float] = []
            for _ in 0..<50 {
                let (value, gradient) = valueAndGradient(at: parameters) { p in
                    softmax(tanh(x.matmul(p["a"]) + p["b"])).variance()
                }
                all += value.scalars + gradient["a"].scalars + gradient["b"].scalars
            }
            return all
        }
        let serial = (0..<8).map(run)
        let threaded = await withTaskGroup(of: (Int, [Float]).self) { group in
            for seed in 0..<8 { group.addTask { (seed, await onThread(stackSize: 1 << 20) { run(seed) }) } }
            return await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        for seed in 0..<8 { #expect(threaded[seed] == serial[seed]) }
    }

    @Test func resultsDoNotDependOnTheNumberOfThreads() {
        let key = RandomKey(seed: 21)
        let parameters: Parameters = [
            "a": .normal([601, 517], key: key.derived(1)), "b": .normal([517], key: key.derived(2)),
        ]
        let x = Tensor.normal([803, 601], key: key.derived(3))
        let batch = Tensor.normal([6, 130, 601], key: key.derived(4))
        func step() -> [Float] {
            let (value, gradient) = valueAndGradient(at: parameters) { p in
                let tall = gelu(x.matmul(p["a"]) + p["b"])
                let many = batch.matmul(p["a"]).transposed(0, 1).maximum(axes: [0])
                let dense = linear(x, weight: p["a"].transposed(), bias: p["b"])
                return softmax(tall, axis: 0).variance() + logSoftmax(many).mean() + square(dense).mean()
            }
            return value.scalars + gradient["a"].scalars + gradient["b"].scalars
        }
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        Parallelism.threads = 1
        let one = step()
        for threads in [2, 3, 5] {
            Parallelism.threads = threads
            #expect(step() == one)
        }
    }

    @Test func nothingOutlivesTheCall() {
        weak var inside: Buffer?
        var kept: Tensor?
        let (loss, logits, _) = valueAndGradient(at: ["x": Tensor([1, 2, 3])]) { p in
            let hidden = exp(p["x"])
            inside = hidden.buffer
            let logits = hidden * 2
            kept = logits
            return (logits.sum(), logits)
        }
        #expect(inside == nil)
        // What left the loss is a constant now: operations on it record nothing.
        let (_, gradient) = valueAndGradient(at: loss) { l in (l * logits).sum() }
        #expect(gradient.item == logits.sum().item)
        #expect(kept?.scalars == logits.scalars)
    }

    @Test func parametersThatTheLossDoesNotUseHaveGradientZero() {
        let parameters: Parameters = ["used": Tensor([2]), "unused": .ones([3, 2])]
        let (_, gradient) = valueAndGradient(at: parameters) { p in (p["used"] * p["used"]).sum() }
        #expect(gradient["used"].scalars == [4])
        #expect(gradient["unused"].scalars == [0, 0, 0, 0, 0, 0])
        let (_, none) = valueAndGradient(at: parameters) { _ in Tensor(1) }
        #expect(none["used"].scalars == [0])
        // The loss may be a parameter itself.
        #expect(valueAndGradient(at: Tensor(3)) { $0 }.gradient.item == 1)
    }

    @Test func aTensorUsedSeveralTimesGathersItsGradients() {
        let x = Tensor([1, -2, 3])
        #expect(valueAndGradient(at: x) { ($0 * $0).sum() }.gradient.scalars == [2, -4, 6])
        #expect(valueAndGradient(at: x) { ($0 + $0 + $0).sum() }.gradient.scalars == [3, 3, 3])
        #expect(valueAndGradient(at: x) { ($0 - $0).sum() }.gradient.scalars == [0, 0, 0])
        // A gradient that goes to two places must not be changed by what is added to one of them.
        let (_, both) = valueAndGradient(at: [x, x]) { t in
            let sum = t[0] + t[1]
            return (sum * sum + sum + t[0]).sum()
        }
        #expect(both[0].scalars == [6, -6, 14])
        #expect(both[1].scalars == [5, -7, 13])
        let (_, hidden) = valueAndGradient(at: [x, x]) { t in
            let (a, b) = (t[0] * 1, t[1] * 1)
            let sum = a + b
            return (a * 2 + sum.reshaped([3, 1]).squeezed() + b * 3 + a.reshaped([3])).sum()
        }
        #expect(hidden[0].scalars == [4, 4, 4])
        #expect(hidden[1].scalars == [4, 4, 4])
    }

    @Test func detachedTensorsAreConstants() {
        let (_, gradient) = valueAndGradient(at: Tensor([3])) { x in (x * x.detached).sum() }
        #expect(gradient.scalars == [3])
    }

    @Test func aSteadyStateStepAsksTheSystemForNothing() {
        let key = RandomKey(seed: 31)
        let parameters: Parameters = ["w": .normal([40, 30], key: key), "b": .zeros([30])]
        let x = Tensor.normal([8, 40], key: key)
        func step() -> Float {
            let (value, gradient) = valueAndGradient(at: parameters) { p in
                logSoftmax(relu(x.matmul(p["w"]) + p["b"]).transposed(), axis: 0).mean()
            }
            return value.item + gradient["w"].sum().item
        }
        for _ in 0..<10 { _ = step() }
        // Other tests share the pool, so the best of several tries counts.
        let fewest = (0..<20).map { _ in
            let before = ser_system_allocations()
            for _ in 0..<20 { _ = step() }
            return ser_system_allocations() - before
        }.min()
        #expect(fewest == 0)
    }

    @Test func customOperationsAreDifferentiable() {
        let x = Tensor([1, 2, 3])
        let (value, gradient) = valueAndGradient(at: x) { x in
            differentiable([x]) { x in
                x[0] * x[0] * x[0]
            } pullback: { upstream, x, _ in
                [upstream * 3 * square(x[0])]
            }.sum()
        }
        #expect(value.item == 36 && gradient.scalars == [3, 12, 27])
    }

    @Test func wrongUseStopsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            _ = valueAndGradient(at: Tensor([1, 2])) { $0 * 2 }
        }
        await #expect(processExitsWith: .failure) {
            _ = valueAndGradient(at: Tensor([1, 2])) { x in
                differentiable([x]) {
                    $0[0].sum()
                } pullback: { upstream, _, _ in
                    [upstream]
                }
            }
        }
        await #expect(processExitsWith: .failure) {
            _ = valueAndGradient(at: Tensor([1, 2])) { x in
                differentiable([x]) {
                    $0[0].sum()
                } pullback: { _, _, _ in
                    []
                }
            }
        }
    }
}

/// Runs a function on a thread of its own.
private func onThread<Result: Sendable>(
    stackSize: Int, _ body: @escaping @Sendable () -> Result
) async -> Result {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.stackSize = stackSize
        thread.start()
    }
}
