// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERCore
import SERModels
import SERSupport

/// What `ser scale` measures, in order.
package struct ScalingPlan: Sendable {
    /// A measurement and the series that it belongs to.
    package struct Entry: Sendable {
        package let point: ScalingPoint
        package let subject: ScalingResults.Subject
    }

    package let entries: [Entry]

    /// All measurements of some networks; `isQuick` for fewer and shorter ones.
    package init(_ models: [Architecture], threads: Int, cores: Int, isQuick: Bool) {
        let seconds = isQuick ? 0.4 : 0.6
        let clips = isQuick ? [140, 280, 560, 1120] : [140, 280, 560, 1120, 2240, 4480, 8960]
        let widths: [Double] = isQuick ? [0.25, 0.5, 1] : [0.25, 0.5, 1, 2, 4]
        let frames = isQuick ? [65, 130, 260] : [65, 130, 260, 520, 1040]
        let counts = Set(Self.powers(to: cores) + [cores, 2 * cores]).sorted()
        let batches = isQuick ? [1, 8, 64] : [1, 2, 4, 8, 16, 32, 64, 128, 256]
        var entries: [Entry] = []
        for model in models {
            func add(
                _ subject: ScalingResults.Subject, _ work: ScalingPoint.Work, _ change: (inout ScalingPoint) -> Void
            ) {
                var point = ScalingPoint(model, work, threads: threads, seconds: seconds)
                change(&point)
                entries.append(Entry(point: point, subject: subject))
            }
            for count in clips { add(.clips, .epoch) { $0.clips = count } }
            for width in widths { add(.width, .step) { $0.width = width } }
            // Vectors have no frames.
            if model != .ann, !model.isLinear { for count in frames { add(.frames, .step) { $0.frames = count } } }
            for count in counts {
                add(.threads, .inference) {
                    $0.threads = count
                    $0.batch = 64
                }
            }
            for size in batches { add(.batch, .inference) { $0.batch = size } }
        }
        self.entries = entries
    }

    private static func powers(to cores: Int) -> [Int] {
        var powers = [1]
        while let last = powers.last, last * 2 <= cores { powers.append(last * 2) }
        return powers
    }
}

extension ScalingPlan.Entry {
    /// Adds what a measurement gave to results.
    package func append(_ measurement: ScalingPoint.Measurement, to results: inout ScalingResults) {
        let x: Double
        switch subject {
        case .clips: x = Double(point.clips)
        case .width: x = Double(point.units)
        case .frames: x = Double(point.frames)
        case .threads: x = Double(point.threads)
        case .batch: x = Double(point.batch)
        }
        func add(_ quantity: ScalingResults.Quantity, _ y: Double) {
            results.append(
                .init(x: x, y: y, repeats: measurement.repeats), model: point.model.rawValue, subject: subject,
                quantity: quantity)
        }
        switch point.work {
        case .epoch: add(.epochSeconds, measurement.seconds)
        case .step: add(.stepSeconds, measurement.seconds)
        case .inference: add(.clipsPerSecond, Double(point.batch) / measurement.seconds)
        }
        if point.work != .inference, let bytes = measurement.peakBytes { add(.peakBytes, Double(bytes)) }
    }
}

/// The instruction set of the library's own kernels.
package var instructionSetName: String { String(cString: ser_instruction_set_name(ser_instruction_sets() - 1)) }
