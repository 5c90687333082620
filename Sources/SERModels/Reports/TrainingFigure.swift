import Foundation
import SERSupport

/// A figure of one training as the report draws it: loss and accuracy over the epochs, training and validation.
public struct TrainingFigure: Sendable {
    /// The heading, such as "GRU: test accuracy 0.9929".
    public var title: String
    /// What is drawn.
    public var history: History

    /// A figure of a training.
    public init(title: String, history: History) {
        self.title = title
        self.history = history
    }

    /// The figure as an SVG document of 960 x 400 pixels with a background of its own.
    public var svg: String {
        let panels = [
            panel("Loss", \.trainLoss, \.validationLoss, left: 64, scale: lossScale),
            panel("Accuracy", \.trainAccuracy, \.validationAccuracy, left: 544, scale: accuracyScale),
        ]
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="960" height="400" viewBox="0 0 960 400" \
            role="img" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="12">
            <title>\(title.escapedForXML)</title>
            <rect width="960" height="400" fill="#ffffff"/>
            <text x="480" y="28" text-anchor="middle" font-size="17" font-weight="bold" fill="#222222">\
            \(title.escapedForXML)</text>
            \(panels.joined(separator: "\n"))
            \(legend)
            </svg>

            """
    }

    // Okabe and Ito's blue and vermilion, told apart with every form of colour blindness; dashes tell them apart in grey.
    private static let train = (color: "#0072B2", dash: "")
    private static let validation = (color: "#D55E00", dash: " stroke-dasharray=\"6 3\"")
    private static let top = 60.0
    private static let width = 384.0
    private static let height = 260.0

    private var lossScale: AxisScale {
        let losses = history.epochs.flatMap { [$0.trainLoss, $0.validationLoss] }.filter(\.isFinite)
        return AxisScale(from: 0, to: losses.max() ?? 1)
    }

    private var accuracyScale: AxisScale {
        let accuracies = history.epochs.flatMap { [$0.trainAccuracy, $0.validationAccuracy] }.filter(\.isFinite)
        return AxisScale(from: min(accuracies.min() ?? 0, 0.9), to: 1)
    }

    private var epochScale: AxisScale {
        AxisScale(integersFrom: history.epochs.first?.epoch ?? 1, to: history.epochs.last?.epoch ?? 1)
    }

    private func panel(
        _ name: String, _ train: KeyPath<EpochRecord, Double>, _ validation: KeyPath<EpochRecord, Double>,
        left: Double, scale: AxisScale
    ) -> String {
        let frame = Frame(left: left, top: Self.top, width: Self.width, height: Self.height, x: epochScale, y: scale)
        var parts = [frame.axes(label: name)]
        if history.bestEpoch > 0 { parts.append(frame.marker(at: Double(history.bestEpoch))) }
        for (values, style) in [(train, Self.train), (validation, Self.validation)] {
            let points = history.epochs.map { (x: Double($0.epoch), y: $0[keyPath: values]) }
            parts.append(frame.curve(points, color: style.color, dash: style.dash))
        }
        return parts.joined(separator: "\n")
    }

    private var legend: String {
        var entries = [("training", Self.train.color, Self.train.dash)]
        entries.append(("validation", Self.validation.color, Self.validation.dash))
        if history.bestEpoch > 0 { entries.append(("epoch kept (\(history.bestEpoch))", "#777777", Frame.markerDash)) }
        let step = 150.0
        let start = 480 - step * Double(entries.count) / 2
        return entries.enumerated().map { index, entry in
            let x = start + step * Double(index)
            return """
                <line x1="\(x.fixed(1))" y1="384" x2="\((x + 30).fixed(1))" y2="384" stroke="\(entry.1)" \
                stroke-width="2.2"\(entry.2)/><text x="\((x + 38).fixed(1))" y="388" fill="#222222">\(entry.0)</text>
                """
        }.joined(separator: "\n")
    }
}

/// The area of one panel, from values to pixels.
private struct Frame {
    static let markerDash = " stroke-dasharray=\"2 3\""

    let left, top, width, height: Double
    let x, y: AxisScale

    var bottom: Double { top + height }

    func across(_ value: Double) -> String { (left + width * x.fraction(of: value)).fixed(1) }
    func down(_ value: Double) -> String { (bottom - height * y.fraction(of: value)).fixed(1) }

    func axes(label: String) -> String {
        var parts: [String] = []
        for tick in y.ticks {
            let line = down(tick)
            parts.append("""
                <line x1="\(left.fixed(1))" y1="\(line)" x2="\((left + width).fixed(1))" y2="\(line)" \
                stroke="#dddddd"/><text x="\((left - 8).fixed(1))" y="\(line)" dy="4" text-anchor="end" \
                fill="#444444">\(y.label(of: tick))</text>
                """)
        }
        for tick in x.ticks {
            let line = across(tick)
            parts.append("""
                <line x1="\(line)" y1="\(bottom.fixed(1))" x2="\(line)" y2="\((bottom + 5).fixed(1))" \
                stroke="#444444"/><text x="\(line)" y="\((bottom + 19).fixed(1))" text-anchor="middle" \
                fill="#444444">\(x.label(of: tick))</text>
                """)
        }
        parts.append("""
            <path d="M\(left.fixed(1)) \(top.fixed(1))V\(bottom.fixed(1))H\((left + width).fixed(1))" fill="none" \
            stroke="#444444"/><text x="\((left + width / 2).fixed(1))" y="\((bottom + 38).fixed(1))" \
            text-anchor="middle" fill="#222222">Epoch</text><text x="\((left + width / 2).fixed(1))" \
            y="\((top - 10).fixed(1))" text-anchor="middle" font-size="13" fill="#222222">\(label)</text>
            """)
        return parts.joined(separator: "\n")
    }

    func marker(at epoch: Double) -> String {
        """
        <line x1="\(across(epoch))" y1="\(top.fixed(1))" x2="\(across(epoch))" y2="\(bottom.fixed(1))" \
        stroke="#777777" stroke-width="1.5"\(Self.markerDash)/>
        """
    }

    /// Points joined by lines; a value that is not a number leaves a gap, and a point that stands alone is a dot.
    func curve(_ points: [(x: Double, y: Double)], color: String, dash: String) -> String {
        points.split { !$0.y.isFinite }.map { run in
            if let only = run.first, run.count == 1 {
                return "<circle cx=\"\(across(only.x))\" cy=\"\(down(only.y))\" r=\"3.5\" fill=\"\(color)\"/>"
            }
            let path = run.map { "\(across($0.x)),\(down($0.y))" }.joined(separator: " ")
            return """
                <polyline points="\(path)" fill="none" stroke="\(color)" stroke-width="2" \
                stroke-linejoin="round"\(dash)/>
                """
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var escapedForXML: String {
        // Control characters are not allowed in XML at all.
        filter { !$0.isASCII || ($0.asciiValue ?? 0) >= 32 }
            .replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }
}
