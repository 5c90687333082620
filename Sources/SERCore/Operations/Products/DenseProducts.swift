// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// The three products of a dense layer, x [rows, inputs] and weight [units, inputs]: with few rows by kernels that read
/// the weight as it lies, otherwise by OpenBLAS, which packs it each time.
struct DenseProducts: Sendable {
    let rows: Int
    let units: Int
    let inputs: Int

    /// Whether the library's own kernels are quicker, by the shape alone.
    private var isSmall: Bool { rows <= 8 || rows <= 64 && units * inputs <= 1 << 18 }

    /// Whether the weight must come from memory for each few rows again, unless the product is cut along the inputs too,
    /// as OpenBLAS does.
    private var isBeyondCache: Bool { rows > 8 && units * inputs > 1 << 22 }

    /// Units that a piece of a large forward product has.
    private static let unitsOfPiece = 32
    /// Multiplications from which a forward product is cut into pieces: tens of microseconds on one core.
    private static let largeProduct = 1 << 20

    /// y[rows, units] = x w^T + bias
    func forward(
        _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        into y: UnsafeMutablePointer<Float>
    ) {
        guard rows <= 64 && !isBeyondCache else {
            if let bias { for row in 0..<rows { (y + row * units).update(from: bias, count: units) } }
            return BLAS.product(x, weight, into: y, rows, units, inputs, transposeB: true, accumulate: bias != nil)
        }
        // Every value is a sum of its own: units may be cut anywhere.
        let pieces = rows * units * inputs < Self.largeProduct ? 1 : (units + Self.unitsOfPiece - 1) / Self.unitsOfPiece
        let wide = (units + pieces - 1) / pieces
        nonisolated(unsafe) let (x, weight, bias, y) = (x, weight, bias, y)
        parallelFor(pieces) { piece in
            let first = piece * wide
            let count = min(wide, units - first)
            guard count > 0 else { return }
            ser_dense_forward(
                Int64(rows), Int64(count), Int64(inputs), x, Int64(inputs), weight + first * inputs, Int64(inputs),
                y + first, Int64(units), bias.map { $0 + first }, 0)
        }
    }

    /// Whether there are too few units for a panel of the packed weight.
    var isNarrow: Bool { units < 16 && inputs <= 4096 }

    /// Whether a weight is read as it lies where nobody keeps it packed.
    var isFewRows: Bool { rows < 8 }

    /// How many values the packed weight holds; nil where the forward product is no quicker with it.
    var packedCount: Int? {
        let count = Int(ser_packed_size(Int64(inputs), Int64(units)))
        return !isNarrow && count <= Self.mostPacked ? count : nil
    }

    /// Beyond this the copy of a weight costs more memory than its speed is worth.
    private static let mostPacked = 1 << 21

    func pack(_ weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
        ser_pack(packed, weight, Int64(inputs), Int64(inputs), Int64(units), 1)
    }

    /// The forward product with the weight packed.
    ///
    /// Rows are cut, so that what a thread writes it reads again in the next layer; a piece is worth it from some tens of
    /// microseconds.
    func forward(
        _ x: UnsafePointer<Float>, packed: Buffer, bias: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>
    ) {
        let rowsOfPiece = max(16, (1 << 22) / max(units * inputs, 1) / 8 * 8)
        nonisolated(unsafe) let (x, bias, y) = (x, bias, y)
        parallelFor((rows + rowsOfPiece - 1) / rowsOfPiece) { piece in
            let first = piece * rowsOfPiece
            ser_gemm_packed(
                Int64(min(rowsOfPiece, rows - first)), Int64(units), Int64(inputs), x + first * inputs, Int64(inputs),
                packed.pointer, y + first * units, Int64(units), bias, 0)
        }
    }

    /// dx[rows, inputs] (+)= dy w
    func inputGradient(
        _ dy: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
        accumulate: Bool
    ) {
        guard isSmall else {
            return BLAS.product(dy, weight, into: dx, rows, inputs, units, accumulate: accumulate)
        }
        ser_dense_input_gradient(
            Int64(rows), Int64(units), Int64(inputs), dy, Int64(units), weight, Int64(inputs), dx, Int64(inputs),
            accumulate ? 1 : 0)
    }

    /// dw[units, inputs] (+)= dy^T x
    func weightGradient(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into dw: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        guard isSmall else {
            return BLAS.product(dy, x, into: dw, units, inputs, rows, transposeA: true, accumulate: accumulate)
        }
        ser_dense_weight_gradient(
            Int64(rows), Int64(units), Int64(inputs), dy, Int64(units), x, Int64(inputs), dw, Int64(inputs),
            accumulate ? 1 : 0)
    }

    /// db[units] (+)= the sum of dy's rows
    func biasGradient(_ dy: UnsafePointer<Float>, into db: UnsafeMutablePointer<Float>, accumulate: Bool) {
        ser_dense_bias_gradient(Int64(rows), Int64(units), dy, Int64(units), db, accumulate ? 1 : 0)
    }
}
