// SPDX-License-Identifier: Apache-2.0

import SERCore

/// Shapes that a graph computes from those of its values, and what is done with them.
extension ONNXReader {
    /// Lengths of axes that the current node makes of others; nil where it does not. The batch is
    /// ``Shape/Dimension/any`` among them.
    mutating func axisLengths() throws(InterchangeError) -> [Shape.Dimension]? {
        if current.opType == "Shape" { return try shapeOfSignal() }
        let inputs = try current.input.indices.map { (index) throws(InterchangeError) in try input(index) }
        guard inputs.contains(where: { if case .axes = $0 { true } else { false } }) else { return nil }
        let lists = try current.input.indices.map { (index) throws(InterchangeError) in try lengths(index) }
        guard let first = lists[0] else { return nil }
        switch current.opType {
        // A list of one and the number in it are not told apart: both stand for one length.
        case "Identity", "Cast", "Squeeze", "Unsqueeze": return first
        case "Gather":
            guard let indices = try constant(1)?.integers else { throw unfit("its indices are not constants") }
            let length = first.count
            try require(indices.allSatisfy { (-length..<length).contains($0) }, "it picks an axis that is not there")
            return indices.map { first[$0 < 0 ? $0 + length : $0] }
        case "Slice":
            guard let start = try single(1), let end = try single(2), try single(4) ?? 1 == 1 else {
                throw unfit("it does not cut out a part of a shape")
            }
            return Array(first[try part(start, end, of: first.count)])
        case "Concat":
            let joined = lists.compactMap { $0 }
            try require(joined.count == lists.count && joined.count <= 64, "its inputs are no lengths of axes")
            try require(joined.reduce(0) { $0 + $1.count } <= 16, "it has more axes than are read")
            return joined.flatMap { $0 }
        case "Add", "Sub", "Mul", "Div":
            guard lists.count == 2, first.count == 1, case .fixed(let a)? = first.first,
                lists[1]?.count == 1, case .fixed(let b)? = lists[1]?.first
            else { throw unfit("it computes with the length of the batch or of time") }
            return [.fixed(try whole(a, b))]
        default: return nil
        }
    }

    /// All axes of a value, or some; nil for a single one of them, which ``extent()`` reads.
    private func shapeOfSignal() throws(InterchangeError) -> [Shape.Dimension]? {
        try allow("start", "end")
        guard case .signal(let x) = try input(0) else { return nil }
        let start = int("start", 0)
        if start >= 1, int("end", -1) == start + 1 { return nil }
        var axes = x.shape.dimensions
        axes.insert(.any, at: x.isTimeFirst ? 1 : 0)
        return Array(axes[try part(start, int("end", axes.count), of: axes.count)])
    }

    /// A constant of one whole number; nil where the input is left out.
    private func single(_ index: Int) throws(InterchangeError) -> Int? {
        guard let constant = try constant(index) else { return nil }
        guard let value = constant.integers?.first, constant.count == 1 else {
            throw unfit("its input \(index) is not one number")
        }
        return value
    }

    /// The same values in another shape; the batch stays the first axis.
    mutating func reshape() throws(InterchangeError) -> [Value] {
        try allow("allowzero")
        guard let target = try lengths(1) else { throw unfit("its shape is not a constant") }
        try require(
            (1...8).contains(target.count) && (int("allowzero", 0) == 0 || !target.contains(0)),
            "it asks for the shape \(target)")
        if case .states(let states) = try input(0) {
            let lengths = target.compactMap(\.length)
            try require(lengths.count == target.count, "recurrent states do not take a shape that is computed")
            return [.signal(try beside(states, lengths))]
        }
        let x = try signal(0)
        let axes = target.dropFirst().enumerated().map { index, length -> Shape.Dimension? in
            switch length {
            case .fixed(0): return index < x.shape.rank ? x.shape[index] : nil
            case .fixed(-1): return x.shape.timeAxis == nil ? .any : .time
            case .fixed(let length): return (1...(1 << 24)).contains(length) ? .fixed(length) : nil
            case .time: return .time
            case .any: return nil
            }
        }
        let known = axes.compactMap { $0 }
        try require(known.count == axes.count && Self.isSmall(Shape(known)), "it asks for the shape \(target)")
        try require(keepsBatch(target[0], x, Shape(known)), "it does not keep the batch as the first axis")
        var result = try emit(Reshape(Shape(known)), [x])
        result.lengths = x.lengths
        return [.signal(result)]
    }

    /// Whether the first length is that of the batch: named as such, what is left when the rest is known and full, or
    /// the one that the file gives its input.
    private func keepsBatch(_ first: Shape.Dimension, _ x: Signal, _ rest: Shape) -> Bool {
        switch first {
        case .any, .fixed(0): return true
        case .fixed(-1): return rest.count != nil && rest.count == x.shape.count
        case .fixed(let length): return length == batch
        case .time: return false
        }
    }
}
