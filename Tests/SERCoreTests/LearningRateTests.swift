// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// Compared with Tests/Fixtures/optimizers.py: PyTorch's schedulers at a base rate of 0.4.
struct LearningRateTests {
    let fixture: OptimizerFixture

    init() throws { fixture = try Fixture.json("optimizers") }

    static let plain: [(String, LearningRateSchedule)] = [
        ("step", .step(every: .steps(6), factor: 0.3)),
        ("exponential", .exponential(factor: 0.9, every: .steps(1))),
        ("cosine", .cosine(over: .steps(19), minimum: 0.1)),
        ("warm_up", .warmUp(over: .steps(8), from: 0.1)),
        ("warm_up_cosine", .warmUp(over: .steps(5), from: 0.1, then: .cosine(over: .steps(15)))),
        ("product", .step(every: .steps(6), factor: 0.3) * .warmUp(over: .steps(9), from: 0.2)),
    ]

    @Test(arguments: plain.indices) func agreesWithPyTorchOver20Steps(_ index: Int) throws {
        let (name, schedule) = Self.plain[index]
        let expected = try #require(fixture.rates[name])
        let rate = try LearningRate(schedule, base: 0.4, stepsPerEpoch: 3)
        #expect(expected.count == 20)
        for (step, value) in expected.enumerated() {
            #expect(abs(rate(at: step) - value) <= 1e-8 * value, "\(name), step \(step)")
        }
    }

    @Test(arguments: plain.indices) func epochsAreStairs(_ index: Int) throws {
        let schedule = inEpochs(Self.plain[index].1)
        let expected = try #require(fixture.rates[Self.plain[index].0])
        let rate = try LearningRate(schedule, base: 0.4, stepsPerEpoch: 7)
        for step in 0..<140 {
            #expect(abs(rate(at: step) - expected[step / 7]) <= 1e-8 * expected[step / 7], "\(schedule), step \(step)")
        }
    }

    private func inEpochs(_ schedule: LearningRateSchedule) -> LearningRateSchedule {
        func epochs(_ span: LearningRateSchedule.Span) -> LearningRateSchedule.Span {
            switch span {
            case .steps(let count), .epochs(let count): return .epochs(count)
            }
        }
        switch schedule {
        case .step(let span, let factor): return .step(every: epochs(span), factor: factor)
        case .exponential(let factor, let span): return .exponential(factor: factor, every: epochs(span))
        case .cosine(let span, let minimum): return .cosine(over: epochs(span), minimum: minimum)
        case .warmUp(let span, let from, let next): return .warmUp(over: epochs(span), from: from, then: inEpochs(next))
        case .product(let a, let b): return inEpochs(a) * inEpochs(b)
        case .constant, .reduceOnPlateau, .sequence: return schedule
        }
    }

    static let plateaus: [(String, Plateau)] = [
        ("plateau", Plateau(factor: 0.5, patience: 2)),
        ("plateau_cooldown", Plateau(factor: 0.1, patience: 1, threshold: 0.05, cooldown: 2, minimum: 0.025)),
        ("plateau_max", Plateau(factor: 0.5, patience: 3, higherIsBetter: true)),
    ]

    @Test(arguments: plateaus.indices) func plateausAgreeWithPyTorch(_ index: Int) throws {
        let (name, plateau) = Self.plateaus[index]
        let expected = try #require(fixture.rates[name])
        var rate = try LearningRate(.reduceOnPlateau(plateau), base: 0.4, stepsPerEpoch: 5)
        for (epoch, value) in expected.enumerated() {
            #expect(abs(rate(at: epoch * 5) - value) <= 1e-8 * value, "\(name), epoch \(epoch)")
            rate = try JSONDecoder().decode(LearningRate.self, from: JSONEncoder().encode(rate))  // resumes anywhere
            rate.observe(plateau.higherIsBetter ? -fixture.metrics[epoch] : fixture.metrics[epoch], at: (epoch + 1) * 5)
        }
    }

    @Test func schedulesFollowEachOther() throws {
        let first = LearningRateSchedule.reduceOnPlateau(Plateau(factor: 0.5, patience: 0))
        let second = LearningRateSchedule.reduceOnPlateau(Plateau(factor: 0.1, patience: 0)) * .constant
        var rate = try LearningRate(first.then(second, after: .epochs(3)), base: 1, stepsPerEpoch: 2)
        var rates: [Double] = []
        for epoch in 1...6 {
            rates.append(rate(at: 2 * (epoch - 1)))
            rate.observe(1, at: 2 * epoch)
        }
        // The first rule hears epochs 1 to 3 and reduces after 2 and 3; the second begins afresh.
        #expect(zip(rates, [1, 1, 0.5, 1, 1, 0.1]).allSatisfy { abs($0 - $1) < 1e-12 }, "\(rates)")
        let warm = try LearningRate(
            .warmUp(over: .steps(4), then: .step(every: .epochs(1), factor: 0.5)), base: 1, stepsPerEpoch: 2)
        #expect((0..<8).map { warm(at: $0) } == [0, 0.25, 0.5, 0.75, 1, 1, 0.5, 0.5])
    }

    @Test func notANumberIsNoImprovement() throws {
        var rate = try LearningRate(.reduceOnPlateau(Plateau(patience: 1)), base: 1, stepsPerEpoch: 1)
        rate.observe(.nan, at: 1)
        rate.observe(.nan, at: 2)
        #expect(abs(rate(at: 2) - 0.1) < 1e-12)
    }

    @Test func settingsThatMakeNoSenseAreRefused() {
        let wrong: [LearningRateSchedule] = [
            .step(every: .steps(0)), .step(every: .epochs(3), factor: 0), .exponential(factor: .nan),
            .cosine(over: .epochs(-1)), .cosine(over: .epochs(5), minimum: 2), .warmUp(over: .steps(0)),
            .warmUp(over: .steps(5), from: -1), .warmUp(over: .steps(5), then: .cosine(over: .steps(0))),
            .reduceOnPlateau(Plateau(factor: 1)), .reduceOnPlateau(Plateau(patience: -1)),
            .constant * .exponential(factor: -1), LearningRateSchedule.constant.then(.constant, after: .steps(0)),
        ]
        for schedule in wrong {
            #expect(throws: OptimizerError.self, "\(schedule)") {
                try LearningRate(schedule, base: 1, stepsPerEpoch: 10)
            }
        }
        #expect(throws: OptimizerError.self) { try LearningRate(.constant, base: 1, stepsPerEpoch: 0) }
    }
}
