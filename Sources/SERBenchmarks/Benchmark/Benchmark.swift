// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTraining

/// Measures how long the work of training and recognition takes, on 40 coefficients, 130 frames and 7 classes where a
/// figure's name says nothing else.
package struct Benchmark: Sendable {
    /// Everything that can be measured, in order.
    package static let names: [String] = {
        let all = ["ann", "cnn", "rnn", "lstm", "gru"]
        let kinds =
            ["step", "infer", "infer32", "flops", "batch16", "batch64", "batch256"].map { ($0, all) }
            + ["frames130", "frames500", "frames2000"].map { ($0, Array(all.dropFirst())) } + [("epoch", all)]
        return kinds.flatMap { kind, networks in networks.map { "\(kind)/\($0)" } } + ["gemm", "mfcc", "mfcc/1"]
    }()

    /// How long each figure is measured, in seconds.
    package var seconds: Double
    /// WAV files whose MFCCs are computed; nil for noise.
    package var data: URL?

    /// Asked between one piece of work and the next.
    private let stop: StopSignal

    package init(seconds: Double = 1, data: URL? = nil, stop: StopSignal = .never) {
        self.seconds = seconds
        self.data = data
        self.stop = stop
    }

    /// Measures one of ``names``; nil for another name. A figure that was stopped on its way is not to be used.
    package func measure(_ name: String) throws -> BenchmarkFigure? {
        guard Self.names.contains(name) else { return nil }
        switch name {
        case "gemm": return product()
        case "mfcc": return try features(name)
        case "mfcc/1": return try onOneThread { try features(name) }
        default: break
        }
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 2, let architecture = Architecture(rawValue: parts[1]) else { return nil }
        switch parts[0] {
        case "step": return try step(architecture, name)
        case "infer": return try inference(architecture, name, batch: 1)
        case "infer32": return try inference(architecture, name, batch: 32)
        case "flops": return try utilisation(architecture, name)
        case "epoch": return try epoch(architecture, name)
        case "batch16": return try step(architecture, name, batch: 16)
        case "batch64": return try step(architecture, name, batch: 64)
        case "batch256": return try step(architecture, name, batch: 256)
        case "frames130": return try step(architecture, name, frames: 130)
        case "frames500": return try step(architecture, name, frames: 500)
        case "frames2000": return try step(architecture, name, frames: 2000)
        default: return nil
        }
    }

    static let classes = 7
    static let coefficients = 40
    static let key = RandomKey(seed: 0)

    // MARK: Networks

    /// Training steps (forward, cross-entropy, backward, Adam) at the report's batch size or another.
    private func step(
        _ architecture: Architecture, _ name: String, batch: Int? = nil, frames: Int = 130
    ) throws -> BenchmarkFigure {
        let key = Self.key.derived(name)
        let size = batch ?? architecture.batchSize
        var generator = key.generator
        let targets = (0..<size).map { _ in generator.draw(below: Self.classes) }
        let values = Self.example(architecture, batch: size, frames: frames)
        let clips = Batch(values: values, lengths: nil, targets: targets)
        let model = try architecture.model(classes: Self.classes, frames: frames)
        var step = try TrainingStep(model: model, optimizer: .adam())
        var count = 0
        let times = sample {
            _ = step(clips, key: key.derived(count))
            count += 1
        }
        var figure = BenchmarkFigure(name, times, batch: size)
        figure.gigaflop = model.trainingArithmetic(batch: size, frames: frames) * 1e-9
        if architecture != .ann {
            figure.microsecondsPerFrame = figure.microsecondsPerClip.map { $0 / Double(frames) }
        }
        return figure
    }

    /// How near training steps come to what the processor can do.
    private func utilisation(_ architecture: Architecture, _ name: String) throws -> BenchmarkFigure {
        let before = Self.limit()
        var figure = try step(architecture, name)
        if stop.isSet { return figure }
        // The better of two, since a machine may be busy in between.
        let limit = max(before, Self.limit())
        let speed = (figure.gigaflop ?? 0) / (figure.milliseconds * 1e-3)
        figure.gigaflopPerSecond = speed
        figure.limitGigaflopPerSecond = limit
        figure.utilisation = speed / limit
        return figure
    }

    /// Multiply-adds of all threads on registers in a second, counted as two operations each, in billions.
    private static func limit() -> Double {
        let threads = Parallelism.threads
        var best = 0.0
        for _ in 0..<20 {
            let start = now()
            let operations = parallelMap(threads) { _ in ser_multiply_adds(5_000_000) }.reduce(0, +)
            best = max(best, operations / (now() - start) * 1e-6)
        }
        return best
    }

    private func inference(_ architecture: Architecture, _ name: String, batch: Int) throws -> BenchmarkFigure {
        let model = try architecture.model(classes: Self.classes)
        let values = Self.example(architecture, batch: batch, frames: 130)
        return BenchmarkFigure(name, sample { _ = model(values) }, batch: batch)
    }

    /// Epochs over as many clips as TESS has, of its lengths: 2,240 to train and 280 to validate.
    private func epoch(_ architecture: Architecture, _ name: String) throws -> BenchmarkFigure {
        let (train, validation) = (
            Self.examples(architecture, count: 2240, seed: 1), Self.examples(architecture, count: 280, seed: 2)
        )
        var step = try TrainingStep(model: try architecture.model(classes: Self.classes), optimizer: .adam())
        var epoch = 0
        let times = sample(warmUps: 1) {
            let key = Self.key.derived(name).derived(epoch)
            let order = BatchOrder(training: train, batchSize: architecture.batchSize, key: key)
            var count = 0
            BatchPrefetcher(order) { _, clips in train.batch(clips) }.forEach { batch in
                _ = step(batch, key: key.derived(count))
                count += 1
                return !stop.isSet
            }
            if stop.isSet { return }
            _ = step.model.logits(of: validation)
            epoch += 1
        }
        var figure = BenchmarkFigure(name, times, batch: architecture.batchSize)
        figure.microsecondsPerClip = nil
        return figure
    }

    /// A 1024 x 1024 x 1024 single-precision product.
    private func product() -> BenchmarkFigure {
        let a = Tensor.uniform([1024, 1024], key: Self.key.derived("a"))
        let b = Tensor.uniform([1024, 1024], key: Self.key.derived("b"))
        return BenchmarkFigure("gemm", sample { _ = a.matmul(b) })
    }

    // MARK: Features

    /// 40 MFCCs of every clip at its own rate, decoded beforehand; the least of three passes.
    private func features(_ name: String) throws -> BenchmarkFigure {
        let clips = try data.map(Self.clips(in:)) ?? Self.noise
        let extractors = clips.map { MFCC(.librosa, coefficients: Self.coefficients, sampleRate: $0.sampleRate) }
        if let first = clips.first { _ = try extractors[0].extract(first) }
        var times: [Double] = []
        for _ in 0..<3 where times.isEmpty || !stop.isSet {
            let start = Self.now()
            let failures = parallelMap(clips.count) { index -> FeatureError? in
                if stop.isSet { return nil }
                do throws(FeatureError) {
                    _ = try extractors[index].extract(clips[index])
                    return nil
                } catch { return error }
            }
            times.append(Self.now() - start)
            if let failure = failures.compactMap({ $0 }).first { throw failure }
        }
        let seconds = clips.reduce(0) { $0 + $1.duration }
        return BenchmarkFigure(name, times, files: clips.count, audioSeconds: seconds)
    }

    private func onOneThread<Result>(_ body: () throws -> Result) rethrows -> Result {
        let threads = Parallelism.threads
        Parallelism.threads = 1
        defer { Parallelism.threads = threads }
        return try body()
    }

    // MARK: Time

    /// Durations of repeated calls in milliseconds, after a few that warm up caches and the memory pool.
    private func sample(warmUps: Int = 5, _ work: () -> Void) -> [Double] {
        for _ in 0..<warmUps where !stop.isSet { work() }
        var times: [Double] = []
        let end = Self.now() + seconds * 1e3
        repeat {
            let start = Self.now()
            work()
            times.append(Self.now() - start)
        } while Self.now() < end && !stop.isSet
        return times
    }

    private static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-6 }
}
