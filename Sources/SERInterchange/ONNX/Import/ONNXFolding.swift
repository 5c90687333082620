// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERSupport

/// What nodes make of constants alone is a constant too, and feeds any operator that one may feed.
extension ONNXReader {
    /// Bytes that folded constants may take beyond those of the file.
    static let foldingRoom = 16 << 20

    /// The constant that the current node makes; nil where an input is none, or the operator is not one of these.
    mutating func folded() throws(InterchangeError) -> ONNXConstant? {
        if current.opType == "Constant" { return try constantNode() }
        guard !current.input.isEmpty, current.output.count == 1 else { return nil }
        var inputs: [ONNXConstant?] = []
        for index in current.input.indices {
            switch try input(index) {
            case .constant(let constant): inputs.append(constant)
            case .absent where index > 0: inputs.append(nil)
            default: return nil
            }
        }
        // An axis of length 0 beside long ones would let sizes overflow.
        guard let first = inputs[0], inputs.allSatisfy({ $0?.count != 0 }),
            var result = try fold(first, Array(inputs.dropFirst()))
        else { return nil }
        result.name = current.output[0]
        return result
    }

    private mutating func fold(
        _ first: ONNXConstant, _ rest: [ONNXConstant?]
    ) throws(InterchangeError) -> ONNXConstant? {
        switch current.opType {
        case "Identity": return first
        case "Cast": return try cast(first)
        case "Shape":
            let length = first.shape.count
            let bounds = try part(int("start", 0), int("end", length), of: length)
            return ONNXConstant(integers: Array(first.shape[bounds]))
        case "Transpose": return try transposed(first)
        case "Reshape", "Flatten", "Squeeze", "Unsqueeze": return try reshaped(first, rest)
        case "Concat": return try joined([first] + rest.compactMap { $0 })
        case "Gather": return try gathered(first, rest)
        case "Slice": return try sliced(first, rest)
        case "Add", "Sub", "Mul", "Div":
            guard let second = rest.first ?? nil else { return nil }
            return try combined(first, second)
        case "Neg", "Sqrt", "Reciprocal": return try mapped(first)
        default: return nil
        }
    }

    /// The value of a `Constant` node, in any of the forms that are known.
    private func constantNode() throws(InterchangeError) -> ONNXConstant {
        guard let attribute = current.attribute.first, current.attribute.count == 1 else {
            throw unfit("it holds no value")
        }
        let result: ONNXConstant
        switch attribute.name {
        case "value":
            let error = unfit("its tensor is damaged or of an unknown type")
            result = try ONNXConstant(attribute.t) { _ in error }
        case "value_int": result = ONNXConstant(name: "", shape: [], values: .integers([Int(attribute.i)]))
        case "value_ints": result = ONNXConstant(integers: attribute.ints.map { Int($0) })
        case "value_float": result = try ofFloats([attribute.f], [])
        case "value_floats": result = try ofFloats(attribute.floats, [attribute.floats.count])
        default: throw unfit("its value is no tensor of numbers")
        }
        return ONNXConstant(name: current.output[0], shape: result.shape, values: result.values)
    }

    /// Takes the room for so many values, or throws: a small file must not ask for much memory.
    private mutating func reserve(_ count: Int) throws(InterchangeError) {
        try require(count <= room / 8, "its result of \(count) values is too large")
        room -= count * 8
    }

    // MARK: One value each

    private mutating func cast(_ constant: ONNXConstant) throws(InterchangeError) -> ONNXConstant {
        try reserve(constant.count)
        switch (Onnx_TensorProto.DataType(rawValue: int("to", 0)), constant.values) {
        case (.float?, .integers(let values)), (.double?, .integers(let values)):
            return ONNXConstant(name: "", shape: constant.shape, values: .floats(values.map { Float($0) }))
        case (.float?, .floats), (.double?, .floats): return constant
        case (.int64?, .integers), (.int32?, .integers): return constant
        case (.int64?, .floats(let values)), (.int32?, .floats(let values)):
            try require(values.allSatisfy { abs($0) < 0x1p31 }, "its values are too large for whole numbers")
            let whole = values.map { Int(saturating: $0, rounding: .towardZero) }
            return ONNXConstant(name: "", shape: constant.shape, values: .integers(whole))
        default: throw unfit("constants do not become values of the type \(int("to", 0)) here")
        }
    }

    private mutating func mapped(_ constant: ONNXConstant) throws(InterchangeError) -> ONNXConstant {
        try reserve(constant.count)
        switch (current.opType, constant.values) {
        case ("Neg", .integers(let values)):
            return ONNXConstant(name: "", shape: constant.shape, values: .integers(values.map { 0 &- $0 }))
        case (let operation, .floats(let values)):
            let results = values.map { value in
                switch operation {
                case "Neg": -value
                case "Sqrt": value.squareRoot()
                default: 1 / value
                }
            }
            return try ofFloats(results, constant.shape)
        default: throw unfit("its input holds whole numbers")
        }
    }

    private func ofFloats(_ values: [Float], _ shape: [Int]) throws(InterchangeError) -> ONNXConstant {
        try require(values.allSatisfy(\.isFinite), "its result is not finite")
        return ONNXConstant(name: "", shape: shape, values: .floats(values))
    }

    // MARK: Two values each

    private mutating func combined(_ a: ONNXConstant, _ b: ONNXConstant) throws(InterchangeError) -> ONNXConstant {
        let rank = max(a.shape.count, b.shape.count)
        func full(_ shape: [Int]) -> [Int] { [Int](repeating: 1, count: rank - shape.count) + shape }
        let (left, right) = (full(a.shape), full(b.shape))
        try require(
            zip(left, right).allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 },
            "\(a.shape) and \(b.shape) do not fit each other")
        let shape = zip(left, right).map { $0 == 1 ? $1 : $0 }
        let (first, second) = (try spread(a.values, left, over: shape), try spread(b.values, right, over: shape))
        switch (first, second) {
        case (.floats(let x), .floats(let y)):
            let operation = current.opType
            return try ofFloats(zip(x, y).map { Self.computed(operation, $0, $1) }, shape)
        case (.integers(let x), .integers(let y)):
            var results: [Int] = []
            for (a, b) in zip(x, y) { results.append(try whole(a, b)) }
            return ONNXConstant(name: "", shape: shape, values: .integers(results))
        default: throw unfit("its inputs are of different types")
        }
    }

    private static func computed(_ operation: String, _ a: Float, _ b: Float) -> Float {
        switch operation {
        case "Add": a + b
        case "Sub": a - b
        case "Mul": a * b
        default: a / b
        }
    }

    /// The result for whole numbers, which must not overflow.
    func whole(_ a: Int, _ b: Int) throws(InterchangeError) -> Int {
        let (result, overflow) =
            switch current.opType {
            case "Add": a.addingReportingOverflow(b)
            case "Sub": a.subtractingReportingOverflow(b)
            case "Mul": a.multipliedReportingOverflow(by: b)
            default: a.dividedReportingOverflow(by: b)
            }
        try require(!overflow, "\(a) and \(b) cannot be computed with")
        return result
    }

    private mutating func spread(
        _ values: ONNXConstant.Values, _ shape: [Int], over target: [Int]
    ) throws(InterchangeError) -> ONNXConstant.Values {
        if shape == target { return values }
        var strides = Self.strides(of: shape)
        for (axis, length) in shape.enumerated() where length == 1 { strides[axis] = 0 }
        return try picked(values, target, strides)
    }

    // MARK: Values in other places

    static func strides(of shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        return strides
    }

    /// Values of another shape; along each axis of it, so many values further in the old one.
    private mutating func picked(
        _ values: ONNXConstant.Values, _ shape: [Int], _ strides: [Int], from start: Int = 0
    ) throws(InterchangeError) -> ONNXConstant.Values {
        try require(
            shape.reduce(1.0) { $0 * Double($1) } <= Double(room), "its result of the shape \(shape) is too large")
        let count = shape.reduce(1, *)
        try reserve(count)
        var places: [Int] = []
        places.reserveCapacity(count)
        var position = [Int](repeating: 0, count: shape.count)
        var place = start
        for _ in 0..<count {
            places.append(place)
            for axis in shape.indices.reversed() {
                position[axis] += 1
                place += strides[axis]
                if position[axis] < shape[axis] { break }
                place -= strides[axis] * shape[axis]
                position[axis] = 0
            }
        }
        return values.picked(places)
    }

    private mutating func transposed(_ constant: ONNXConstant) throws(InterchangeError) -> ONNXConstant {
        let order = ints("perm") ?? Array(constant.shape.indices.reversed())
        try require(order.sorted() == Array(constant.shape.indices), "\(order) is no order of its axes")
        let strides = Self.strides(of: constant.shape)
        let shape = order.map { constant.shape[$0] }
        return ONNXConstant(
            name: "", shape: shape, values: try picked(constant.values, shape, order.map { strides[$0] }))
    }

    private mutating func joined(_ parts: [ONNXConstant]) throws(InterchangeError) -> ONNXConstant {
        let axis = try place(int("axis", 0), rank: parts[0].shape.count)
        func others(_ shape: [Int]) -> [Int] { Array(shape[..<axis] + shape[(axis + 1)...]) }
        try require(
            parts.allSatisfy { $0.shape.count == parts[0].shape.count && others($0.shape) == others(parts[0].shape) },
            "its inputs differ in their shapes")
        var shape = parts[0].shape
        shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
        try reserve(parts.reduce(0) { $0 + $1.count })
        let outer = shape[..<axis].reduce(1, *)
        let blocks = parts.map { ($0.values, $0.count / outer) }
        guard let values = ONNXConstant.Values(joining: blocks, times: outer) else {
            throw unfit("its inputs are of different types")
        }
        return ONNXConstant(name: "", shape: shape, values: values)
    }

    private mutating func gathered(
        _ data: ONNXConstant, _ rest: [ONNXConstant?]
    ) throws(InterchangeError) -> ONNXConstant {
        guard let chosen = rest.first.flatMap({ $0 }), let indices = chosen.integers else {
            throw unfit("its indices are not whole numbers")
        }
        let axis = try place(int("axis", 0), rank: data.shape.count)
        let length = data.shape[axis]
        let inner = data.shape[(axis + 1)...].reduce(1, *)
        let outer = data.shape[..<axis].reduce(1, *)
        try require(indices.allSatisfy { (-length..<length).contains($0) }, "an index lies outside of its input")
        try require(Double(outer) * Double(indices.count) * Double(inner) <= Double(room), "its result is too large")
        try reserve(outer * indices.count * inner)
        var places: [Int] = []
        for block in 0..<outer {
            for index in indices {
                let start = (block * length + (index < 0 ? index + length : index)) * inner
                places.append(contentsOf: start..<start + inner)
            }
        }
        let shape = Array(data.shape[..<axis]) + chosen.shape + Array(data.shape[(axis + 1)...])
        return ONNXConstant(name: "", shape: shape, values: data.values.picked(places))
    }

    private mutating func sliced(
        _ data: ONNXConstant, _ rest: [ONNXConstant?]
    ) throws(InterchangeError) -> ONNXConstant {
        let lists = rest.map { $0?.integers }
        guard lists.count >= 2, let starts = lists[0], let ends = lists[1], starts.count == ends.count else {
            throw unfit("its starts and ends are not whole numbers")
        }
        let axes = (lists.count > 2 ? lists[2] : nil) ?? Array(starts.indices)
        let steps = (lists.count > 3 ? lists[3] : nil) ?? starts.map { _ in 1 }
        try require(
            axes.count == starts.count && steps.count == starts.count && steps.allSatisfy { $0 == 1 },
            "its axes do not fit, or it leaves values out")
        var (shape, first) = (data.shape, 0)
        let strides = Self.strides(of: data.shape)
        for (index, given) in axes.enumerated() {
            let axis = try place(given, rank: data.shape.count)
            let bounds = try part(starts[index], ends[index], of: data.shape[axis])
            shape[axis] = bounds.count
            first += bounds.lowerBound * strides[axis]
        }
        return ONNXConstant(name: "", shape: shape, values: try picked(data.values, shape, strides, from: first))
    }

    private mutating func reshaped(
        _ data: ONNXConstant, _ rest: [ONNXConstant?]
    ) throws(InterchangeError) -> ONNXConstant {
        var shape = data.shape
        switch current.opType {
        case "Reshape":
            guard let target = rest.first.flatMap({ $0 })?.integers else { throw unfit("its shape is not a constant") }
            shape = try filled(target, data)
        case "Flatten":
            let axis = int("axis", 1)
            try require((0...shape.count).contains(axis), "it has no axis \(axis)")
            shape = [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)]
        case "Unsqueeze":
            let axes = try axes(1)
            let rank = shape.count + axes.count
            let places = try axes.map { (axis) throws(InterchangeError) in try place(axis, rank: rank) }.sorted()
            try require(Set(places).count == places.count && rank <= 8, "it has no axes \(axes)")
            for place in places { shape.insert(1, at: place) }
        default:
            let axes = try axes(1)
            let rank = shape.count
            let places =
                axes.isEmpty
                ? shape.indices.filter { shape[$0] == 1 }
                : try axes.map { (axis) throws(InterchangeError) in try place(axis, rank: rank) }
            try require(
                Set(places).count == places.count && places.allSatisfy { shape[$0] == 1 },
                "an axis of \(axes) is not of length 1")
            for place in places.sorted(by: >) { shape.remove(at: place) }
        }
        try require(shape.reduce(1, *) == data.count, "\(data.shape) does not take the shape \(shape)")
        return ONNXConstant(name: "", shape: shape, values: data.values)
    }

    /// A shape with what it leaves open filled in.
    private func filled(_ target: [Int], _ data: ONNXConstant) throws(InterchangeError) -> [Int] {
        var shape: [Int] = []
        for (index, length) in target.enumerated() {
            let kept = length == 0 && int("allowzero", 0) == 0
            try require(!kept || index < data.shape.count, "it keeps an axis that is not there")
            shape.append(kept ? data.shape[index] : length)
        }
        let known = shape.filter { $0 != -1 }
        try require(
            shape.count - known.count <= 1 && known.allSatisfy { (0...data.count).contains($0) } && known.count < 16,
            "it asks for the shape \(target)")
        let count = known.reduce(1.0) { $0 * Double($1) }
        if let open = shape.firstIndex(of: -1) { shape[open] = count == 0 ? 0 : data.count / Int(saturating: count) }
        try require(count <= Double(data.count), "it asks for the shape \(target)")
        return shape
    }

    // MARK: Axes

    /// An axis counted from the front.
    func place(_ axis: Int, rank: Int) throws(InterchangeError) -> Int {
        try require((-rank..<rank).contains(axis), "it has no axis \(axis)")
        return axis < 0 ? axis + rank : axis
    }

    /// A part of an axis, whose ends may be counted from the back and lie beyond it.
    func part(_ start: Int, _ end: Int, of length: Int) throws(InterchangeError) -> Range<Int> {
        func inside(_ place: Int) -> Int { min(max(place < 0 ? place + length : place, 0), length) }
        let (lower, upper) = (inside(max(start, -length - 1)), inside(max(end, -length - 1)))
        return lower..<max(lower, upper)
    }
}

extension ONNXConstant {
    /// How many values it holds.
    var count: Int {
        switch values {
        case .floats(let values): values.count
        case .integers(let values): values.count
        }
    }

    /// A list of whole numbers.
    init(integers: [Int]) { self.init(name: "", shape: [integers.count], values: .integers(integers)) }
}

extension ONNXConstant.Values {
    /// The values at places, in their order.
    fileprivate func picked(_ places: [Int]) -> Self {
        switch self {
        case .floats(let values): .floats(places.map { values[$0] })
        case .integers(let values): .integers(places.map { values[$0] })
        }
    }

    /// Blocks of each in turn, so many times; nil where some are floats and some are not.
    fileprivate init?(joining parts: [(values: Self, block: Int)], times: Int) {
        var (floats, integers): ([Float], [Int]) = ([], [])
        for turn in 0..<times {
            for (values, block) in parts {
                switch values {
                case .floats(let values): floats.append(contentsOf: values[turn * block..<(turn + 1) * block])
                case .integers(let values): integers.append(contentsOf: values[turn * block..<(turn + 1) * block])
                }
            }
        }
        guard floats.isEmpty || integers.isEmpty else { return nil }
        self = integers.isEmpty ? .floats(floats) : .integers(integers)
    }
}
