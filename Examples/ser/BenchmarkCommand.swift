import ArgumentParser
import Foundation
import SERCore
import SERModels
import SERSupport

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure training steps, inference, matrix products and features.",
        discussion: """
            step/NAME is one training step (forward, cross-entropy, backward, Adam) on 130 frames of 40 coefficients, \
            infer/NAME the forward pass of one clip, infer32/NAME of 32, gemm a product of 1024 x 1024 matrices, mfcc \
            40 MFCCs of every WAV file in --data at its own rate. With --json each figure is one line.

            EXAMPLE:
              ser benchmark --only step/gru,infer/gru --threads 2
            """)

    @Option(help: ArgumentHelp("Figures to measure, separated by commas. (default: all)", valueName: "names"))
    var only: String?

    @Option(help: ArgumentHelp("How long each figure is measured.", valueName: "seconds"))
    var seconds = 1.0

    @Option(help: ArgumentHelp("Folder of WAV files for mfcc. (default: noise)", valueName: "folder"))
    var data: URL?

    @OptionGroup var common: CommonOptions

    private var names: [String] { only?.split(separator: ",").map(String.init) ?? Benchmark.names }

    func validate() throws {
        if let unknown = names.first(where: { !Benchmark.names.contains($0) }) {
            throw ValidationError("--only \(unknown): there are \(Benchmark.names.joined(separator: ", ")).")
        }
        if !(seconds > 0 && seconds <= 3600) {
            throw ValidationError("--seconds \(seconds): must be above 0 and at most 3600.")
        }
    }

    func run() throws {
        common.apply()
        let benchmark = Benchmark(seconds: seconds, data: data)
        if !common.json {
            print("\(Parallelism.threads) threads; OpenBLAS core: \(openBLASCoreName)")
            print(Self.row(["figure", "batch", "median ms", "least ms", "iterations"]))
        }
        for name in names {
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            guard let figure = try benchmark.measure(name) else { continue }
            if common.json { try printJSON(figure, onOneLine: true) } else { print(Self.row(of: figure)) }
            // Each line is seen when it is measured, in a pipe too.
            fflush(nil)
        }
    }

    private static func row(of figure: BenchmarkFigure) -> String {
        let cells = [
            figure.name, figure.batch.map(String.init) ?? "", figure.medianMilliseconds?.fixed(4) ?? "",
            figure.minimumMilliseconds.fixed(4), figure.iterations.map(String.init) ?? "",
        ]
        guard let files = figure.files, let factor = figure.realTimeFactor, let seconds = figure.audioSeconds else {
            return row(cells)
        }
        return "\(row(cells))  \(files) files, \(seconds.fixed(1)) s of sound, \(factor.fixed(0)) times real time"
    }

    private static func row(_ cells: [String]) -> String {
        zip(cells, [14, 6, 12, 12, 11]).enumerated().map { column, cell in
            column == 0 ? cell.0.rightPadded(to: cell.1) : cell.0.leftPadded(to: cell.1)
        }.joined()
    }
}
