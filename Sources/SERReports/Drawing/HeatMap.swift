// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Values over two axes as an image of colours: a spectrogram, and what lies over it.
package struct HeatMap: Sendable {
    /// One image of the map.
    package struct Layer: Sendable {
        /// Values, [rows][columns], the first row lowest; what is not a number counts as the least.
        package var values: [[Float]]
        /// What the first and the last colour stand for.
        package var range: ClosedRange<Float>
        package var colors: ColorMap

        package init(_ values: [[Float]], range: ClosedRange<Float>, colors: ColorMap = .viridis) {
            self.values = values
            self.range = range
            self.colors = colors
        }

        var image: PNGImage {
            let width = values.map(\.count).max() ?? 0
            let span = max(range.upperBound - range.lowerBound, .leastNormalMagnitude)
            let pixels = values.reversed().flatMap { row in
                (0..<width).map { column -> UInt8 in
                    let value = column < row.count ? (row[column] - range.lowerBound) / span : 0
                    return UInt8(saturating: value * 255, rounding: .down)
                }
            }
            return PNGImage(width: width, height: values.count, pixels: pixels, colors: colors)
        }
    }

    package var name, title, description: String
    package var xLabel, yLabel: String
    /// The axis below, from the first column's beginning to the last one's end.
    package var xAxis: AxisScale
    /// Where numbers stand beside: how far up, 0...1, and the number.
    package var yTicks: [(place: Double, label: String)]
    /// The images, the lowest first.
    package var layers: [Layer]
    package var width = 440.0
    package var plotHeight = 150.0

    /// A map of layers.
    package init(
        name: String, title: String, description: String, xLabel: String, yLabel: String, xAxis: AxisScale,
        yTicks: [(place: Double, label: String)], layers: [Layer]
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.xAxis = xAxis
        self.yTicks = yTicks
        self.layers = layers
    }

    /// The map, drawn.
    package var figure: Figure {
        let n = Markup.number
        let left = 34 + (yTicks.map { Label.width($0.label) }.max() ?? 0)
        let area = PlotArea(
            left: left, top: 8, width: width - left - 12, height: plotHeight, x: xAxis,
            y: AxisScale(from: 0, to: 1, ticks: [], places: 0))
        let place = [
            ("x", n(area.left)), ("y", n(area.top)), ("width", n(area.width)), ("height", n(area.height)),
            ("preserveAspectRatio", "none"),
        ]
        var parts = layers.compactMap { layer in
            layer.image.dataURI.map { Markup.element("image", place + [("href", $0)]) }
        }
        parts.append(area.axes(x: xLabel, y: yLabel))
        parts += yTicks.map { tick in
            let y = area.down(tick.place)
            return PlotArea.line(area.left - 5, y, area.left, y, .muted)
                + Label(tick.label, x: area.left - 8, y: y + 5, anchor: .end, paint: .muted).element
        }
        return Figure(
            name: name, title: title, description: description, width: width, height: area.bottom + 50,
            content: parts.joined(separator: "\n"))
    }
}
