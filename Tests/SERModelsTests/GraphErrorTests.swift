// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import SERTestSupport
import Testing

/// What does not fit together is found when the network is built, and said with a place and a way out.
@Suite struct GraphErrorTests {
    private func error(_ build: () throws -> Model) -> ShapeError? {
        let error = #expect(throws: ShapeError.self) { _ = try build() }
        #expect(error?.hint.isEmpty == false)
        return error
    }

    @Test func residualOfAnotherShape() {
        let error = error { try Model(input: [.time, 8]) { Block("body") { Residual { Dense(5) } } } }
        #expect(error?.path == "body.residual1.add1" && error?.layer == "add")
        #expect(error?.got == "[time, 5] and [time, 8]" && error?.hint.contains("Parallel(merge: .sum)") == true)
        #expect(self.error { try Model(input: [.time, 8]) { Residual { LSTM(8) } } }?.got == "[8] and [time, 8]")
    }

    @Test func branchesThatDoNotFit() {
        let widths = error {
            try Model(input: [8]) {
                Parallel(merge: .sum) {
                    Dense(3); Dense(4)
                }
            }
        }
        #expect(widths?.path == "parallel1.add1" && widths?.got == "[3] and [4]")
        let axes = error {
            try Model(input: [.time, 8]) {
                Parallel(merge: .concatenate) {
                    Dense(3); GlobalAveragePool()
                }
            }
        }
        #expect(axes?.expected.contains("every axis but 1") == true)
        let time = error {
            try Model(input: [.time, 8]) {
                Parallel(merge: Concatenate(axis: 0)) {
                    Dense(3); Dense(3)
                }
            }
        }
        #expect(time?.expected.contains("other than time") == true)
        #expect(error { try Model(input: [8]) { Parallel(merge: .sum) {} } }?.path == "parallel1.add1")
        let none = error { try Model(input: [8]) { Parallel(merge: Concatenate(axis: 3)) { Dense(2) } } }
        #expect(none?.expected.contains("axis 3") == true)
    }

    /// [.time, 4] and [.time, 4] look alike, and yet differ in their number of steps.
    @Test func branchesOfOtherTime() {
        let valid = error {
            try Model(input: [.time, 8]) {
                Parallel(merge: .sum) {
                    Conv1D(4, kernel: 3, padding: .valid)
                    Conv1D(4, kernel: 5, padding: .valid)
                }
            }
        }
        #expect(valid?.got.contains("510 steps from parallel1.conv1d1 and 508") == true, "\(valid?.got ?? "")")
        let strided = error {
            try Model(input: [1, 8, .time]) {
                Parallel(merge: .concatenate) {
                    Conv2D(4, kernel: 3, padding: .same); MaxPool2D(2)
                }
            }
        }
        #expect(strided != nil)
        #expect(throws: Never.self) {
            try Model(input: [.time, 8]) {
                Parallel(merge: .sum) {
                    Block {
                        Conv1D(4, kernel: 3, padding: .valid); Conv1D(4, kernel: 3, padding: .valid)
                    }
                    Conv1D(4, kernel: 5, padding: .valid)
                }
            }
        }
    }

    @Test func cyclesAreNamed() {
        let cycle = error {
            try Model(input: [8]) {
                Add().named("a").reading("input", "c")
                Dense(8).named("b").reading("a")
                Dense(8).named("c").reading("b")
            }
        }
        #expect(cycle?.got == "a cycle: a -> b -> c -> a", "\(cycle?.got ?? "")")
        #expect(error { try Model(input: [8]) { Dense(8).named("a").reading("a") } }?.got == "a cycle: a -> a")
        let empty = error {
            try Model(input: [8]) {
                Block("a") {}.reading("b")
                Block("b") {}.reading("a")
                Dense(2)
            }
        }
        #expect(empty?.got.hasPrefix("a cycle") == true)
    }

    @Test func unusedUnknownAndDuplicateNames() {
        let unused = error {
            try Model(input: [8]) {
                Dense(4).named("lonely")
                Dense(2).reading("input")
            }
        }
        #expect(unused?.path == "lonely" && unused?.got == "no reader")
        let input = error { try Model(inputs: ["a": [8], "b": [8]]) { Dense(2).reading("a") } }
        #expect(input?.path == "b" && input?.layer == "input")
        let unknown = error {
            try Model(input: [8]) {
                Dense(4).named("encoder")
                Dense(2).reading("encodr")
            }
        }
        #expect(unknown?.path == "dense2" && unknown?.got == "'encodr'" && unknown?.hint == "Did you mean 'encoder'?")
        #expect(error { try Model(input: [8], outputs: ["speker"]) { Dense(4).named("speaker") } }?.layer == "output")
        #expect(error { try Model(input: [8]) { Shared("x") } }?.got == "'x'")
        #expect(
            error {
                try Model(input: [8]) {
                    Block("x") {
                        Dense(2); Shared("x")
                    }
                }
            }?.got == "'x'")
        let twice = error {
            try Model(input: [8]) {
                Block("x") { Dense(2) }; Block("x") { ReLU() }
            }
        }
        #expect(twice?.path == "x" && twice?.hint.contains("Shared") == true)
        #expect(error { try Model(input: [8]) { Dense(2).named("input") } }?.path == "input")
        #expect(error { try Model(input: [8]) { Dense(2).named("") } }?.got == "none")
        #expect(error { try Model(inputs: ["a": [8], "a": [8]]) { Dense(2).reading("a") } }?.path == "a")
        #expect(error { try Model(input: [8]) { Residual { Dense(8).named("add1") } } }?.path == "residual1.add1")
        #expect(error { try Model(input: [8], outputs: ["a", "a"]) { Dense(2).named("a") } }?.layer == "output")
        #expect(error { try Model(inputs: [:]) { Dense(2) } } != nil)
    }

    @Test func wrongNumbersOfInputs() {
        let two = error {
            try Model(inputs: ["a": [8], "b": [8]]) { Dense(2).reading("a", "b") }
        }
        #expect(two?.path == "dense1" && two?.expected == "one input" && two?.got == "2")
        let undecided = error {
            try Model(inputs: ["a": [8], "b": [8]]) {
                Dense(2); Add().reading("a", "b")
            }
        }
        #expect(undecided?.path == "dense1" && undecided?.hint.contains(".reading(\"a\")") == true)
        #expect(error { try Model(input: [8]) { Gate() } }?.path == "gate1")
        let residual = error {
            try Model(inputs: ["a": [8], "b": [8]]) { Residual { Add() }.reading("a", "b") }
        }
        #expect(residual?.path == "residual1")
        #expect(error { try Model(inputs: ["a": [8], "b": [8]]) { Residual { Dense(8).reading("a") } } } != nil)
    }

    @Test func sharedLayerThatDoesNotFitItsSecondUse() {
        let error = error {
            try Model(input: [8]) {
                Dense(4).named("a")
                Shared("a").named("b")
            }
        }
        #expect(error?.path == "b" && error?.got == "[4]")
    }

    @Test func sizesBeyondReason() {
        #expect(error { try Model(input: [8]) { Repeat(-1) { Dense(8) } } }?.layer == "repeat")
        #expect(
            error {
                try Model(input: [8]) {
                    Repeat(9_999) {
                        Dense(8); ReLU()
                    }
                }
            }?.got == "more")
        #expect(error { try Model(input: [8]) { Dense(.max) } } != nil)
        #expect(
            error {
                try Model(input: [8]) {
                    Dense(1 << 20); Dense(1 << 20)
                }
            }?.path == "dense2")
    }

    /// A layer whose tensors have the paths of another's.
    @Test func tensorsOfOnePath() {
        struct Odd: UnaryLayer {
            static let kind = "odd"
            func outputShape(for input: Shape) -> Shape { input }
            func parameters(for input: Shape) -> [Declaration] {
                [Declaration("inner.weight", shape: [1], initializer: .zeros)]
            }
            func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { x }
        }
        let error = error {
            try Model(input: [8]) {
                Odd().named("a"); Dense(3).named("a.inner")
            }
        }
        #expect(error?.path == "a.inner.weight")
    }

    // MARK: Files

    private func decode(_ text: String) throws -> Graph { try JSONDecoder().decode(Graph.self, from: Data(text.utf8)) }

    @Test func filesAreChecked() throws {
        func graph(_ nodes: String, _ rest: String = "") -> String { "{\"input\":[8]\(rest),\"nodes\":[\(nodes)]}" }
        func dense(_ path: String, _ inputs: String, units: String = "3", _ rest: String = "") -> String {
            "{\"path\":\"\(path)\",\"kind\":\"dense\",\"inputs\":\(inputs)\(rest),"
                + "\"configuration\":{\"units\":\(units),\"bias\":true}}"
        }
        #expect(try decode(graph(dense("a", "[-1]"))).nodes.count == 1)
        #expect(throws: DecodingError.self) { try decode(graph(dense("a", "[0]"))) }
        #expect(throws: DecodingError.self) { try decode(graph(dense("a", "[1]") + "," + dense("b", "[0]"))) }
        #expect(throws: DecodingError.self) { try decode(graph(dense("a", "[-2]"))) }
        #expect(throws: ShapeError.self) { try decode(graph(dense("a", "[-1]", units: "9000000000"))) }
        #expect(throws: DecodingError.self) {
            try decode(graph(dense("a", "[-1]"), ",\"outputs\":[{\"name\":\"y\",\"node\":5}]"))
        }
        #expect(throws: ShapeError.self) { try decode(graph(dense("a", "[]"))) }
        #expect(throws: ShapeError.self) { try decode(graph(dense("a", "[-1,-1]"))) }
        #expect(throws: ShapeError.self) { try decode(graph(dense("a", "[-1]") + "," + dense("a", "[0]"))) }
        #expect(throws: ShapeError.self) { try decode(graph(dense("a", "[-1]") + "," + dense("b", "[-1]"))) }
        #expect(throws: ShapeError.self) { try decode(graph(dense("a", "[-1]"), ",\"outputs\":[]")) }
        #expect(throws: ShapeError.self) {
            try decode(graph(dense("a", "[-1]") + "," + dense("a", "[0]", ",\"name\":\"b\"")))
        }
        #expect(throws: ShapeError.self) {
            try decode(
                graph(
                    dense("a", "[-1]", units: "1000000") + ","
                        + dense("b", "[0]", units: "1000000")))
        }
        let many = (0...10_000).map { dense("d\($0)", "[\($0 - 1)]") }.joined(separator: ",")
        #expect(throws: ShapeError.self) { try decode(graph(many)) }
    }

    /// 4,000 damaged graphs: an error or a graph, and never a stop.
    @Test func damagedGraphsDoNoHarm() throws {
        let models = try (0..<8).map { try RandomNetwork.model(seed: $0) } + [Architecture.cnn.model(classes: 7)]
        var generator = RandomKey(seed: 77).generator
        var (read, refused) = (0, 0)
        for model in models {
            let original = [UInt8](try JSONEncoder().encode(model.graph))
            for _ in 0..<450 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                    case 1: bytes.remove(at: place)
                    case 2: bytes.insert(UInt8(ascii: "9"), at: place)
                    default:
                        if let digit = bytes[place...].firstIndex(where: { (48..<58).contains($0) }) {
                            bytes[digit] = UInt8.random(in: 48..<58, using: &generator)
                        }
                    }
                }
                do {
                    _ = try JSONDecoder().decode(Graph.self, from: Data(bytes))
                    read += 1
                } catch { refused += 1 }
            }
        }
        #expect(read > 100 && refused > 100, "\(read) read, \(refused) refused")
    }

    /// Layers that are each of a size that may be, and together of one that no memory holds.
    @Test func valuesOfAllLayersTogetherAreBounded() throws {
        func error(_ input: Shape, copies: Int, layers: Int) -> ShapeError? {
            do throws(ShapeError) {
                _ = try Model(input: input) {
                    Parallel(merge: .concatenate) { for _ in 0..<copies { ReLU() } }
                    for _ in 0..<layers { ReLU() }
                }
                return nil
            } catch { return error }
        }
        #expect(error([1_048_576], copies: 4, layers: 10) == nil)
        let refused = try #require(error([1_048_576], copies: 64, layers: 10))
        #expect(refused.path == "relu3" && refused.layer == "relu", "\(refused)")
        // 64 copies, their concatenation and two of it are within 2^28 values.
        #expect(refused.got.contains("\(1_048_576 * 64 * 5)"), "\(refused)")
        #expect(refused.description.contains("in all layers together"))
        let timed = try #require(error([.time, 4096], copies: 100, layers: 100))
        #expect(timed.description.contains("in all layers together"), "\(timed)")
    }
}
