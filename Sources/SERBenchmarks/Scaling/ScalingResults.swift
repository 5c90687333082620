// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport
import SERTraining

/// How time, memory and throughput grow, as `ser scale` measured it: the contents of `scaling.json`.
public struct ScalingResults: ResultsDocument {
    public static let kind = ResultsKind.scaling
    public static let currentVersion = 2

    /// What grows in a series.
    public enum Subject: String, Codable, Sendable, CaseIterable {
        /// Training clips of an epoch.
        case clips
        /// Units of a layer, or filters of the CNN's first block.
        case width
        /// Frames of each clip.
        case frames
        /// Threads that share the work.
        case threads
        /// Clips in a forward pass.
        case batch
    }

    /// What was measured.
    public enum Quantity: String, Codable, Sendable, CaseIterable {
        /// Duration of an epoch without validation, in seconds.
        case epochSeconds
        /// Duration of a training step, in seconds.
        case stepSeconds
        /// Clips recognised in a second.
        case clipsPerSecond
        /// The most memory that a process of its own had which did this work alone, in bytes.
        case peakBytes
    }

    /// One measurement.
    public struct Point: Codable, Sendable, Equatable {
        /// The size of the subject, and the quantity.
        public let x, y: Double
        /// How often the work was done; `y` is the median, of memory the peak over all.
        public let repeats: Int

        package init(x: Double, y: Double, repeats: Int) {
            self.x = x
            self.y = y
            self.repeats = repeats
        }
    }

    /// A quantity of one network as one thing grows.
    public struct Series: Codable, Sendable, Equatable {
        /// The network, such as "gru".
        public let model: String
        /// What grows.
        public let subject: Subject
        /// What was measured.
        public let quantity: Quantity
        /// The measurements, by x.
        public internal(set) var points: [Point]
        /// The power of the growth; nil for fewer than three points.
        public internal(set) var fit: ScalingFit?
    }

    /// What the file is.
    public let header: ResultsHeader
    /// Cores of the machine, and threads that the work had unless it was measured against them.
    public let cores, threads: Int
    /// The instruction set of the library's own kernels.
    public let instructionSet: String
    /// What was measured on.
    public let data: String
    /// Whether everything that was asked for has been measured.
    public internal(set) var isComplete: Bool
    /// The measurements.
    public private(set) var series: [Series]

    /// Results before the first measurement.
    package init(cores: Int, threads: Int, instructionSet: String, command: [String]? = nil) {
        header = ResultsHeader(of: Self.self, command: command)
        self.cores = cores
        self.threads = threads
        self.instructionSet = instructionSet
        data =
            "noise of 40 coefficients: epochs over clips of 54 to 129 frames, as TESS has them (the CNN of 130, the ANN "
            + "of vectors), steps and inference on 130 frames where nothing else is said"
        isComplete = false
        series = []
    }

    /// Adds a measurement to its series.
    package mutating func append(
        _ point: Point, model: String, subject: Subject, quantity: Quantity
    ) {
        let known = series.firstIndex { $0.model == model && $0.subject == subject && $0.quantity == quantity }
        let index = known ?? series.count
        if known == nil {
            series.append(Series(model: model, subject: subject, quantity: quantity, points: [], fit: nil))
        }
        series[index].points.append(point)
        series[index].points.sort { $0.x < $1.x }
        // More threads than cores are shown, but are no growth.
        let fitted = series[index].points.filter { subject != .threads || $0.x <= Double(cores) }
        series[index].fit = ScalingFit(x: fitted.map(\.x), y: fitted.map(\.y))
    }

    package mutating func complete() { isComplete = true }

    /// The results with their powers fitted anew; nil where a file holds what cannot be drawn over logarithmic axes.
    package var checked: ScalingResults? {
        let range = 1e-12...1e15
        guard series.allSatisfy({ $0.points.allSatisfy { range.contains($0.x) && range.contains($0.y) } }) else {
            return nil
        }
        var results = self
        results.series = []
        for one in series {
            for point in one.points {
                results.append(point, model: one.model, subject: one.subject, quantity: one.quantity)
            }
        }
        return results
    }

    /// All measurements as a table of values separated by commas, a line each.
    public var csv: String {
        let rows = series.flatMap { series in
            series.points.map { point in
                "\(series.model),\(series.subject.rawValue),\(point.x.significant(8)),\(series.quantity.rawValue),"
                    + "\(point.y.significant(8)),\(point.repeats)"
            }
        }
        return (["model,subject,x,quantity,y,repeats"] + rows).joined(separator: "\n") + "\n"
    }
}

extension ScalingResults.Quantity {
    /// What texts call it, and its unit in them.
    var title: String {
        switch self {
        case .epochSeconds: "time of an epoch"
        case .stepSeconds: "time of a training step"
        case .clipsPerSecond: "throughput"
        case .peakBytes: "peak memory"
        }
    }

    var unit: String {
        switch self {
        case .epochSeconds: "s"
        case .stepSeconds: "ms"
        case .clipsPerSecond: "clips/s"
        case .peakBytes: "MiB"
        }
    }

    /// A value in ``unit``.
    func scaled(_ value: Double) -> Double {
        switch self {
        case .epochSeconds, .clipsPerSecond: value
        case .stepSeconds: value * 1e3
        case .peakBytes: value / 1_048_576
        }
    }
}

extension ScalingResults.Subject {
    var title: String {
        switch self {
        case .clips: "training clips"
        case .width: "width (units, or the CNN's first filters)"
        case .frames: "frames a clip"
        case .threads: "threads"
        case .batch: "clips in a batch"
        }
    }
}

extension ScalingResults.Series {
    /// What the fit says, such as `LSTM: time of an epoch grows as clips^1.00 (0.98 to 1.02)`.
    public var statement: String? {
        guard let fit else { return nil }
        return "\(model.uppercased()): \(quantity.title) grows as \(subject.rawValue)^\(fit)"
    }
}

extension ScalingResults: CustomStringConvertible {
    /// Tables of all measurements, one a subject and quantity, and below each how it grows.
    public var description: String {
        let tables = groups.map { group in
            ([group.title, ""] + group.table.lines + [""] + group.series.compactMap(\.statement)).joined(
                separator: "\n")
        }
        let heading =
            "\(cores) cores, \(threads) threads where nothing else is said, \(instructionSet) kernels; \(data).\n"
            + "Medians; exponents are slopes of log y over log x, with 95 % intervals."
        return ([heading] + tables + (isComplete ? [] : ["Stopped before the end: what is missing was not measured."]))
            .joined(separator: "\n\n")
    }

    /// Series of the same subject and quantity.
    struct Group {
        let subject: Subject
        let quantity: Quantity
        let series: [Series]

        var title: String {
            "\(quantity.title.prefix(1).uppercased() + quantity.title.dropFirst()) (\(quantity.unit)) against \(subject.title)"
        }

        /// A row a network. Widths of networks differ: they stand as parts of the network's own, in the same order.
        var table: TextTable {
            let xs = Set(series.flatMap { $0.points.map(\.x) }).sorted()
            var table = TextTable(["model"] + xs.map { $0.fixed(0) } + ["exponent", "95 % interval"])
            for one in series {
                let cells = xs.map { x in
                    one.points.first { $0.x == x }.map { quantity.scaled($0.y).significant(4) } ?? ""
                }
                let fit =
                    one.fit.map { [$0.exponent.fixed(2), "\($0.lower.fixed(2)) to \($0.upper.fixed(2))"] } ?? ["", ""]
                table.append([one.model.uppercased()] + cells + fit)
            }
            return table
        }
    }

    var groups: [Group] {
        Subject.allCases.flatMap { subject in
            Quantity.allCases.compactMap { quantity in
                let some = series.filter { $0.subject == subject && $0.quantity == quantity }
                return some.isEmpty ? nil : Group(subject: subject, quantity: quantity, series: some)
            }
        }
    }
}
