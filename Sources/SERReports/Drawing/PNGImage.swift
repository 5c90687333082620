// SPDX-License-Identifier: Apache-2.0

import CPNG
import Foundation

/// An image of 256 colours as a PNG file, written by libpng.
package struct PNGImage: Sendable {
    package let width, height: Int
    /// The colour of each pixel, row by row from the top.
    package let pixels: [UInt8]
    package let colors: ColorMap

    /// An image of `width` times `height` pixels; missing ones have colour 0.
    package init(width: Int, height: Int, pixels: [UInt8], colors: ColorMap) {
        self.width = max(width, 1)
        self.height = max(height, 1)
        let count = self.width * self.height
        self.pixels = Array(pixels.prefix(count)) + [UInt8](repeating: 0, count: max(0, count - pixels.count))
        self.colors = colors
    }

    /// The file; `nil` where libpng cannot make one.
    package var data: Data? {
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        image.width = UInt32(width)
        image.height = UInt32(height)
        image.format = UInt32(PNG_FORMAT_FLAG_COLORMAP | PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
        image.colormap_entries = 256
        defer { png_image_free(&image) }
        // A little more than the pixels as they are: compressed they are smaller, but for noise.
        var size = width * height + width * height / 100 + 4096
        var bytes = Data(count: size)
        let isWritten = bytes.withUnsafeMutableBytes { buffer in
            png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, pixels, Int32(width), colors.palette) != 0
        }
        return isWritten ? bytes.prefix(size) : nil
    }

    /// The file as a `data:` URI.
    package var dataURI: String? { data.map { "data:image/png;base64,\($0.base64EncodedString())" } }
}
