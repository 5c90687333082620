// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTraining

/// One measurement of how work grows: a network of some width at some work, on features of noise in the lengths of TESS's
/// clips or of a fixed number of frames.
package struct ScalingPoint: Codable, Sendable, Hashable {
    /// What is timed.
    package enum Work: String, Codable, Sendable {
        /// Every clip once in training steps (forward, cross-entropy, backward, Adam), without validation.
        case epoch
        /// One training step on one batch.
        case step
        /// The forward pass of one batch.
        case inference
    }

    package var model: Architecture
    package var work: Work
    /// Clips of an epoch.
    package var clips = 2240
    /// What the layers' widths are multiplied with.
    package var width = 1.0
    /// Frames of each clip in a step or a forward pass.
    package var frames = 130
    package var batch: Int
    package var threads: Int
    /// For how long the work is repeated, in seconds; it is done at least twice, and once before.
    package var seconds: Double

    package init(_ model: Architecture, _ work: Work, threads: Int, seconds: Double) {
        self.model = model
        self.work = work
        batch = model.batchSize
        self.threads = threads
        self.seconds = seconds
    }

    /// What one measurement gave.
    package struct Measurement: Codable, Sendable {
        /// The median duration, in seconds.
        package var seconds: Double
        /// How often the work was done.
        package var repeats: Int
        /// The most memory that the process had, in bytes; nil where the system does not tell.
        package var peakBytes: Int?
    }

    /// Does the work on the point's number of threads, which stays set.
    package func measure() throws(ScalingError) -> Measurement {
        Parallelism.threads = threads
        do {
            let model = try Model(input: self.model.input(frames: frames)) { network }
            let times: [Double]
            switch work {
            case .inference:
                let values = Benchmark.example(self.model, batch: batch, frames: frames)
                times = sample { _ in _ = model(values) }
            case .step:
                let targets = (0..<batch).map { $0 % Benchmark.classes }
                let clips = Batch(
                    values: Benchmark.example(self.model, batch: batch, frames: frames), lengths: nil, targets: targets)
                var step = try TrainingStep(model: model, optimizer: .adam())
                times = sample { _ = step(clips, key: Benchmark.key.derived($0)) }
            case .epoch:
                let examples = Benchmark.examples(self.model, count: clips, seed: 1)
                var step = try TrainingStep(model: model, optimizer: .adam())
                times = sample { epoch in
                    let key = Benchmark.key.derived("epoch").derived(epoch)
                    let order = BatchOrder(training: examples, batchSize: batch, key: key)
                    var count = 0
                    BatchPrefetcher(order) { _, clips in examples.batch(clips) }.forEach {
                        _ = step($0, key: key.derived(count))
                        count += 1
                        return true
                    }
                }
            }
            return Measurement(seconds: times.median ?? 0, repeats: times.count)
        } catch let error as ShapeError {
            throw .shape(error)
        } catch { throw .setting("\(error)") }
    }

    /// Durations in seconds.
    private func sample(_ work: (_ round: Int) -> Void) -> [Double] {
        work(0)
        var times: [Double] = []
        let clock = ContinuousClock()
        let begin = clock.now
        while times.count < 2 || clock.now - begin < .seconds(seconds) {
            let time = clock.measure { work(times.count + 1) }
            times.append(Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
        }
        return times
    }

    /// The network, its layers' widths multiplied.
    private var network: Block {
        func scaled(_ units: Int) -> Int { max(1, Int(saturating: Double(units) * width)) }
        let classes = Benchmark.classes
        switch model {
        case .ann: return .ann(classes: classes, units: scaled(256))
        case .cnn: return .cnn(classes: classes, filters: [32, 64, 128].map(scaled), units: scaled(128))
        case .rnn: return .rnn(classes: classes, units: scaled(128))
        case .lstm: return .lstm(classes: classes, units: scaled(128))
        case .gru: return .gru(classes: classes, units: scaled(128), denseUnits: scaled(256))
        case .linearSVM, .logisticRegression: return .linear(classes: classes)
        case .serNet:
            // Two directions side by side, which four heads divide.
            return .serNet(
                classes: classes, filters: [24, 32, 64, 64].map(scaled), units: scaled(128),
                recurrentUnits: 2 * scaled(48), bands: Benchmark.coefficients)
        }
    }

    /// The width in the network's own terms: units of a layer, or filters of the first block.
    package var units: Int {
        let base =
            switch model {
            case .ann: 256
            case .cnn: 32
            case .serNet: 24
            case .rnn, .lstm, .gru: 128
            case .linearSVM, .logisticRegression: 1
            }
        return max(1, Int(saturating: Double(base) * width))
    }
}
