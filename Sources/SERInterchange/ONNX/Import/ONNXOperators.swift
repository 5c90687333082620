// SPDX-License-Identifier: Apache-2.0

import SERCore

extension ONNXReader {
    /// The values that come out of a node.
    mutating func read(_ node: Onnx_NodeProto) throws(InterchangeError) -> [Value] {
        try require(node.domain.isEmpty || node.domain == "ai.onnx", "operators of '\(node.domain)' are not known")
        try require(!node.output.isEmpty, "it has no outputs")
        if let constant = try folded() { return [.constant(constant)] }
        try require(!node.input.isEmpty, "it has no inputs")
        if let lengths = try axisLengths() { return [.axes(lengths)] }
        switch node.opType {
        case "Identity": return [try input(0)]
        case "Dropout": return [try input(0)]
        case "Relu": return try elementwise(ReLU())
        case "LeakyRelu": return try elementwise(LeakyReLU(slope: float("alpha", 0.01)), "alpha")
        case "Elu": return try elementwise(ELU(alpha: float("alpha", 1)), "alpha")
        case "Gelu": return try elementwise(GELU(approximate: string("approximate", "none") == "tanh"), "approximate")
        case "Tanh": return try elementwise(Tanh())
        case "Sigmoid": return try elementwise(Sigmoid())
        case "Softmax", "LogSoftmax": return try softmax(isLogarithm: node.opType == "LogSoftmax")
        case "Gemm": return try gemm()
        case "MatMul": return try matMul()
        case "Conv": return try convolution()
        case "MaxPool", "AveragePool": return try pooling(isMaximum: node.opType == "MaxPool")
        case "GlobalMaxPool", "GlobalAveragePool": return try globalPooling(isMaximum: node.opType == "GlobalMaxPool")
        case "BatchNormalization": return try batchNormalization()
        case "LayerNormalization": return try layerNormalization()
        case "Flatten": return try flatten()
        case "Reshape": return try reshape()
        case "Transpose": return try transpose()
        case "LSTM", "GRU", "RNN": return try recurrent()
        case "Squeeze", "Unsqueeze": return try squeeze(isAdding: node.opType == "Unsqueeze")
        case "ReduceMean", "ReduceMax", "ReduceSum": return try reduce()
        case "Where": return try masked()
        case "Shape": return try extent()
        case "Range": return try range()
        case "Less": return try mask()
        case "Cast", "Sign", "Add", "Sub", "Mul", "Div", "Max", "Sum", "Mean": return try arithmetic()
        case "Concat": return try concatenation()
        default: throw unfit("this operator has no counterpart here")
        }
    }

    // MARK: Element by element

    private mutating func elementwise(_ layer: any Layer, _ names: String...) throws(InterchangeError) -> [Value] {
        if let other = current.attribute.first(where: { !names.contains($0.name) }) {
            throw unfit("its setting '\(other.name)' is not supported")
        }
        return [.signal(try emit(layer, [try signal(0)]))]
    }

    private mutating func softmax(isLogarithm: Bool) throws(InterchangeError) -> [Value] {
        try allow("axis")
        let x = try signal(0)
        try require([-1, x.shape.rank].contains(int("axis", -1)), "it is not over the last axis")
        return [.signal(isLogarithm ? try emitLogSoftmax(x) : try emit(Softmax(), [x]))]
    }

    // MARK: Products

    private mutating func gemm() throws(InterchangeError) -> [Value] {
        try allow("transB", "transA", "alpha", "beta")
        try require(
            int("transA", 0) == 0 && float("alpha", 1) == 1 && float("beta", 1) == 1,
            "it transposes its input or scales")
        let x = try signal(0)
        try require(x.shape.rank == 1, "its input \(x.shape) is not a vector for each row of the batch")
        return [.signal(try dense(x, try needed(1), isTransposed: int("transB", 0) == 1, bias: try tensor(2)))]
    }

    private mutating func matMul() throws(InterchangeError) -> [Value] {
        try allow()
        return [.signal(try dense(try signal(0), try needed(1), isTransposed: false, bias: nil))]
    }

    /// `isTransposed`: the matrix is [units, inputs], as here, and not [inputs, units].
    private mutating func dense(
        _ x: Signal, _ matrix: Tensor, isTransposed: Bool, bias: Tensor?
    ) throws(InterchangeError) -> Signal {
        try require(matrix.rank == 2, "its weight has \(matrix.rank) axes")
        let weight = isTransposed ? matrix : matrix.transposed()
        var tensors = ["weight": weight]
        if let bias {
            try require(bias.count == weight.shape[0], "its bias has \(bias.count) values for \(weight.shape[0]) units")
            tensors["bias"] = bias.reshaped([bias.count])
        }
        return try emit(Dense(weight.shape[0], bias: bias != nil), [x], weight: current.input[1], tensors: tensors)
    }

    /// The sum of a product and its bias; nil where it is another sum.
    mutating func biased(_ x: Signal, name: String, _ constant: ONNXConstant) -> Signal? {
        guard let place = x.source.node, place == nodes.count - 1, var layer = nodes[place].layer as? Dense,
            !layer.bias,
            readers[name] == 1, constant.shape == [layer.units], let bias = constant.tensor
        else { return nil }
        layer.bias = true
        replaceLast(layer, adding: ["bias": bias])
        return x
    }

    // MARK: Windows

    /// Runs `body` on images as they are, and on [features, time] as [time, features].
    private mutating func onSequence(
        _ x: Signal, _ body: (inout ONNXReader, Signal) throws(InterchangeError) -> Signal
    ) throws(InterchangeError) -> Signal {
        guard x.shape.rank == 2 else { return try body(&self, x) }
        let turned = try permuted(x, [1, 0])
        return try permuted(try body(&self, turned), [1, 0])
    }

    /// The settings of a window over 1 or 2 axes.
    private func window(
        axes: Int, kernel: [Int]?
    ) throws(InterchangeError) -> (kernel: [Int], strides: [Int], dilations: [Int], padding: Padding) {
        let ones = [Int](repeating: 1, count: axes)
        let kernel = ints("kernel_shape") ?? kernel ?? []
        let (strides, dilations) = (ints("strides") ?? ones, ints("dilations") ?? ones)
        let pads = ints("pads") ?? [Int](repeating: 0, count: 2 * axes)
        try require(
            kernel.count == axes && strides.count == axes && dilations.count == axes && pads.count == 2 * axes,
            "its window does not have \(axes) axes")
        try require(
            ["NOTSET", "VALID"].contains(string("auto_pad", "NOTSET")), "automatic padding depends on the length")
        try require(int("ceil_mode", 0) == 0 && int("storage_order", 0) == 0, "it rounds up or counts by columns")
        if axes == 1 {
            return (kernel, strides, dilations, .explicit(top: 0, bottom: 0, left: pads[0], right: pads[1]))
        }
        return (kernel, strides, dilations, .explicit(top: pads[0], bottom: pads[2], left: pads[1], right: pads[3]))
    }

    private mutating func convolution() throws(InterchangeError) -> [Value] {
        try allow("kernel_shape", "strides", "dilations", "pads", "group", "auto_pad")
        let x = try signal(0) { $0 == 0 }
        let weight = try needed(1)
        let bias = try tensor(2)
        let axes = x.shape.rank - 1
        try require(
            (1...2).contains(axes) && weight.rank == axes + 2, "its weight \(weight.shape) does not fit \(x.shape)")
        let set = try window(axes: axes, kernel: Array(weight.shape.dropFirst(2)))
        var tensors = ["weight": weight]
        tensors["bias"] = bias
        let (filters, groups, name) = (weight.shape[0], int("group", 1), current.input[1])
        return [
            .signal(
                try onSequence(x) { (reader, x) throws(InterchangeError) in
                    let layer: any Layer =
                        axes == 1
                        ? Conv1D(
                            filters, kernel: set.kernel[0], stride: set.strides[0], padding: set.padding,
                            dilation: set.dilations[0], groups: groups, bias: bias != nil)
                        : Conv2D(
                            filters, kernel: Extent(set.kernel), stride: Extent(set.strides), padding: set.padding,
                            dilation: Extent(set.dilations), groups: groups, bias: bias != nil)
                    return try reader.emit(layer, [x], weight: name, tensors: tensors)
                })
        ]
    }

    private mutating func pooling(isMaximum: Bool) throws(InterchangeError) -> [Value] {
        try allow(
            "kernel_shape", "strides", "dilations", "pads", "auto_pad", "ceil_mode", "storage_order",
            "count_include_pad")
        let x = try signal(0) { isMaximum ? $0 <= -1e30 : $0 == 0 }
        let axes = x.shape.rank - 1
        try require((1...2).contains(axes), "its input \(x.shape) is neither an image nor a sequence")
        let set = try window(axes: axes, kernel: nil)
        try require(set.dilations.allSatisfy { $0 == 1 }, "its window is dilated")
        try require(
            isMaximum || int("count_include_pad", 0) == 1 || (ints("pads") ?? []).allSatisfy { $0 == 0 },
            "its means leave out the padding")
        return [
            .signal(
                try onSequence(x) { (reader, x) throws(InterchangeError) in
                    let layer: any Layer
                    switch (isMaximum, axes) {
                    case (true, 1): layer = MaxPool1D(set.kernel[0], stride: set.strides[0], padding: set.padding)
                    case (false, 1): layer = AveragePool1D(set.kernel[0], stride: set.strides[0], padding: set.padding)
                    case (true, _):
                        layer = MaxPool2D(Extent(set.kernel), stride: Extent(set.strides), padding: set.padding)
                    case (false, _):
                        layer = AveragePool2D(Extent(set.kernel), stride: Extent(set.strides), padding: set.padding)
                    }
                    return try reader.emit(layer, [x])
                })
        ]
    }

    /// [channels, height, width] to [channels, 1, 1].
    private mutating func globalPooling(isMaximum: Bool) throws(InterchangeError) -> [Value] {
        try allow()
        let x = try signal(0) { isMaximum ? $0 <= -1e30 : $0 == 0 }
        let pooled = try global(x, isMaximum: isMaximum)
        let kept = Shape([pooled.shape[0]] + [Shape.Dimension](repeating: 1, count: x.shape.rank - 1))
        return [.signal(try emit(Reshape(kept), [pooled]))]
    }

    /// Over all positions of an image, or of [features, time].
    mutating func global(_ x: Signal, isMaximum: Bool) throws(InterchangeError) -> Signal {
        let sequence = x.shape.rank == 2 ? try permuted(x, [1, 0]) : x
        return try emit(isMaximum ? GlobalMaxPool() : GlobalAveragePool(), [sequence])
    }

    // MARK: Normalisation

    private mutating func batchNormalization() throws(InterchangeError) -> [Value] {
        try allow("epsilon", "momentum", "training_mode")
        try require(int("training_mode", 0) == 0, "it is set to training")
        let x = try signal(0)
        let tensors = [
            "weight": try needed(1), "bias": try needed(2), "running_mean": try needed(3), "running_var": try needed(4),
        ]
        try require(tensors["running_var"]?.scalars.allSatisfy { $0 >= 0 } ?? true, "it holds a negative variance")
        let (epsilon, name) = (float("epsilon", 1e-5), current.input[1])
        return [
            .signal(
                try onSequence(x) { (reader, x) throws(InterchangeError) in
                    var result = try reader.emit(BatchNorm(epsilon: epsilon), [x], weight: name, tensors: tensors)
                    result.lengths = x.lengths
                    return result
                })
        ]
    }

    private mutating func layerNormalization() throws(InterchangeError) -> [Value] {
        try allow("axis", "epsilon", "stash_type")
        let x = try signal(0)
        try require([-1, x.shape.rank].contains(int("axis", -1)), "it is not over the last axis")
        let weight = try needed(1)
        let tensors = ["weight": weight, "bias": try tensor(2) ?? .zeros(weight.shape)]
        return [
            .signal(
                try emit(LayerNorm(epsilon: float("epsilon", 1e-5)), [x], weight: current.input[1], tensors: tensors))
        ]
    }

    // MARK: Shapes

    private mutating func flatten() throws(InterchangeError) -> [Value] {
        try allow("axis")
        let x = try signal(0)
        try require(int("axis", 1) == 1, "it joins the batch with other axes")
        return [.signal(try emit(Flatten(), [x]))]
    }

    private mutating func transpose() throws(InterchangeError) -> [Value] {
        try allow("perm")
        guard let order = ints("perm") else { throw unfit("it does not name an order") }
        switch try input(0) {
        case .states(var states):
            switch (states.form, order) {
            case (.all, [0, 2, 1, 3]): states.form = .allBeside
            case (.last, [1, 0, 2]): states.form = .lastBeside
            default: throw unfit("the order \(order) of recurrent states is not known")
            }
            return [.states(states)]
        case .signal(var signal):
            try require(order.sorted() == Array(0...signal.shape.rank), "\(order) is no order of its axes")
            if order == [1, 0, 2] {
                try require(signal.fill == nil, "positions past the length are filled")
                signal.isTimeFirst.toggle()
                return [.signal(signal)]
            }
            try require(order[0] == 0 && !signal.isTimeFirst, "it moves the batch")
            return [.signal(try permuted(signal, order.dropFirst().map { $0 - 1 }))]
        default: throw unfit("its input is not what a layer computes")
        }
    }

    private mutating func squeeze(isAdding: Bool) throws(InterchangeError) -> [Value] {
        try allow("axes")
        let axes = try axes(1)
        switch try input(0) {
        case .extent(let length) where !isAdding: return [.extent(length)]
        case .states(let states) where !isAdding: return [.signal(try single(states, axes))]
        case .lengths(let lengths, isColumn: false) where isAdding && axes == [1]:
            return [.lengths(lengths, isColumn: true)]
        case .mask(let lengths, axis: 1, rank: 2) where isAdding:
            let rank = 2 + axes.count
            let kept = (0..<rank).filter { !axes.contains($0) }
            try require(kept.count == 2 && kept[0] == 0, "it moves the batch of a mask")
            return [.mask(lengths, axis: kept[1], rank: rank)]
        case .signal(let signal) where !signal.isTimeFirst && signal.fill == nil:
            return [.signal(try resized(signal, axes, isAdding: isAdding))]
        default: throw unfit("its input cannot lose or gain the axes \(axes)")
        }
    }

    private mutating func resized(_ signal: Signal, _ axes: [Int], isAdding: Bool) throws(InterchangeError) -> Signal {
        let rank = signal.shape.rank + 1 + (isAdding ? axes.count : 0)
        let places = axes.map { $0 < 0 ? $0 + rank : $0 }
        try require(
            Set(places).count == places.count && places.allSatisfy { (1..<rank).contains($0) } && rank <= 8,
            "it has no axes \(axes)")
        var dimensions = signal.shape.dimensions
        if isAdding {
            for place in places.sorted() { dimensions.insert(1, at: min(place - 1, dimensions.count)) }
        } else {
            for place in places.sorted(by: >) {
                try require(dimensions[place - 1] == 1, "axis \(place) is not of length 1")
                dimensions.remove(at: place - 1)
            }
            try require(!dimensions.isEmpty, "nothing is left of its input")
        }
        var result = try emit(Reshape(Shape(dimensions)), [signal])
        result.lengths = signal.lengths
        return result
    }
}

extension Extent {
    /// Height and width.
    fileprivate init(_ both: [Int]) { self.init(height: both[0], width: both[1]) }
}
