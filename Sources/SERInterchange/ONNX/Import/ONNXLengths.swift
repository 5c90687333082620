// SPDX-License-Identifier: Apache-2.0

import SERCore

/// Nodes that tell valid positions from padded ones, and sums that take part in it.
extension ONNXReader {
    /// Another value at positions past the length.
    mutating func masked() throws(InterchangeError) -> [Value] {
        guard case .mask(let lengths, let axis, let rank) = try input(0), var x = try? signal(1),
            let fill = try constant(2)?.floats, fill.count == 1
        else { throw unfit("it does not choose between values and a constant by the lengths") }
        try require(
            rank == x.shape.rank + 1 && x.shape.timeAxis == axis - 1 && lengths == x.lengths,
            "its mask is not that of its values' lengths")
        x.fill = fill[0]
        return [.signal(x)]
    }

    /// The length of one axis.
    func extent() throws(InterchangeError) -> [Value] {
        try allow("start", "end")
        guard case .signal(let x) = try input(0) else { throw unfit("its input is not what a layer computes") }
        let start = int("start", 0)
        try require(
            !x.isTimeFirst && start >= 1 && start <= x.shape.rank && int("end", -1) == start + 1,
            "it asks for more than the length of one axis")
        return [.extent(x.shape[start - 1].length)]
    }

    /// 0, 1, 2, ... along time.
    func range() throws(InterchangeError) -> [Value] {
        guard try constant(0)?.integers == [0], case .extent(nil) = try input(1), try constant(2)?.integers == [1]
        else {
            throw unfit("it does not count the steps of time")
        }
        return [.positions]
    }

    /// Whether a step lies before the length.
    func mask() throws(InterchangeError) -> [Value] {
        guard case .positions = try input(0), case .lengths(let lengths, isColumn: true) = try input(1) else {
            throw unfit("it does not compare steps with lengths")
        }
        return [.mask(lengths, axis: 1, rank: 2)]
    }

    /// Arithmetic on lengths; the bias of a product; the mean as a sum over a number; signals that are merged.
    mutating func arithmetic() throws(InterchangeError) -> [Value] {
        let inputs = try current.input.indices.map { (index) throws(InterchangeError) in try input(index) }
        switch (current.opType, inputs.first, inputs.dropFirst().first) {
        case ("Cast", .lengths?, nil), ("Identity", .lengths?, nil): return [inputs[0]]
        case ("Sign", .lengths(let lengths, let isColumn)?, nil):
            return [.lengths(lengths.map { $0.signum() }, isColumn: isColumn)]
        case ("Add", .signal(let x)?, .constant(let constant)?):
            if let sum = biased(x, name: current.input[0], constant) { return [.signal(sum)] }
        case ("Add", .constant(let constant)?, .signal(let x)?):
            if let sum = biased(x, name: current.input[1], constant) { return [.signal(sum)] }
        case ("Div", .sum(let x)?, .lengths(let counts, isColumn: true)?):
            let height = x.shape.rank == 3 ? x.shape[1].length : 1
            try require(
                counts == x.lengths.map { max($0, 1) * (height ?? 0) },
                "the sum is not divided by the number of positions")
            return [.signal(try global(x, isMaximum: false))]
        case (_, .lengths(let lengths, let isColumn)?, let other?):
            return [.lengths(try computed(lengths, other), isColumn: isColumn)]
        default: break
        }
        return try merge(inputs)
    }

    private func computed(_ lengths: [Int], _ other: Value) throws(InterchangeError) -> [Int] {
        let others: [Int]
        switch other {
        case .constant(let constant):
            guard let values = constant.integers, values.count == 1 else { throw unfit("lengths meet other constants") }
            others = [Int](repeating: values[0], count: lengths.count)
        case .lengths(let values, _): others = values
        case .extent(let length?): others = [Int](repeating: length, count: lengths.count)
        default: throw unfit("lengths meet something else")
        }
        try require(others.allSatisfy { abs($0.clamped) < 1 << 30 }, "lengths meet \(others[0])")
        var result: [Int] = []
        for (a, b) in zip(lengths, others) {
            switch current.opType {
            case "Add": result.append(a + b)
            case "Sub": result.append(a - b)
            case "Mul": result.append(a.multipliedReportingOverflow(by: b).partialValue.clamped)
            case "Div":
                try require(b > 0, "lengths are divided by \(b)")
                result.append(a / b)
            case "Max": result.append(max(a, b))
            default: throw unfit("lengths are not computed so")
            }
        }
        return result
    }

    /// Signals that become one.
    private mutating func merge(_ inputs: [Value]) throws(InterchangeError) -> [Value] {
        let layers: [String: any Layer] = ["Add": Add(), "Sum": Add(), "Mean": Mean(), "Mul": Multiply()]
        guard let layer = layers[current.opType] else { throw unfit("its inputs are not what it is read for") }
        return [.signal(try merged(layer, inputs.count))]
    }

    mutating func concatenation() throws(InterchangeError) -> [Value] {
        try allow("axis")
        let first = try signal(0)
        let axis = int("axis", 0)
        let place = axis < 0 ? axis + first.shape.rank + 1 : axis
        try require((1...first.shape.rank).contains(place), "it joins along the batch")
        return [.signal(try merged(Concatenate(axis: place - 1), current.input.count))]
    }

    private mutating func merged(_ layer: any Layer, _ count: Int) throws(InterchangeError) -> Signal {
        let signals = try (0..<count).map { (index) throws(InterchangeError) in try signal(index) }
        let timed = signals.filter { $0.shape.timeAxis != nil }
        try require(timed.allSatisfy { $0.lengths == timed[0].lengths }, "its inputs differ in their time")
        return try emit(layer, signals)
    }
}

extension Int {
    /// Kept where sums of a few such numbers are far from overflow.
    fileprivate var clamped: Int { Swift.max(-(1 << 40), Swift.min(1 << 40, self)) }
}
