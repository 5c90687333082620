// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation
import SERSupport

/// The orthonormal discrete cosine transform of type II (`scipy.fft.dct(type=2, norm="ortho")`).
public enum DCT {
    /// The first `coefficients` of the transform of each row: [frames, inner] to [frames, coefficients].
    public static func orthonormal(_ matrix: FeatureMatrix, coefficients: Int) -> FeatureMatrix {
        guard (0...matrix.coefficients).contains(coefficients) else {
            stop("DCT.orthonormal: \(coefficients) coefficients of rows of \(matrix.coefficients); no more can be had")
        }
        let projection = Projection.cosines(inner: matrix.coefficients, columns: coefficients) { _ in 1 }
        return FeatureMatrix(frames: matrix.frames, coefficients: coefficients) { out in
            matrix.values.withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                projection.apply(base, stride: matrix.coefficients, frames: matrix.frames, into: out)
            }
        }
    }

    /// The first columns of the transform's matrix, each times its gain: [bands, coefficients].
    package static func matrix(bands: Int, coefficients: Int, gain: (Int) -> Double) -> [Float] {
        (0..<bands * coefficients).map {
            Float(value($0 / coefficients, $0 % coefficients, of: bands) * gain($0 % coefficients))
        }
    }

    /// The weight of the value at `position` in the coefficient `column` of a row of `inner`.
    static func value(_ position: Int, _ column: Int, of inner: Int) -> Double {
        let scale = (column == 0 ? 1 : 2.0.squareRoot()) / Double(inner).squareRoot()
        return scale * cos(Double.pi * Double(column) * (Double(position) + 0.5) / Double(inner))
    }
}

/// A matrix [inner, columns] that rows are multiplied with, packed in panels of 16 columns.
struct Projection: Sendable {
    let inner: Int
    let columns: Int
    private let panels: [Float]

    /// The first columns of the orthonormal DCT-II, each times its gain.
    static func cosines(inner: Int, columns: Int, gain: (Int) -> Double) -> Projection {
        let lanes = Int(SER_AUDIO_LANES)
        var panels = [Float](repeating: 0, count: (columns + lanes - 1) / lanes * lanes * inner)
        for column in 0..<columns {
            let scale = gain(column)
            for k in 0..<inner {
                panels[(column / lanes * inner + k) * lanes + column % lanes] = Float(
                    DCT.value(k, column, of: inner) * scale)
            }
        }
        return Projection(inner: inner, columns: columns, panels: panels)
    }

    /// out[frame, column] for rows that begin every `stride` values.
    func apply(_ rows: UnsafePointer<Float>, stride: Int, frames: Int, into out: UnsafeMutablePointer<Float>) {
        ser_audio_project(
            out, Int64(columns), rows, Int64(stride), panels, Int64(frames), Int64(inner), Int64(columns))
    }
}
