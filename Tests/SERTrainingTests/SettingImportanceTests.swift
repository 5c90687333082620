// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining
import Testing

@Suite struct SettingImportanceTests {
    private let settings: [SearchSpace.Setting] = [
        .init("rate", .logUniform(from: 1e-4, to: 1e-1)), .init("idle", .uniform(from: 0, to: 1)),
        .init("kind", .choice(of: ["a", "b"])),
    ]

    private func importance(
        _ count: Int, seed: UInt64 = 1, _ score: (DrawnSettings) -> Double?
    ) throws -> [String: SettingImportance] {
        let space = try SearchSpace(settings)
        let trials = space.draws(count, seed: seed).map { (settings: $0, score: score($0)) }
        let all = SettingImportance.all(in: space, trials)
        #expect(all.map(\.share) == all.map(\.share).sorted(by: >))
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    }

    @Test func whatDecidesIsFoundWhereTheBestLiesInTheMiddle() throws {
        // Best at 3e-3, worse to both sides: a correlation sees nothing of it.
        let found = try importance(60) { drawn in
            let distance = abs(log10(drawn.number("rate")) + 2.5)
            return 1 - distance / 4 + drawn.number("idle") / 1000
        }
        let rate = try #require(found["rate"]), idle = try #require(found["idle"])
        #expect(rate.share > 0.5 && rate.adjustedPValue < 0.01 && rate.groups.count == 5)
        #expect(abs(rate.correlation ?? 1) < 0.4)
        #expect(idle.share < 0.3 && rate.expected == 4 / 59.0)
        #expect(rate.groups.map(\.trials).reduce(0, +) == 60 && rate.groups.allSatisfy { $0.trials == 12 })
    }

    @Test func directionAndChoicesAreTold() throws {
        let found = try importance(20) { ($0.text("kind") == "a" ? 0.3 : 0.6) + $0.number("idle") / 100 }
        let kind = try #require(found["kind"])
        #expect(kind.correlation == nil && kind.groups.map(\.name) == ["a", "b"] && kind.share > 0.6)
        #expect(kind.groups[0].mean ?? 1 < 0.32 && kind.groups[1].mean ?? 0 > 0.59)
        let rising = try importance(20) { $0.number("idle") }
        #expect(rising["idle"]?.correlation == 1 && rising["idle"]?.groups.count == 3)
        let falling = try importance(20) { -$0.number("rate") + 1 }
        #expect(falling["rate"]?.correlation == -1)
    }

    /// Of settings that decide nothing, about one in twenty is below 0.05, and the mean share is what chance gives.
    @Test func chanceIsNotTakenForImportance() throws {
        var below = 0, shares = 0.0, expected = 0.0
        let rounds = 60
        for seed in 1...UInt64(rounds) {
            var generator = RandomKey(seed: seed).derived("scores").generator
            let found = try importance(18, seed: seed) { _ in generator.drawFraction() }
            let idle = try #require(found["idle"])
            below += idle.pValue < 0.05 ? 1 : 0
            shares += idle.share
            expected += idle.expected
        }
        #expect(below <= 9 && abs(shares - expected) / Double(rounds) < 0.05, "\(below), \(shares), \(expected)")
    }

    @Test func trialsWithoutAScoreAreTheWorst() throws {
        let found = try importance(30) { $0.text("kind") == "a" ? nil : 0.5 }
        let kind = try #require(found["kind"])
        #expect(abs(kind.share - 1) < 1e-9 && kind.groups[0].mean == nil && kind.pValue < 0.001)
        #expect(try importance(5) { _ in 1 }.isEmpty)
        #expect(try importance(30) { _ in 0.5 }.isEmpty)
    }
}
