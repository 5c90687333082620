import Foundation
import SERSupport

/// One measurement of ``Benchmark``: a line of `ser benchmark --json`.
package struct BenchmarkFigure: Codable, Sendable {
    /// What was measured, such as `step/gru`.
    package let name: String
    /// How many threads were used.
    package let threads: Int
    /// The median duration, in milliseconds; `nil` where so few passes are made that only the least counts.
    package let medianMilliseconds: Double?
    /// The least duration, in milliseconds.
    package let minimumMilliseconds: Double
    /// How often the work was done; `nil` for passes over files.
    package let iterations: Int?
    /// Clips at once; `nil` where there are none.
    package let batch: Int?
    /// Number of sound files; `nil` for other work.
    package let files: Int?
    /// Length of all sound files, in seconds.
    package let audioSeconds: Double?
    /// How many seconds of sound are worked through in a second.
    package let realTimeFactor: Double?

    /// Durations of repeated work, in milliseconds.
    init(_ name: String, _ times: [Double], batch: Int? = nil) {
        let sorted = times.sorted()
        let middle = sorted.count / 2
        self.name = name
        threads = Parallelism.threads
        medianMilliseconds = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        minimumMilliseconds = sorted[0]
        iterations = sorted.count
        self.batch = batch
        files = nil
        audioSeconds = nil
        realTimeFactor = nil
    }

    /// Durations of passes over sound files, in milliseconds.
    init(_ name: String, _ times: [Double], files: Int, audioSeconds: Double) {
        let least = times.min() ?? 0
        self.name = name
        threads = Parallelism.threads
        medianMilliseconds = nil
        minimumMilliseconds = least
        iterations = nil
        batch = nil
        self.files = files
        self.audioSeconds = audioSeconds
        realTimeFactor = least > 0 ? audioSeconds / (least * 1e-3) : 0
    }
}
