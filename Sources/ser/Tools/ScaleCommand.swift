// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERBenchmarks
import SERModels
import SERReports
import SERSupport

struct ScaleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Measure how time, memory and throughput grow with clips, width, frames, threads and batch.",
        discussion: """
            Trains on noise in the shape of 140 to 8,960 clips (TESS has 2,240 to train on), at 1/4 to 4 times each \
            network's width, on 65 to 1,040 frames; recognises with 1 thread to twice as many as there are cores, and in \
            batches of 1 to 256. Every point is measured in a process of its own, so that its peak of memory is its alone: \
            once to warm up, then for 0.6 s and at least twice; the median counts. Fits a power to each series.

            Writes scaling.json, scaling.csv, report.html and figures/. Ctrl-C keeps what is measured.

            EXAMPLE:
              ser scale --models lstm,gru --output scaling
            """)

    @Option(help: ArgumentHelp("Networks to measure, separated by commas.", valueName: "names"))
    var models = ArchitectureList(Architecture.report)

    @Flag(help: "Fewer and smaller sizes, for 0.4 s each: a first look within a minute.")
    var quick = false

    @Option(help: ArgumentHelp("Folder for the results and figures.", valueName: "folder"))
    var output = URL(fileURLWithPath: "ser-scaling")

    /// Measures one point, given as JSON: what each process does.
    @Option(help: .hidden)
    var point: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let linear = models.architectures.first(where: \.isLinear) {
            throw ValidationError("--models \(linear.rawValue): it has no layers to grow and no steps to time.")
        }
    }

    func run() throws {
        common.apply()
        if let point { return try measure(point) }
        try AtomicFile.prepare(folder: output)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let plan = ScalingPlan(models.architectures, threads: Parallelism.threads, cores: cores, isQuick: quick)
        var results = ScalingResults(
            cores: cores, threads: Parallelism.threads, instructionSet: instructionSetName,
            command: ReportOptions.command)
        let progress = ProgressLine("measuring", total: plan.entries.count, unit: "points")
        for entry in plan.entries {
            guard let measurement = try measurement(of: entry.point) else { break }
            entry.append(measurement, to: &results)
            progress.advance(note: "\(entry.point.model.title), \(entry.subject.rawValue)")
        }
        if !Interruption.isRequested { results.complete() }
        progress.finish()
        try write(results)
        if common.json {
            try printJSON(results)
        } else {
            try printText(results)
            try printText("\nresults, figures and report: \(output.path)")
        }
        if !results.isComplete {
            note("Stopped; what was measured is in \(output.path).")
            throw ExitCode(Interruption.exitCode)
        }
    }

    private func measure(_ text: String) throws {
        guard let point = try? JSONDecoder().decode(ScalingPoint.self, from: Data(text.utf8)) else {
            throw ValidationError("--point: is not a point.")
        }
        var measurement = try point.measure()
        measurement.peakBytes = peakBytes
        try printJSON(measurement, onOneLine: true)
    }

    /// A process of its own does the work; nil when somebody asked to stop.
    private func measurement(of point: ScalingPoint) throws -> ScalingPoint.Measurement? {
        guard !Interruption.isRequested else { return nil }
        let text = String(decoding: try JSONEncoder().encode(point), as: UTF8.self)
        let data: Data
        do throws(OwnProcessError) {
            guard let output = try outputOfSelf(["scale", "--point", text]) else { return nil }
            data = output
        } catch {
            throw ScalingError.setting(
                "\(point.model.title), \(point.work.rawValue): the process that measured it \(error.ending); is there "
                    + "memory enough?")
        }
        return try JSONDecoder().decode(ScalingPoint.Measurement.self, from: data)
    }

    private func write(_ results: ScalingResults) throws {
        try results.write(to: output.appendingPathComponent("scaling.json"))
        try results.report().write(to: output)
    }
}
