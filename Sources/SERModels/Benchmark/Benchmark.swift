import Foundation
import SERAudio
import SERCore
import SERSupport

/// Measures how long the work of training and recognition takes, on fixed shapes: 40 coefficients, 130 frames, 7 classes.
package struct Benchmark: Sendable {
    /// Everything that can be measured, in order.
    package static let names: [String] =
        ["step", "infer", "infer32"].flatMap { kind in
            ["ann", "cnn", "rnn", "lstm", "gru"].map { "\(kind)/\($0)" }
        } + ["gemm", "mfcc"]

    /// How long each figure is measured, in seconds.
    package var seconds: Double
    /// WAV files whose MFCCs are computed; `nil` for noise.
    package var data: URL?

    package init(seconds: Double = 1, data: URL? = nil) {
        self.seconds = seconds
        self.data = data
    }

    /// Measures one of ``names``; `nil` for another name.
    package func measure(_ name: String) throws -> BenchmarkFigure? {
        let parts = name.split(separator: "/").map(String.init)
        if name == "gemm" { return product() }
        if name == "mfcc" { return try features() }
        guard parts.count == 2, let architecture = Architecture(rawValue: parts[1]) else { return nil }
        switch parts[0] {
        case "step": return try step(architecture, name)
        case "infer": return try inference(architecture, name, batch: 1)
        case "infer32": return try inference(architecture, name, batch: 32)
        default: return nil
        }
    }

    private static let classes = 7
    private static let key = RandomKey(seed: 0)

    /// One training step: forward, cross-entropy, backward, Adam.
    private func step(_ architecture: Architecture, _ name: String) throws -> BenchmarkFigure {
        let key = Self.key.derived(name)
        var generator = key.generator
        let targets = (0..<architecture.batchSize).map { _ in Int.random(in: 0..<Self.classes, using: &generator) }
        let batch = Batch(
            values: Self.example(architecture, batch: architecture.batchSize), lengths: nil, targets: targets)
        var step = try TrainingStep(model: try architecture.model(classes: Self.classes), optimizer: .adam())
        var count = 0
        let times = sample {
            _ = step(batch, key: key.derived(count))
            count += 1
        }
        return BenchmarkFigure(name, times, batch: architecture.batchSize)
    }

    private func inference(_ architecture: Architecture, _ name: String, batch: Int) throws -> BenchmarkFigure {
        let model = try architecture.model(classes: Self.classes)
        let values = Self.example(architecture, batch: batch)
        return BenchmarkFigure(name, sample { _ = model(values) }, batch: batch)
    }

    /// A 1024 x 1024 x 1024 single-precision product.
    private func product() -> BenchmarkFigure {
        let a = Tensor.uniform([1024, 1024], key: Self.key.derived("a"))
        let b = Tensor.uniform([1024, 1024], key: Self.key.derived("b"))
        return BenchmarkFigure("gemm", sample { _ = a.matmul(b) })
    }

    private static func example(_ architecture: Architecture, batch: Int) -> Tensor {
        let shape = architecture.input(coefficients: 40, frames: 130).dimensions.map { $0.length ?? 130 }
        return Tensor.normal([batch] + shape, key: key.derived("example"))
    }

    /// Durations of repeated calls in milliseconds, after a few that warm up caches and the memory pool.
    private func sample(_ work: () -> Void) -> [Double] {
        for _ in 0..<5 { work() }
        var times: [Double] = []
        let end = Self.now() + seconds * 1e3
        repeat {
            let start = Self.now()
            work()
            times.append(Self.now() - start)
        } while Self.now() < end
        return times
    }

    /// 40 MFCCs of every clip at its own rate, decoded beforehand; the least of three passes.
    private func features() throws -> BenchmarkFigure {
        let clips = try data.map(Self.clips(in:)) ?? Self.noise
        let extractors = clips.map { MFCC(.librosa, coefficients: 40, sampleRate: $0.sampleRate) }
        if let first = clips.first { _ = try extractors[0].extract(first) }
        var times: [Double] = []
        for _ in 0..<3 {
            let start = Self.now()
            let failures = parallelMap(clips.count) { index -> FeatureError? in
                do throws(FeatureError) {
                    _ = try extractors[index].extract(clips[index])
                    return nil
                } catch { return error }
            }
            times.append(Self.now() - start)
            if let failure = failures.compactMap({ $0 }).first { throw failure }
        }
        let seconds = clips.reduce(0) { $0 + $1.duration }
        return BenchmarkFigure("mfcc", times, files: clips.count, audioSeconds: seconds)
    }

    /// 200 clips of 2 s at the rate of TESS.
    private static var noise: [AudioClip] {
        (0..<200).map { index in
            let samples = Tensor.uniform([48_828], low: -0.5, high: 0.5, key: key.derived("clip").derived(index))
            return AudioClip(samples: samples.scalars, sampleRate: 24_414)
        }
    }

    private static func clips(in folder: URL) throws -> [AudioClip] {
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let files = names.filter { $0.lowercased().hasSuffix(".wav") }.sorted()
        guard !files.isEmpty else { throw CorpusError.noAudio(folder, files: names.count) }
        return try files.map { try AudioFile.read(at: folder.appendingPathComponent($0)) }
    }

    private static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-6 }
}
