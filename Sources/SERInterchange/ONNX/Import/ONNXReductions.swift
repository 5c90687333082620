// SPDX-License-Identifier: Apache-2.0

import SERCore

/// Means, sums and greatest values along axes.
extension ONNXReader {
    /// The mean, the greatest value or the sum along axes that an attribute names or, from version 18 on (13 for sums),
    /// an input.
    mutating func reduce() throws(InterchangeError) -> [Value] {
        try allow("axes", "keepdims", "noop_with_empty_axes")
        let axes = try axes(1)
        if case .states(let states) = try input(0) {
            try require(
                current.opType != "ReduceMax" && int("keepdims", 1) == 0, "only sums and means of directions are known")
            return [.signal(try reduced(states, current.opType == "ReduceSum" ? .sum : .mean, axes))]
        }
        let isMaximum = current.opType == "ReduceMax"
        let x = try signal(0) { isMaximum ? $0 <= -1e30 : $0 == 0 }
        let reduced = try reducedAxes(axes, of: x)
        if current.opType == "ReduceSum" {
            try require(int("keepdims", 1) == 0, "it keeps the axes it sums over")
            try require(isWhole(reduced, of: x), "it is not over all positions of an image or a sequence")
            return [.sum(reduced == [0] ? try permuted(x, [1, 0]) : x)]
        }
        var result = try pooled(x, over: reduced, isMaximum: isMaximum)
        var shape = x.shape
        for axis in reduced.reversed() where int("keepdims", 1) == 0 { shape.dimensions.remove(at: axis) }
        if int("keepdims", 1) == 1 { for axis in reduced { shape[axis] = 1 } }
        if result.shape != shape { result = try emit(Reshape(shape), [result]) }
        return [.signal(result)]
    }

    /// The axes in their order, without that of the batch before them.
    private func reducedAxes(_ axes: [Int], of x: Signal) throws(InterchangeError) -> [Int] {
        let rank = x.shape.rank + 1
        let places = Set(try axes.map { (axis) throws(InterchangeError) in try place(axis, rank: rank) })
        try require(places.count == axes.count, "an axis stands twice among \(axes)")
        try require(!places.isEmpty && !places.contains(0), "it is over the batch too")
        try require(places.count < x.shape.rank, "it leaves one number of each clip")
        if let time = x.shape.timeAxis {
            try require(places.contains(time + 1), "it is not over time, whose length differs from clip to clip")
        }
        return places.map { $0 - 1 }.sorted()
    }

    /// Whether the axes are all positions of [time, features], [features, time] or [channels, height, width].
    private func isWhole(_ axes: [Int], of x: Signal) -> Bool {
        x.shape.rank == 2 || x.shape.rank == 3 && axes == [1, 2]
    }

    /// [axes] taken together and pooled; what is left is flat.
    private mutating func pooled(_ x: Signal, over axes: [Int], isMaximum: Bool) throws(InterchangeError) -> Signal {
        if isWhole(axes, of: x) {
            // `global` takes [features, time].
            return try global(axes == [0] ? try permuted(x, [1, 0]) : x, isMaximum: isMaximum)
        }
        try require(axes.count == 1 || x.shape.timeAxis == nil, "it is over time and other axes")
        let rest = x.shape.dimensions.indices.filter { !axes.contains($0) }
        func together(_ axes: [Int]) throws(InterchangeError) -> Shape.Dimension {
            if axes.count == 1 { return x.shape[axes[0]] }
            let lengths = axes.compactMap { x.shape[$0].length }
            try require(lengths.count == axes.count, "its input \(x.shape) has axes of unknown length")
            return .fixed(lengths.reduce(1, *))
        }
        let turned = try permuted(x, axes + rest)
        let shape = Shape([try together(axes), try together(rest)])
        var flat = turned
        if turned.shape != shape {
            flat = try emit(Reshape(shape), [turned])
            flat.lengths = x.lengths
        }
        return try emit(isMaximum ? GlobalMaxPool() : GlobalAveragePool(), [flat])
    }
}
