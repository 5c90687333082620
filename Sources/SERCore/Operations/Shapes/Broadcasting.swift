// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// NumPy's broadcasting: shapes align at their last axes, and an axis of length 1 repeats to fit the other's.
enum Broadcasting {
    /// The shape of an element-wise operation on two shapes.
    static func shape(_ a: [Int], _ b: [Int], in operation: String) -> [Int] {
        if a == b || b.isEmpty { return a }
        if a.isEmpty { return b }
        let (long, short) = a.count >= b.count ? (a, b) : (b, a)
        var result = long
        for (offset, length) in short.enumerated() {
            let axis = long.count - short.count + offset
            require(
                length == long[axis] || length == 1 || long[axis] == 1,
                "\(operation): shapes \(a) and \(b) do not broadcast: axis \(axis) has \(long[axis]) and \(length)")
            if long[axis] == 1 { result[axis] = length }
        }
        return result
    }

    /// out = (or +=) kernel(a, b), where both operands broadcast to `shape`.
    static func apply(
        _ kernel: ser_binary_kernel, shape: [Int], into out: UnsafeMutablePointer<Float>, accumulate: Bool = false,
        _ a: UnsafePointer<Float>, _ aShape: [Int], _ b: UnsafePointer<Float>, _ bShape: [Int]
    ) {
        let count = shape.reduce(1, *)
        guard count > 0 else { return }
        let aFull = aShape == shape, bFull = bShape == shape
        if aFull && bFull { return flat(kernel, count, into: out, accumulate, a, 1, b, 1) }
        if aFull, bShape.allSatisfy({ $0 == 1 }) { return flat(kernel, count, into: out, accumulate, a, 1, b, 0) }
        if bFull, aShape.allSatisfy({ $0 == 1 }) { return flat(kernel, count, into: out, accumulate, a, 0, b, 1) }
        if aFull, let (row, column, columns) = repetition(of: bShape, in: shape) {
            let grid = ser_grid(
                rows: 0, columns: Int64(columns), a_row: Int64(columns), a_column: 1, b_row: row, b_column: column,
                accumulate: accumulate)
            return rows(kernel, count / columns, grid, into: out, a, b)
        }
        if bFull, let (row, column, columns) = repetition(of: aShape, in: shape) {
            let grid = ser_grid(
                rows: 0, columns: Int64(columns), a_row: row, a_column: column, b_row: Int64(columns), b_column: 1,
                accumulate: accumulate)
            return rows(kernel, count / columns, grid, into: out, a, b)
        }
        let loop = StridedLoop(
            shape, contiguousStrides(of: shape), strides(of: aShape, broadcastTo: shape),
            strides(of: bShape, broadcastTo: shape))
        loop.forEachGrid { out0, a0, b0, grid in
            kernel(
                out + out0, a + a0, b + b0,
                ser_grid(
                    rows: Int64(grid.rows), columns: Int64(grid.columns),
                    a_row: Int64(grid.rowStrides.1), a_column: Int64(grid.columnStrides.1),
                    b_row: Int64(grid.rowStrides.2), b_column: Int64(grid.columnStrides.2), accumulate: accumulate))
        }
    }

    private static func flat(
        _ kernel: ser_binary_kernel, _ count: Int, into out: UnsafeMutablePointer<Float>, _ accumulate: Bool,
        _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ bStride: Int
    ) {
        inChunks(count) { start, count in
            kernel(
                out + start, a + start * aStride, b + start * bStride,
                ser_grid(
                    rows: 1, columns: Int64(count), a_row: 0, a_column: Int64(aStride), b_row: 0,
                    b_column: Int64(bStride), accumulate: accumulate))
        }
    }

    private static func rows(
        _ kernel: ser_binary_kernel, _ rows: Int, _ grid: ser_grid, into out: UnsafeMutablePointer<Float>,
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>
    ) {
        inChunks(rows, weight: Int(grid.columns)) { start, count in
            var piece = grid
            piece.rows = Int64(count)
            kernel(
                out + start * Int(grid.columns), a + start * Int(grid.a_row), b + start * Int(grid.b_row), piece)
        }
    }

    /// How an operand repeats, if it is one row repeated or one column repeated: strides along rows and columns.
    private static func repetition(of operand: [Int], in shape: [Int]) -> (row: Int64, column: Int64, columns: Int)? {
        let trailing = operand.drop { $0 == 1 }
        if shape.suffix(trailing.count) == trailing { return (0, 1, trailing.reduce(1, *)) }
        guard operand.count == shape.count, operand.last == 1, let columns = shape.last,
            operand.dropLast() == shape.dropLast()
        else { return nil }
        return (1, 0, columns)
    }

    /// Strides of a contiguous operand in the axes of the shape it broadcasts to: 0 where it repeats.
    static func strides(of operand: [Int], broadcastTo shape: [Int]) -> [Int] {
        var result = [Int](repeating: 0, count: shape.count)
        var stride = 1
        for axis in operand.indices.reversed() {
            if operand[axis] != 1 { result[shape.count - operand.count + axis] = stride }
            stride *= operand[axis]
        }
        return result
    }
}

/// Strides of a contiguous tensor.
func contiguousStrides(of shape: [Int]) -> [Int] { Broadcasting.strides(of: shape, broadcastTo: shape) }
