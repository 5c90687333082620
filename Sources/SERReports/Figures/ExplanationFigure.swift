// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERSupport

/// Explanations of one clip, drawn over its mel spectrogram: evidence over time and frequency, over time alone, and over
/// time and coefficients.
public struct ExplanationFigure: Sendable {
    /// What is drawn, one below the other; all of one clip and label.
    public var explanations: [Explanation]
    /// The heading, such as "OAF_bite_angry.wav: angry 0.98".
    public var title: String
    private let spectrogram: FeatureMatrix
    private let frequencies: [Double]

    /// A figure of explanations of a clip by a recognizer.
    /// - Parameters:
    ///   - explanations: What is drawn, one below the other.
    ///   - clip: The sound that was explained, or the part of it that was heard.
    ///   - name: What the clip is called in the heading.
    ///   - recognizer: Whose features decide the spectrogram; where they come of no mel spectrogram, librosa's is shown.
    /// - Throws: `FeatureError` for sound that has no features.
    public init(
        _ explanations: [Explanation], of clip: AudioClip, named name: String, by recognizer: Recognizer
    ) throws(FeatureError) {
        self.explanations = explanations
        let pipeline = recognizer.pipeline
        let extractor = pipeline.extractor
        var mel = extractor.melSpectrogram ?? LogMel(.librosa, sampleRate: extractor.sampleRate)
        if mel.compression == .none { mel.compression = .decibels(Decibels()) }
        spectrogram = try mel.extract(pipeline.filled(try pipeline.hear(clip).clip))
        frequencies = mel.filters.centers(sampleRate: mel.sampleRate)
        title = Self.title(explanations.first, name)
    }

    private static func title(_ explanation: Explanation?, _ name: String) -> String {
        guard let explanation else { return name }
        let prediction = explanation.prediction
        let predicted = "\(name): \(prediction.label) \(Double(prediction.confidence).fixed(2))"
        guard explanation.label != prediction.label else { return predicted }
        return "\(predicted); explained: \(explanation.label) \(Double(prediction[explanation.label] ?? 0).fixed(2))"
    }

    /// The figure as an SVG document, light or dark as the viewer likes it, with a description in words.
    public var svg: String { figure.svg }

    private static let width = 860.0, spectrogramHeight = 200.0, timeHeight = 64.0, side = 120.0

    package var figure: Figure {
        let left = 76.0
        var top = 34.0
        var parts = [legend(left: left)]
        let area = { (top: Double, height: Double, y: AxisScale) in
            PlotArea(left: left, top: top, width: Self.width - left - Self.side - 36, height: height, x: timeAxis, y: y)
        }
        let none = AxisScale(from: 0, to: 1, ticks: [], places: 0)
        parts.append(spectrogramPanel(area(top, Self.spectrogramHeight, none)))
        top += Self.spectrogramHeight + 34
        for explanation in explanations {
            parts.append(Label(explanation.method.title, x: left, y: top + 8).weighted("bold").element)
            top += 18
            parts.append(timePanel(explanation, area(top, Self.timeHeight, none)))
            top += Self.timeHeight + 14
            let height = min(200, max(60, Double(explanation.columns.count) * 5))
            let isLast = explanation.method == explanations.last?.method
            parts.append(coefficientPanel(explanation, area(top, height, none), isLast: isLast))
            top += height + 40
        }
        return Figure(
            name: "explanation", title: title, description: description, width: Self.width, height: top + 12,
            content: parts.joined(separator: "\n"))
    }

    private var description: String {
        let cut =
            explanations.first.map {
                $0.isCut ? " \($0.cut)." : ""
            } ?? ""
        let spoken = explanations.map { explanation in
            let strongest = explanation.groups.prefix(3).map { "\($0.name) \(Explanation.signed($0.evidence))" }
            return "By \(explanation.method.title): \(explanation.summary) Most by coefficient: "
                + strongest.joined(separator: ", ") + "."
        }
        return "A mel spectrogram of the clip, and what in it speaks for the label and against it. "
            + spoken.joined(separator: " ") + cut
    }

    // MARK: Axes

    /// The times of frames, in seconds, with half a frame on both sides.
    private var timeAxis: AxisScale {
        guard let first = explanations.first, let start = first.times.first, let end = first.times.last else {
            return AxisScale(from: 0, to: 1)
        }
        let half = first.frameSeconds / 2
        let round = AxisScale(from: first.prediction.heard.start, to: end + half)
        let places = round.ticks.count > 1 && round.ticks[1] < 1 ? 1 : 0
        return AxisScale(
            from: start - half, to: end + half, ticks: round.ticks.filter { (start - half...end + half).contains($0) },
            places: places)
    }

    /// How far up a frequency lies among the bands, 0...1; nil beyond them.
    private func place(of hertz: Double) -> Double? {
        guard let above = frequencies.firstIndex(where: { $0 >= hertz }), above > 0 else { return nil }
        let below = frequencies[above - 1]
        let band = Double(above - 1) + (hertz - below) / (frequencies[above] - below)
        return (band + 0.5) / Double(frequencies.count)
    }

    private func ticks(_ ticks: [(place: Double, label: String)], in area: PlotArea) -> String {
        // Where they would stand on each other, the lower one goes.
        let apart = ticks.enumerated().filter { index, tick in
            index + 1 >= ticks.count || (ticks[index + 1].place - tick.place) * area.height > 15
        }
        return apart.map { _, tick in
            let y = area.down(tick.place)
            return PlotArea.line(area.left - 5, y, area.left, y, .muted)
                + Label(tick.label, x: area.left - 8, y: y + 5, anchor: .end, paint: .muted).element
        }.joined()
    }

    // MARK: Panels

    private func legend(left: Double) -> String {
        guard let first = explanations.first else { return "" }
        let other = first.contrast.map { " rather than '\($0)'" } ?? ""
        let entries = [
            Legend.Entry(name: "speaks for '\(first.label)'\(other)", paint: Self.infavor, isLine: false),
            Legend.Entry(name: "speaks against it", paint: Self.against, isLine: false),
        ]
        return Legend(entries, from: left, width: Self.width - left).element(top: 0)
    }

    private static let infavor = Paint.series[1], against = Paint.series[0]

    private func spectrogramPanel(_ area: PlotArea) -> String {
        let bands = spectrogram.coefficients
        let loudest = spectrogram.values.max() ?? 0
        let rows = (0..<bands).map { spectrogram.column($0) }
        // Kaldi's logarithm is natural: 80 dB are 18.4 of it.
        let depth = (loudest - (spectrogram.values.min() ?? 0)).magnitude
        var parts = [image(HeatMap.Layer(rows, range: (loudest - min(depth, 70))...loudest, colors: .grey), in: area)]
        if let mel = explanations.first?.mel {
            parts.append(image(Self.signed(mel.values), in: area))
        }
        parts.append(area.axes(x: "", y: "Hz (mel scale)"))
        let hertz = [125.0, 250, 500, 1000, 2000, 4000, 8000, 16_000]
        parts.append(ticks(hertz.compactMap { value in place(of: value).map { ($0, value.fixed(0)) } }, in: area))
        if let first = explanations.first, case let end = first.prediction.heard.start + first.soundSeconds,
            end + first.frameSeconds < area.x.upper
        {
            let x = area.across(end)
            parts.append(PlotArea.line(x, area.top, x, area.bottom, .muted, width: 1.6, dashes: "3 4"))
            if area.right - x > 120 {
                parts.append(Label("filled with silence", x: x + 6, y: area.top + 18, paint: .muted).element)
            }
        }
        return parts.joined(separator: "\n")
    }

    private func timePanel(_ explanation: Explanation, _ area: PlotArea) -> String {
        let most = explanation.frameTotals.reduce(0) { max($0, abs($1)) }
        let axis = AxisScale(from: -1, to: 1, ticks: [], places: 0)
        let scaled = PlotArea(
            left: area.left, top: area.top, width: area.width, height: area.height, x: area.x, y: axis)
        let width = area.width / Double(max(explanation.times.count, 1))
        var parts = explanation.frameTotals.enumerated().compactMap { frame, total -> String? in
            guard most > 0, abs(total) > most / 500 else { return nil }
            let zero = scaled.down(0), end = scaled.down(total / most)
            return PlotArea.rectangle(
                area.left + width * Double(frame), min(zero, end), max(width - 0.5, 0.5), abs(end - zero),
                total > 0 ? Self.infavor : Self.against)
        }
        parts.append(PlotArea.line(area.left, scaled.down(0), area.right, scaled.down(0), .muted))
        parts.append(Label("evidence", x: 14, y: area.top + area.height / 2, anchor: .middle, turn: -90).element)
        parts.append(
            Label(Explanation.signed(most), x: area.left - 8, y: area.top + 10, anchor: .end, paint: .muted).element)
        return parts.joined(separator: "\n")
    }

    private func coefficientPanel(_ explanation: Explanation, _ area: PlotArea, isLast: Bool) -> String {
        let columns = explanation.columns.count
        var parts = [image(Self.signed(explanation.attribution), in: area)]
        parts.append(area.axes(x: isLast ? "seconds" : "", y: Self.axisName(explanation.columns)))
        let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].first { columns / $0 <= 8 } ?? columns
        let names = stride(from: 0, to: columns, by: step).map { index in
            ((Double(index) + 0.5) / Double(columns), Self.tick(explanation.columns[index], index))
        }
        parts.append(ticks(names, in: area))
        parts.append(bars(explanation, beside: area))
        return parts.joined(separator: "\n")
    }

    /// The coefficients' totals, beside their rows.
    private func bars(_ explanation: Explanation, beside area: PlotArea) -> String {
        let totals = explanation.coefficientTotals
        let most = totals.reduce(0) { max($0, abs($1)) }
        let left = area.right + 20, middle = left + Self.side / 2
        let height = area.height / Double(max(totals.count, 1))
        var parts = totals.enumerated().compactMap { index, total -> String? in
            guard most > 0 else { return nil }
            let length = abs(total) / most * Self.side / 2
            return PlotArea.rectangle(
                total > 0 ? middle : middle - length, area.bottom - height * Double(index + 1) + 0.5, length,
                max(height - 1, 0.5), total > 0 ? Self.infavor : Self.against)
        }
        parts.append(PlotArea.line(middle, area.top, middle, area.bottom, .muted))
        parts.append(Label("over all frames", x: middle, y: area.top - 8, anchor: .middle, paint: .muted).element)
        parts.append(Label("-\(most.fixed(2))", x: left, y: area.bottom + 20, anchor: .start, paint: .muted).element)
        parts.append(
            Label("+\(most.fixed(2))", x: left + Self.side, y: area.bottom + 20, anchor: .end, paint: .muted).element)
        return parts.joined(separator: "\n")
    }

    private func image(_ layer: HeatMap.Layer, in area: PlotArea) -> String {
        let n = Markup.number
        guard let uri = layer.image.dataURI else { return "" }
        return Markup.element(
            "image",
            [
                ("x", n(area.left)), ("y", n(area.top)), ("width", n(area.width)), ("height", n(area.height)),
                ("preserveAspectRatio", "none"), ("href", uri),
            ])
    }

    /// [frames][rows] as an image whose middle colour is 0. The strongest hundredth is drawn as strong as the rest, so that
    /// a single frame does not make all others pale.
    private static func signed(_ values: [[Float]]) -> HeatMap.Layer {
        let rows = (0..<(values.first?.count ?? 0)).map { row in values.map { $0[row] } }
        let magnitudes = rows.joined().map(abs).sorted()
        let most = magnitudes.isEmpty ? 1 : magnitudes[min(magnitudes.count - 1, magnitudes.count * 995 / 1000)]
        let limit = most > 0 ? most : max(magnitudes.last ?? 0, .leastNormalMagnitude)
        return HeatMap.Layer(rows, range: -limit...limit, colors: .signedOverlay)
    }

    /// What the columns, or what they are derivatives of, have in common.
    private static func axisName(_ columns: [FeatureColumn]) -> String {
        let bases = columns.map(\.base)
        if bases.allSatisfy({ if case .cepstrum = $0 { true } else { false } }) { return "MFCC" }
        if bases.allSatisfy({ if case .band = $0 { true } else { false } }) { return "Hz" }
        return "coefficient"
    }

    /// The centre of a band in Hz; of other columns their place.
    private static func tick(_ column: FeatureColumn, _ index: Int) -> String {
        if case .band(let center) = column.base { center.fixed(0) } else { "\(index)" }
    }
}
