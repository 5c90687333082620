// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTraining
import Testing

@Suite struct SearchSpaceTests {
    private func space() throws -> SearchSpace {
        try SearchSpace([
            .init("rate", .logUniform(from: 1e-4, to: 1e-1)), .init("share", .uniform(from: -0.5, to: 0.5)),
            .init("units", .integers(from: 3, to: 6)), .init("kind", .choice(of: ["a", "b", "c"])),
        ])
    }

    @Test func drawsFillTheSpaceEvenly() throws {
        let draws = try space().draws(6000, seed: 1)
        #expect(draws.count == 6000 && Set(draws).count == 6000)
        // Of so many draws a share p deviates by five standard deviations at most.
        func isNear(_ count: Int, _ share: Double) -> Bool {
            abs(Double(count) - 6000 * share) < 5 * (6000 * share * (1 - share)).squareRoot()
        }
        for decade in 0..<3 {
            let ends = (pow(10, Double(decade - 4)), pow(10, Double(decade - 3)))
            #expect(isNear(draws.count { ends.0 <= $0.number("rate") && $0.number("rate") < ends.1 }, 1 / 3.0))
        }
        for quarter in 0..<4 {
            let from = -0.5 + 0.25 * Double(quarter)
            #expect(isNear(draws.count { from <= $0.number("share") && $0.number("share") < from + 0.25 }, 0.25))
        }
        for units in 3...6 { #expect(isNear(draws.count { $0.integer("units") == units }, 0.25)) }
        for kind in ["a", "b", "c"] { #expect(isNear(draws.count { $0.text("kind") == kind }, 1 / 3.0)) }
        #expect(draws.allSatisfy { (1e-4...1e-1).contains($0.number("rate")) })
        // What a table shows of a number is all of it.
        for draw in draws.prefix(100) { #expect(Double(draw.text("rate")) == draw.number("rate")) }
    }

    @Test func aTrialDrawsTheSameWhateverOthersDo() throws {
        let space = try space(), draws = space.draws(50, seed: 7)
        #expect(space.draws(9, seed: 7) == Array(draws.prefix(9)))
        #expect(space.draws(50, seed: 8) != draws)
        let alone = try SearchSpace([space.settings[2], space.settings[0]])
        // Settings draw independently of those beside them.
        #expect(zip(alone.draws(3, seed: 7), draws).allSatisfy { $0.number("rate") == $1.number("rate") })
    }

    @Test func drawsAreDifferentAsLongAsThereAreOthers() throws {
        let small = try SearchSpace([.init("a", .integers(from: 0, to: 2)), .init("b", .choice(of: [16, 32, "x"]))])
        #expect(small.count == 9)
        let draws = small.draws(20, seed: 1)
        #expect(draws.count == 9 && Set(draws).count == 9)
        #expect(small.draws(4, seed: 1) == Array(draws.prefix(4)))
        #expect(try space().count == nil)
        // Between neighbours there are few numbers of four digits.
        let narrow = try SearchSpace([.init("c", .uniform(from: 0.1, to: 0.1002))])
        #expect(narrow.draws(100, seed: 1).count < 10)
    }

    @Test func spacesWithoutDrawsAreRefused() {
        func message(_ settings: [SearchSpace.Setting]) -> String {
            do throws(SearchSpaceError) {
                _ = try SearchSpace(settings)
                return "none"
            } catch { return error.description }
        }
        #expect(message([]).contains("no setting"))
        #expect(message([.init("", .integers(from: 1, to: 2))]).contains("0 bytes"))
        let one = SearchSpace.Setting("a", .uniform(from: 0, to: 1))
        #expect(message([one, one]).contains("a is named twice"))
        #expect(message([.init("a", .uniform(from: 1, to: 0))]).contains("name the smaller end first"))
        #expect(message([.init("a", .uniform(from: 0, to: .nan))]).contains("no numbers"))
        #expect(
            message([.init("a", .uniform(from: -.greatestFiniteMagnitude, to: .greatestFiniteMagnitude))]) != "none")
        #expect(message([.init("a", .logUniform(from: 0, to: 1))]).contains("above 0"))
        #expect(message([.init("a", .integers(from: 2, to: 1))]).contains("name the smaller end first"))
        #expect(message([.init("a", .integers(from: .min, to: .max))]).contains("too large"))
        #expect(message([.init("a", .choice(of: []))]).contains("nothing to choose from"))
        #expect(message([.init("a", .choice(of: ["x", "x"]))]).contains("twice"))
        #expect(message([.init("a", .choice(of: [""]))]).contains("too long a name"))
        #expect(message(Array(repeating: one, count: 101)).contains("at most 100"))
    }

    @Test func spacesAndDrawsAreReadAsTheyWereWritten() throws {
        let space = try space(), draws = space.draws(3, seed: 2)
        #expect(try JSONDecoder().decode(SearchSpace.self, from: JSONEncoder().encode(space)) == space)
        #expect(try JSONDecoder().decode([DrawnSettings].self, from: JSONEncoder().encode(draws)) == draws)
        #expect(SettingValue.number(32).description == "32" && SettingValue.number(0.0123).description == "0.0123")
        let broken = #"[{"name":"a","values":{"uniform":{"from":2,"to":1}}}]"#
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SearchSpace.self, from: Data(broken.utf8)) }
    }
}
