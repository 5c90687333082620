// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERBenchmarks
import SERCore
import SERModels
import SERSupport

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure training steps, inference, whole epochs, memory, matrix products and features.",
        discussion: """
            Networks are the report's, on 130 frames of 40 coefficients. step/NAME is one training step (forward, \
            cross-entropy, backward, Adam) at the report's batch size, batch16/, batch64/ and batch256/NAME at others, \
            frames130/, frames500/ and frames2000/NAME on longer clips; infer/NAME the forward pass of one clip, \
            infer32/NAME of 32; flops/NAME a step beside the most multiply-adds that the cores can do; epoch/NAME an \
            epoch over as many clips as TESS has; memory/NAME the peak memory of a process that trains such epochs; gemm a \
            product of 1024 x 1024 matrices; mfcc 40 MFCCs of every WAV file in --data at its own rate, mfcc/1 the same on \
            one thread. With --json each figure is one line, which --compare reads again.

            EXAMPLE:
              ser benchmark --json > before.json
              ser benchmark --only step/gru,infer/gru --threads 2 --compare before.json
            """)

    @Option(help: ArgumentHelp("Figures to measure, separated by commas. (default: all)", valueName: "names"))
    var only: String?

    @Option(help: ArgumentHelp("How long each figure is measured.", valueName: "seconds"))
    var seconds = 1.0

    @Option(help: ArgumentHelp("Folder of WAV files for mfcc. (default: noise)", valueName: "folder"))
    var data: URL?

    @Option(help: ArgumentHelp("What --json printed before: shows what has changed.", valueName: "file"))
    var compare: URL?

    /// Adds the peak memory of this process to each figure: what memory/NAME asks of a process of its own.
    @Flag(help: .hidden)
    var peak = false

    @OptionGroup var common: CommonOptions

    private static let memory = Architecture.allCases.filter { !$0.isLinear }.map { "memory/\($0.rawValue)" }
    private static let allNames = Benchmark.names + memory

    private var names: [String] {
        only?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? Self.allNames
    }

    func validate() throws {
        if let unknown = names.first(where: { !Self.allNames.contains($0) }) {
            throw ValidationError("--only \(unknown): there are \(Self.allNames.joined(separator: ", ")).")
        }
        if !(seconds > 0 && seconds <= 3600) {
            throw ValidationError("--seconds \(seconds): must be above 0 and at most 3600.")
        }
    }

    func run() throws {
        common.apply()
        let baseline = try compare.map(baseline)
        let benchmark = Benchmark(seconds: seconds, data: data, stop: .interruption)
        var table: BenchmarkTable?
        for name in names {
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            let measured = Self.memory.contains(name) ? try memory(name) : try benchmark.measure(name)
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            guard var figure = measured else { continue }
            if peak { figure.peakBytes = peakBytes }
            if let baseline { figure = figure.compared(with: baseline) }
            if common.json {
                try printJSON(figure, onOneLine: true)
            } else {
                table = try table ?? BenchmarkTable(first: figure, isCompared: baseline != nil)
                try table?.printRow(figure)
            }
        }
    }

    private func baseline(_ file: URL) throws -> [BenchmarkFigure] {
        do {
            return try BenchmarkFigure.read(contentsOf: file)
        } catch is DecodingError {
            throw ValidationError("--compare \(file.path): is not what ser benchmark --json prints.")
        }
    }

    /// A process of its own trains one network, so that no other has a share in its peak.
    private func memory(_ name: String) throws -> BenchmarkFigure? {
        let figure = name.replacingOccurrences(of: "memory", with: "epoch")
        guard
            let data = try outputOfSelf([
                "benchmark", "--json", "--peak", "--only", figure, "--seconds", "\(seconds)", "--threads",
                "\(Parallelism.threads)",
            ])
        else { return nil }
        return try JSONDecoder().decode(BenchmarkFigure.self, from: data).renamed(name)
    }
}

/// The figures as a table whose rows appear as they are measured.
private struct BenchmarkTable {
    private let isCompared: Bool

    /// Prints what all figures share and the headings.
    init(first: BenchmarkFigure, isCompared: Bool) throws {
        self.isCompared = isCompared
        try printText(
            "\(Parallelism.threads) threads; OpenBLAS core: \(first.openBLASCore); own kernels: \(first.instructionSet)"
        )
        let headings = ["figure", "batch", "median ms", "least ms", "iterations"]
        try printText(Self.row(headings + (isCompared ? ["before ms", "speed-up"] : []) + ["", "remarks"]))
    }

    func printRow(_ figure: BenchmarkFigure) throws {
        var cells = [
            figure.name, figure.batch.map(String.init) ?? "", figure.medianMilliseconds?.fixed(4) ?? "",
            figure.minimumMilliseconds.fixed(4), figure.iterations.map(String.init) ?? "",
        ]
        if isCompared {
            cells += [figure.baselineMilliseconds?.fixed(4) ?? "", figure.speedup?.fixed(2) ?? ""]
        }
        try printText(Self.row(cells + ["", remarks(figure)]))
    }

    private func remarks(_ figure: BenchmarkFigure) -> String {
        var parts: [String] = []
        if let share = figure.utilisation, let speed = figure.gigaflopPerSecond,
            let limit = figure.limitGigaflopPerSecond
        {
            parts.append("\(speed.fixed(0)) of \(limit.fixed(0)) GFLOP/s, utilisation \(share.fixed(2))")
        } else if let time = figure.microsecondsPerFrame, figure.name.hasPrefix("frames") {
            parts.append("\(time.fixed(3)) us a frame")
        } else if let time = figure.microsecondsPerClip, figure.name.hasPrefix("batch") {
            parts.append("\(time.fixed(2)) us a clip")
        }
        if let files = figure.files, let rate = figure.filesPerSecond, let factor = figure.realTimeFactor,
            let seconds = figure.audioSeconds
        {
            parts.append(
                "\(counted(files, "file")), \(seconds.fixed(1)) s of sound: \(rate.fixed(0)) files a second, "
                    + "\(factor.fixed(0)) times real time")
        }
        if let bytes = figure.peakBytes { parts.append("peak memory \((Double(bytes) / 1_048_576).fixed(0)) MiB") }
        return parts.joined(separator: "; ")
    }

    private static func row(_ cells: [String]) -> String {
        let widths = [15, 6, 12, 12, 11] + (cells.count > 7 ? [12, 10] : []) + [2, 0]
        let line = zip(cells, widths).enumerated().map { column, cell in
            column == 0 || column == cells.count - 1 ? cell.0.rightPadded(to: cell.1) : cell.0.leftPadded(to: cell.1)
        }.joined()
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
