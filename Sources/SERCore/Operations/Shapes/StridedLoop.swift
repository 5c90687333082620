// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// A walk through up to three arrays, each with its own stride along each axis of a common shape, that hands out blocks
/// of two axes.
struct StridedLoop {
    struct Grid {
        var rows: Int
        var columns: Int
        var rowStrides: (Int, Int, Int)
        var columnStrides: (Int, Int, Int)
    }

    private struct Axis {
        var length: Int
        var strides: (Int, Int, Int)

        /// Whether this axis and the one inside it can be walked as one.
        func continues(_ inner: Axis) -> Bool {
            strides.0 == inner.strides.0 * inner.length && strides.1 == inner.strides.1 * inner.length
                && strides.2 == inner.strides.2 * inner.length
        }
    }

    private var axes: [Axis] = []

    /// - Parameter rowsFollowSecond: Whether rows should be the axis along which the second array is contiguous.
    init(_ shape: [Int], _ first: [Int], _ second: [Int], _ third: [Int]? = nil, rowsFollowSecond: Bool = false) {
        for axis in shape.indices where shape[axis] != 1 {
            let next = Axis(length: shape[axis], strides: (first[axis], second[axis], third?[axis] ?? 0))
            if let outer = axes.last, outer.continues(next) {
                axes[axes.count - 1] = Axis(length: outer.length * next.length, strides: next.strides)
            } else {
                axes.append(next)
            }
        }
        while axes.count < 2 { axes.insert(Axis(length: 1, strides: (0, 0, 0)), at: 0) }
        if rowsFollowSecond, let place = axes.dropLast().firstIndex(where: { $0.strides.1 == 1 }) {
            axes.insert(axes.remove(at: place), at: axes.count - 1)
        }
    }

    /// Calls `body` with the offset of each block in the three arrays. Nothing is called for an empty shape.
    func forEachGrid(_ body: (_ first: Int, _ second: Int, _ third: Int, _ grid: Grid) -> Void) {
        guard axes.allSatisfy({ $0.length > 0 }) else { return }
        let outer = axes.dropLast(2)
        let (row, column) = (axes[axes.count - 2], axes[axes.count - 1])
        let grid = Grid(
            rows: row.length, columns: column.length, rowStrides: row.strides, columnStrides: column.strides)
        let blocks = outer.reduce(1) { $0 * $1.length }
        inChunks(blocks, weight: row.length * column.length) { start, count in
            for block in start..<(start + count) {
                var (rest, first, second, third) = (block, 0, 0, 0)
                for axis in outer.reversed() {
                    let index = rest % axis.length
                    rest /= axis.length
                    first += index * axis.strides.0
                    second += index * axis.strides.1
                    third += index * axis.strides.2
                }
                body(first, second, third, grid)
            }
        }
    }
}

extension StridedLoop {
    /// first[...] = (or +=) second[...]
    func copy(_ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, accumulate: Bool) {
        forEachGrid { out0, x0, _, grid in
            ser_copy_grid(
                out + out0, Int64(grid.rowStrides.0), Int64(grid.columnStrides.0),
                x + x0, Int64(grid.rowStrides.1), Int64(grid.columnStrides.1),
                Int64(grid.rows), Int64(grid.columns), accumulate)
        }
    }
}
