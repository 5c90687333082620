// SPDX-License-Identifier: Apache-2.0

import SERTestSupport
import SERTraining
import Testing

/// Whether groups of clips are recognised alike, with what can be counted by hand.
@Suite struct GroupComparisonTests {
    /// 4 speakers of each of two groups with 10 clips of each of two classes: of `a`, 8 of 10 are right, of `b` 5 of 10.
    private static func evaluation(seed: Int = 0) throws -> (Evaluation, [String?]) {
        var logits: [[Float]] = [], targets: [Int] = [], speakers: [String] = [], groups: [String?] = []
        for speaker in 0..<8 {
            let group = speaker < 4 ? "a" : "b"
            for clip in 0..<20 {
                let target = clip % 2, isRight = (clip / 2 + speaker * 3 + seed) % 10 < (group == "a" ? 8 : 5)
                targets.append(target)
                logits.append((isRight ? target : 1 - target) == 0 ? [1, 0] : [0, 1])
                speakers.append("speaker \(speaker)")
                groups.append(group)
            }
        }
        return (try Evaluation(logits: logits, targets: targets, labels: ["x", "y"], speakers: speakers), groups)
    }

    @Test func groupsHaveTheirOwnMeasuresAndTheDifferenceItsInterval() throws {
        let (evaluation, groups) = try Self.evaluation()
        let comparison = try #require(try GroupComparison(by: "sex", groups, over: [evaluation]))
        #expect(comparison.name == "sex" && comparison.groups.map(\.name) == ["a", "b"])
        #expect(comparison.groups.map(\.clips) == [80, 80] && comparison.groups.map(\.speakers) == [4, 4])
        for (group, share) in zip(comparison.groups, [0.8, 0.5]) {
            #expect(abs((group.accuracy.value ?? 0) - share) < 1e-12)
            #expect(abs((group.unweightedAverageRecall.value ?? 0) - share) < 1e-12)
        }
        let difference = try #require(comparison.largestDifference)
        #expect(difference.best == "a" && difference.worst == "b" && abs(difference.value - 0.3) < 1e-12)
        #expect(comparison.description.contains("largest difference of UAR: a over b by 0.300"))
    }

    /// Over clips, a difference of shares has the variance p (1 - p) / n of each: the interval is as wide as that says.
    @Test func intervalsOverClipsAreAsWideAsBinomialOnes() throws {
        let (evaluation, groups) = try Self.evaluation()
        let comparison = try #require(
            try GroupComparison(by: "sex", groups, over: [evaluation], bootstrap: Bootstrap(unit: .clips)))
        let interval = try #require(comparison.largestDifference?.interval)
        let deviation = (0.8 * 0.2 / 80 + 0.5 * 0.5 / 80).squareRoot()
        #expect(abs((interval.upper - interval.lower) / (2 * 1.96 * deviation) - 1) < 0.1)
        #expect(interval.lower < 0.3 && interval.upper > 0.3)
    }

    @Test func clipsOfNoGroupCountNowhereAndOneGroupIsNoComparison() throws {
        let (evaluation, groups) = try Self.evaluation()
        var some = groups
        for index in 0..<20 { some[index] = nil }
        let comparison = try #require(try GroupComparison(by: "sex", some, over: [evaluation]))
        #expect(comparison.groups.map(\.clips) == [60, 80] && comparison.groups.map(\.speakers) == [3, 4])
        #expect(try GroupComparison(by: "sex", groups.map { $0 == "a" ? "a" : nil }, over: [evaluation]) == nil)
        #expect(throws: EvaluationError.self) { try GroupComparison(by: "sex", [], over: [evaluation]) }
    }

    @Test func runsAreAveraged() throws {
        let (first, groups) = try Self.evaluation(), (second, _) = try Self.evaluation(seed: 4)
        let both = try #require(try GroupComparison(by: "sex", groups, over: [first, second]))
        let each = try [first, second].map { try #require(try GroupComparison(by: "sex", groups, over: [$0])) }
        for place in 0..<2 {
            let mean = each.reduce(0) { $0 + ($1.groups[place].accuracy.value ?? .nan) } / 2
            #expect(abs((both.groups[place].accuracy.value ?? .nan) - mean) < 1e-12)
        }
    }
}
