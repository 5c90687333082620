// SPDX-License-Identifier: Apache-2.0

import Foundation

extension FeatureMatrix {
    /// The matrix as a NumPy file: format 1.0, little-endian float32, C order, shape (frames, coefficients).
    ///
    /// The format is that of `numpy.lib.format`: a header padded with spaces to a multiple of 64 bytes, then the values.
    public func npy() -> Data {
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(frames), \(coefficients)), }"
        let prefix = 10  // magic, version and the header's length
        header += String(repeating: " ", count: 63 - (prefix + header.utf8.count) % 64) + "\n"
        var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0])
        data.append(contentsOf: [UInt8(header.utf8.count & 0xff), UInt8(header.utf8.count >> 8)])
        data.append(Data(header.utf8))
        let words = values.map { $0.bitPattern.littleEndian }
        words.withUnsafeBytes { data.append(contentsOf: $0) }
        return data
    }
}
