// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Testing

/// Orders and numbers drawn from keys.
@Suite struct RandomDrawTests {
    private let key = RandomKey(seed: 7)

    /// Constants that this code computed: they hold it to what every published split and order of batches rests on.
    @Test func seedsDecideTheSameOrdersForEver() {
        #expect(key.shuffled(0..<10) == [6, 1, 5, 3, 2, 4, 9, 8, 0, 7])
        #expect(key.derived("folds").shuffled(Array("abcdef")) == Array("fecbad"))
        var generator = key.generator
        var order = Array(0..<7)
        generator.shuffle(&order)
        #expect(order == [4, 1, 0, 3, 2, 5, 6])
        #expect(generator.shuffled(0..<5) == [4, 2, 3, 0, 1])
        #expect((0..<8).map { _ in generator.draw(below: 1000) } == [6, 162, 426, 389, 236, 276, 608, 702])
        let wide = (0..<3).map { _ in generator.draw(below: 3 << 61) }
        #expect(wide == [3_018_084_018_706_984_953, 5_898_674_931_941_380_122, 4_609_654_358_241_708_307])
        #expect((0..<2).map { _ in generator.drawFraction() } == [0.05598232479794729, 0.42403658095321517])
    }

    #if compiler(<6.4)
        /// The library drew by Swift's own functions before it had its own, and what seeds decided then still holds.
        @Test func seedsDecideWhatTheyDidBySwiftsFunctions() {
            for seed in 0..<300 as Range<UInt64> {
                var own = RandomKey(seed: seed).generator, swift = own
                for count in [0, 1, 2, 3, 7, 64, Int(seed)] {
                    #expect(own.shuffled(0..<count) == (0..<count).shuffled(using: &swift))
                    #expect(own.draw(below: count + 1) == Int.random(in: 0...count, using: &swift))
                }
                // A quarter of the words are drawn again.
                #expect(own.draw(below: 3 << 61) == Int.random(in: 0..<3 << 61, using: &swift))
                #expect(own.next() == swift.next())
            }
        }
    #endif

    /// 24 orders, 24,000 draws: each comes 1000 times but for chance, whose deviation is 31.
    @Test func everyOrderIsEquallyLikely() {
        var counts: [[Int]: Int] = [:]
        for number in 0..<24_000 { counts[key.derived(number).shuffled(0..<4), default: 0] += 1 }
        #expect(counts.count == 24)
        #expect(counts.values.allSatisfy { abs($0 - 1000) < 140 })
        // Chi-squared of 23 degrees of freedom: beyond 49.7 once in a thousand seeds.
        let chiSquared = counts.values.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
        #expect(chiSquared > 7.5 && chiSquared < 49.7)
    }

    @Test func nothingAndOneThingHaveOneOrder() {
        var generator = key.generator
        #expect(generator.shuffled([Int]()) == [] && generator.shuffled(["only"]) == ["only"])
        var empty: [Int] = []
        generator.shuffle(&empty)
        #expect(empty.isEmpty)
        // Nor do they take a word: what is drawn next does not depend on them.
        var fresh = key.generator
        #expect(generator.next() == fresh.next())
    }

    @Test func boundsAreKeptAtTheExtremes() {
        var generator = key.generator
        #expect((0..<100).allSatisfy { _ in generator.draw(below: 1) == 0 })
        for bound in [2, 1 << 62, (1 << 62) + 1, .max - 1, .max] {
            let drawn = (0..<2000).map { _ in generator.draw(below: bound) }
            #expect(drawn.allSatisfy { (0..<bound).contains($0) })
            // The lower half of the range comes half of the time, but for chance, whose deviation is 22.
            #expect(abs(drawn.count { $0 < bound / 2 } - 1000) < 120)
        }
        #expect((0..<2000).allSatisfy { _ in (0..<1).contains(generator.drawFraction()) })
    }

    /// Eight words fall on three numbers where the bound is three eighths of what a word may be: were none drawn again, two
    /// of each three numbers would come of three words and one of two.
    @Test func noNumberIsFavoured() {
        var generator = key.generator
        var remainders = [0, 0, 0]
        for _ in 0..<3000 { remainders[generator.draw(below: 3 << 61) % 3] += 1 }
        #expect(remainders.allSatisfy { abs($0 - 1000) < 120 })
    }

    /// Swift's own functions would tie results to the version of Swift.
    @Test func theLibraryDrawsByItsOwnFunctionsAlone() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let files =
            FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" } ?? []
        #expect(files.count > 100)
        let calls = /\b(shuffled?|randomElement)\(\)|\.random\(in:|\(using: &|SystemRandomNumberGenerator/
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.firstMatch(of: calls) == nil, "\(file.lastPathComponent)")
        }
    }
}
