// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERSupport
import SERTraining
import Testing

private struct Case: Decodable {
    struct Fit: Decodable {
        let loss: LinearFit.Loss
        let strength: Double
        let balanced: Bool
        let weights: [Double]

        var fit: LinearFit { LinearFit(loss, strength: strength, classWeights: balanced ? .balanced : .equal) }
    }

    let name: String
    let columns: Int
    let values: [Float]
    let labels: [Int]
    let fits: [Fit]

    var rows: LinearRows { LinearRows(values, columns: columns) }
    var classes: Int { (labels.max() ?? 0) + 1 }

    /// The largest value of each column in size, and 1 for the bias.
    var sizes: [Double] {
        (0..<columns).map { column in
            stride(from: column, to: values.count, by: columns).map { Double(abs(values[$0])) }.max() ?? 0
        } + [1]
    }

    static var all: [Case] {
        get throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Fixtures/metrics/linear.json")
            return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        }
    }
}

@Suite struct LinearFitTests {
    /// The weights are those of LIBLINEAR and of scikit-learn (Tests/Fixtures/linear.py), each by what it can change of
    /// a logit.
    @Test func weightsAreThoseOfLIBLINEARAndScikitLearn() throws {
        let cases = try Case.all
        #expect(cases.count == 8 && cases.allSatisfy { $0.fits.count == 4 })
        for one in cases {
            let sizes = one.sizes
            for expected in one.fits {
                let found = try expected.fit.weights(for: one.rows, targets: one.labels, classes: one.classes)
                try #require(found.count == expected.weights.count)
                let greatest = expected.weights.indices.map { abs(expected.weights[$0]) * sizes[$0 % sizes.count] }
                    .max()
                for index in found.indices {
                    let off = abs(found[index] - expected.weights[index]) * sizes[index % sizes.count]
                    #expect(
                        off <= 2e-6 * (greatest ?? 0),
                        "\(one.name), \(expected.fit), \(index): \(found[index]), not \(expected.weights[index])")
                }
            }
        }
    }

    private func functions(_ rows: LinearRows, _ labels: [Int], _ classes: Int) -> [any ConvexFunction] {
        let strengths = labels.indices.map { 0.02 + 0.01 * Double($0 % 7) }
        return [
            SquaredHinge(rows, signs: labels.map { $0 == 1 ? 1 : -1 }, strengths: strengths),
            SoftmaxLoss(rows, targets: labels, classes: classes, strengths: strengths),
        ]
    }

    private func point(_ count: Int, _ seed: UInt64) -> [Double] {
        Tensor.normal([count], standardDeviation: 0.5, key: RandomKey(seed: seed)).scalars.map(Double.init)
    }

    @Test func derivativesAreThoseOfFiniteDifferences() throws {
        let one = try #require(try Case.all.first)
        for function in functions(one.rows, one.labels, one.classes) {
            let place = point(function.count, 3), direction = point(function.count, 4)
            let here = function.place(at: place)
            func moved(_ step: Double, along: [Double]) -> [Double] { zip(place, along).map { $0 + step * $1 } }
            for index in place.indices {
                var along = [Double](repeating: 0, count: function.count)
                along[index] = 1
                let (up, down) = (
                    function.place(at: moved(1e-5, along: along)), function.place(at: moved(-1e-5, along: along))
                )
                let slope = (up.value - down.value) / 2e-5
                #expect(abs(slope - here.gradient[index]) <= 1e-7 * (1 + abs(slope)), "\(type(of: function)), \(index)")
                let bend = (up.gradient[index] - down.gradient[index]) / 2e-5
                #expect(abs(bend - here.curvature[index]) <= 1e-6 * (1 + abs(bend)), "\(type(of: function)), \(index)")
            }
            let change = here.change(ofGradientAlong: direction)
            let up = function.place(at: moved(1e-6, along: direction)).gradient
            let down = function.place(at: moved(-1e-6, along: direction)).gradient
            for index in change.indices {
                let expected = (up[index] - down[index]) / 2e-6
                #expect(abs(change[index] - expected) <= 1e-6 * (1 + abs(expected)), "\(type(of: function)), \(index)")
            }
        }
    }

    /// Where the search ends, the slope is nothing beside the one at its beginning, and every way leads up.
    @Test func theSearchEndsAtTheBottom() throws {
        for one in try Case.all {
            for function in functions(one.rows, one.labels, one.classes) {
                let found = try #require(try NewtonMethod(mostSteps: 50).leastPoint(of: function))
                let here = function.place(at: found)
                let beginning = function.place(at: [Double](repeating: 0, count: function.count))
                func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
                #expect(norm(here.gradient) <= 1e-7 * norm(beginning.gradient), "\(one.name), \(type(of: function))")
                for seed in 0..<5 {
                    let away = zip(found, point(function.count, UInt64(seed))).map { $0 + 0.01 * $1 }
                    #expect(function.place(at: away).value > here.value)
                }
            }
        }
    }

    @Test func bitsDoNotDependOnTheNumberOfThreads() throws {
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        let one = try #require(try Case.all.first)
        for fit in [LinearFit.supportVectors(), .logisticRegression()] {
            var found: [[Double]] = []
            for threads in [1, 2, 4] {
                Parallelism.threads = threads
                found.append(try fit.weights(for: one.rows, targets: one.labels, classes: one.classes))
            }
            #expect(found[0] == found[1] && found[0] == found[2])
        }
    }

    @Test func whatDoesNotSettleAndWhatIsStoppedIsSaid() throws {
        let one = try #require(try Case.all.first)
        for var fit in [LinearFit.supportVectors(strength: 1), .logisticRegression()] {
            fit.mostSteps = 1
            let error = #expect(throws: TrainingError.self) {
                try fit.weights(for: one.rows, targets: one.labels, classes: one.classes)
            }
            #expect(error?.description.contains("not settled in 1 steps") == true, "\(String(describing: error))")
            let stop = StopSignal()
            stop.set()
            let stopped = #expect(throws: TrainingError.self) {
                try fit.weights(for: one.rows, targets: one.labels, classes: one.classes, stop: stop)
            }
            guard case .cancelled? = stopped else {
                Issue.record("\(String(describing: stopped))")
                continue
            }
        }
    }

    /// Clips that a plane divides, much strength, equal columns, and numbers of the size of a sound's samples.
    @Test func hardDataSettles() throws {
        let count = 40
        let labels = (0..<count).map { $0 % 3 }
        let noise = Tensor.normal([count, 2], key: RandomKey(seed: 9)).scalars
        let values = labels.indices.flatMap { clip -> [Float] in
            let own = Float(labels[clip]) * 50
            return [own, own, own * own + noise[2 * clip], 30_000 * noise[2 * clip + 1]]
        }
        for fit in [
            LinearFit.supportVectors(strength: 1e4), .supportVectors(strength: 1e-6),
            .logisticRegression(strength: 1e4), .logisticRegression(strength: 1e-6),
        ] {
            let weights = try fit.weights(for: LinearRows(values, columns: 4), targets: labels, classes: 3)
            #expect(weights.allSatisfy { $0.isFinite })
            guard fit.strength > 1 else { continue }
            for clip in labels.indices where fit.loss == .softmax {
                let row = values[clip * 4..<clip * 4 + 4].map(Double.init) + [1]
                let logits = (0..<3).map { own in
                    zip(row, weights[own * 5..<own * 5 + 5]).reduce(0) { $0 + $1.0 * $1.1 }
                }
                #expect(logits.firstIndex(of: logits.max() ?? 0) == labels[clip])
            }
        }
    }
}
