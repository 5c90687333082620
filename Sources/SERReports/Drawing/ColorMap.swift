// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Colours for values from 0 to 1, as a palette of 256.
package struct ColorMap: Sendable {
    /// Red, green, blue and opacity of each of the 256 colours, one after the other.
    package let palette: [UInt8]

    /// Viridis: from dark violet over green to yellow, evenly brighter, read by colour-blind people and in grey (Smith
    /// and van der Walt, A better default colormap for Matplotlib, SciPy 2015; released into the public domain).
    package static let viridis = ColorMap(anchors: [
        0x440154, 0x482475, 0x414487, 0x355f8d, 0x2a788e, 0x21918c, 0x22a884, 0x44bf70, 0x7ad151, 0xbddf26, 0xfde725,
    ])

    /// Grey, from the background to dark, for what lies under colours.
    package static let grey = ColorMap(
        palette: (0..<256).flatMap { index -> [UInt8] in
            [0x58, 0x60, 0x6a, UInt8(index * 9 / 10)]
        })

    /// For values around 0.5, to lie over another image: blue below, vermilion above, more opaque away from the middle.
    package static let signedOverlay: ColorMap = {
        ColorMap(
            palette: (0..<256).flatMap { index -> [UInt8] in
                let value = Double(index) / 255 * 2 - 1
                let color: [UInt8] = value < 0 ? [0x4f, 0xb3, 0xff] : [0xff, 0x5a, 0x00]
                return color + [UInt8(saturating: abs(value) * 255)]
            })
    }()

    /// A map with a palette of 256 colours of red, green, blue and opacity.
    package init(palette: [UInt8]) { self.palette = palette }

    /// Colours between anchors at equal distances, each 0xRRGGBB.
    private init(anchors: [UInt32]) {
        palette = (0..<256).flatMap { index -> [UInt8] in
            let place = Double(index) / 255 * Double(anchors.count - 1)
            let lower = min(Int(saturating: place, rounding: .down), anchors.count - 2)
            let share = place - Double(lower)
            let channels = [16, 8, 0].map { shift -> UInt8 in
                let ends = [lower, lower + 1].map { Double(anchors[$0] >> UInt32(shift) & 0xff) }
                return UInt8(saturating: ends[0] + (ends[1] - ends[0]) * share)
            }
            return channels + [255]
        }
    }
}
