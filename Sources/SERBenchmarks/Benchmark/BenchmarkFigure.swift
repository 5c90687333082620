// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation
import SERCore
import SERSupport

/// One measurement of ``Benchmark``: a line of `ser benchmark --json`. What does not apply to a figure is nil.
package struct BenchmarkFigure: Codable, Sendable {
    /// What was measured, such as `step/gru`.
    package private(set) var name: String
    /// How many threads were used.
    package let threads: Int
    /// The processor that OpenBLAS takes this one for.
    package let openBLASCore: String
    /// The instruction set of the library's own kernels.
    package let instructionSet: String
    /// The median duration, in milliseconds; nil where so few passes are made that only the least counts.
    package var medianMilliseconds: Double?
    /// The least duration, in milliseconds.
    package var minimumMilliseconds: Double
    /// How often the work was done; nil for passes over files.
    package var iterations: Int?
    /// Clips at once.
    package var batch: Int?
    /// The median duration for each clip, in microseconds.
    package var microsecondsPerClip: Double?
    /// The median duration for each frame of each clip, in microseconds.
    package var microsecondsPerFrame: Double?
    /// Additions and multiplications of the work as its definition has them, in billions.
    package var gigaflop: Double?
    /// The same for each second, in billions.
    package var gigaflopPerSecond: Double?
    /// Most additions and multiplications that the threads do in a second on registers alone, in billions.
    package var limitGigaflopPerSecond: Double?
    /// The one divided by the other.
    package var utilisation: Double?
    /// Number of sound files.
    package var files: Int?
    /// Sound files in a second.
    package var filesPerSecond: Double?
    /// Length of all sound files, in seconds.
    package var audioSeconds: Double?
    /// How many seconds of sound are worked through in a second.
    package var realTimeFactor: Double?
    /// The most memory that the process has had, in bytes.
    package var peakBytes: Int?
    /// The duration that the same figure had in the baseline, in milliseconds.
    package var baselineMilliseconds: Double?
    /// That duration divided by this one: above 1 is faster.
    package var speedup: Double?

    /// Durations of repeated work, in milliseconds.
    init(_ name: String, _ times: [Double], batch: Int? = nil) {
        let sorted = times.sorted()
        self.name = name
        threads = Parallelism.threads
        openBLASCore = openBLASCoreName
        instructionSet = String(cString: ser_instruction_set_name(ser_instruction_sets() - 1))
        medianMilliseconds = times.median
        minimumMilliseconds = sorted[0]
        iterations = sorted.count
        self.batch = batch
        microsecondsPerClip = batch.flatMap { batch in medianMilliseconds.map { $0 * 1e3 / Double(batch) } }
    }

    /// Durations of passes over sound files, in milliseconds.
    init(_ name: String, _ times: [Double], files: Int, audioSeconds: Double) {
        self.init(name, times)
        medianMilliseconds = nil
        iterations = nil
        self.files = files
        self.audioSeconds = audioSeconds
        let seconds = minimumMilliseconds * 1e-3
        filesPerSecond = seconds > 0 ? Double(files) / seconds : nil
        realTimeFactor = seconds > 0 ? audioSeconds / seconds : nil
    }

    /// The duration that stands for the figure, in milliseconds.
    package var milliseconds: Double { medianMilliseconds ?? minimumMilliseconds }

    /// The same measurement under another name.
    package func renamed(_ name: String) -> BenchmarkFigure {
        var copy = self
        copy.name = name
        return copy
    }

    /// The figure beside the one of the same name in a baseline.
    package func compared(with baseline: [BenchmarkFigure]) -> BenchmarkFigure {
        guard let old = baseline.first(where: { $0.name == name }) else { return self }
        var copy = self
        copy.baselineMilliseconds = old.milliseconds
        copy.speedup = old.milliseconds / milliseconds
        return copy
    }

    /// The figures of a file that `ser benchmark --json` has written.
    package static func read(contentsOf file: URL) throws -> [BenchmarkFigure] {
        let text = String(decoding: try Data(ofFile: file, most: 1 << 26, takesPipes: true), as: UTF8.self)
        let lines = text.split(separator: "\n")
        let decoder = JSONDecoder()
        return try lines.filter { $0.hasPrefix("{") }.map {
            try decoder.decode(BenchmarkFigure.self, from: Data($0.utf8))
        }
    }
}
