// SPDX-License-Identifier: Apache-2.0

import SERCore

/// A recurrent operator of one layer, whose directions are still apart.
struct RecurrentLayer {
    enum Cell { case lstm, gru, rnn(RNN.Activation) }

    var cell: Cell
    var units: Int
    var isBidirectional: Bool
    /// The name of its weights in the file.
    var weight: String
    var tensors: [String: Tensor]

    func layer(_ merge: BidirectionalMerge?, _ output: RecurrentOutput) -> any Layer {
        switch cell {
        case .lstm: return LSTM(units, bidirectional: merge, output: output)
        case .gru: return GRU(units, bidirectional: merge, output: output)
        case .rnn(let activation): return RNN(units, activation: activation, bidirectional: merge, output: output)
        }
    }
}

extension ONNXReader {
    /// All states, and the last ones, of an LSTM, GRU or RNN.
    mutating func recurrent() throws(InterchangeError) -> [Value] {
        try allow("hidden_size", "direction", "activations", "linear_before_reset", "layout", "input_forget")
        guard case .signal(let x) = try input(0), x.isTimeFirst, x.shape.rank == 2 else {
            throw unfit("its input is not [time, batch, features]")
        }
        let (w, r) = (try needed(1), try needed(2))
        let direction = string("direction", "forward")
        try require(
            ["forward", "bidirectional"].contains(direction), "the direction \(direction) alone is not supported")
        try require(int("layout", 0) == 0 && int("input_forget", 0) == 0, "its layout or gates are unusual")
        let count = direction == "forward" ? 1 : 2
        let (cell, gates) = try cell(directions: count)
        try require(
            w.rank == 3 && r.rank == 3 && w.shape[0] == count && r.shape[0] == count && r.shape[2] > 0
                && r.shape[1] == gates.count * r.shape[2] && w.shape[1] == r.shape[1],
            "its weights \(w.shape) and \(r.shape) do not fit each other")
        let units = r.shape[2]
        try require(int("hidden_size", units) == units, "its hidden_size is not that of its weights")
        if case .lengths(let lengths, isColumn: false) = try input(4) {
            try require(lengths == x.lengths, "its lengths are not those of its input")
        } else if case .absent = try input(4) {
        } else {
            throw unfit("its sequence_lens are not lengths")
        }
        for index in 5..<max(5, current.input.count) {
            guard let initial = try tensor(index) else { continue }
            try require(initial.scalars.allSatisfy { $0 == 0 }, "it begins in a state other than 0")
        }
        let layer = RecurrentLayer(
            cell: cell, units: units, isBidirectional: count == 2, weight: current.input[1],
            tensors: try weights(w, r, try tensor(3), gates: gates, units: units, directions: count))
        let states = States(input: x, layer: layer, form: .all)
        var last = states
        last.form = .last
        return [.states(states), .states(last), .absent]
    }

    /// What the operator is here, and for each of ONNX's gates, which of ours it is.
    private func cell(directions: Int) throws(InterchangeError) -> (RecurrentLayer.Cell, [Int]) {
        let given = current.attribute.first { $0.name == "activations" }?.strings.map {
            String(decoding: $0, as: UTF8.self)
        }
        func usual(_ names: [String]) -> Bool {
            given == nil || given == (0..<directions).flatMap { _ in names }
        }
        switch current.opType {
        case "LSTM":
            try require(usual(["Sigmoid", "Tanh", "Tanh"]), "its activations are unusual")
            return (.lstm, [0, 3, 1, 2])
        case "GRU":
            try require(usual(["Sigmoid", "Tanh"]), "its activations are unusual")
            try require(int("linear_before_reset", 0) == 1, "it resets before the product (linear_before_reset 0)")
            return (.gru, [1, 0, 2])
        default:
            if usual(["Relu"]), given != nil { return (.rnn(.relu), [0]) }
            try require(usual(["Tanh"]), "its activations are unusual")
            return (.rnn(.tanh), [0])
        }
    }

    private func weights(
        _ w: Tensor, _ r: Tensor, _ bias: Tensor?, gates: [Int], units: Int, directions: Int
    ) throws(InterchangeError) -> [String: Tensor] {
        let rows = gates.count * units
        try require(bias == nil || bias?.shape == [directions, 2 * rows], "its bias does not fit its weights")
        let b = bias?.scalars ?? [Float](repeating: 0, count: directions * 2 * rows)
        let (ws, rs) = (w.scalars, r.scalars)
        /// One direction's rows in our order of gates.
        func ours(_ values: [Float], _ start: Int, _ width: Int) -> [Float] {
            var result = [Float](repeating: 0, count: rows * width)
            let block = units * width
            for (place, gate) in gates.enumerated() {
                for i in 0..<block { result[gate * block + i] = values[start + place * block + i] }
            }
            return result
        }
        var tensors: [String: Tensor] = [:]
        for direction in 0..<directions {
            let ending = direction == 0 ? "_l0" : "_l0_reverse"
            let width = w.shape[2]
            tensors["weight_ih" + ending] = Tensor(ours(ws, direction * rows * width, width), shape: [rows, width])
            tensors["weight_hh" + ending] = Tensor(ours(rs, direction * rows * units, units), shape: [rows, units])
            tensors["bias_ih" + ending] = Tensor(ours(b, direction * 2 * rows, 1))
            tensors["bias_hh" + ending] = Tensor(ours(b, direction * 2 * rows + rows, 1))
        }
        return tensors
    }

    private mutating func finished(
        _ states: States, _ merge: BidirectionalMerge?, isLast: Bool
    ) throws(InterchangeError) -> Signal {
        try require(states.layer.isBidirectional == (merge != nil), "its directions do not fit")
        var x = states.input
        x.isTimeFirst = false
        var result = try emit(
            states.layer.layer(merge, isLast ? .lastStep : .allSteps), [x], weight: states.layer.weight,
            tensors: states.layer.tensors)
        result.isTimeFirst = !isLast
        return result
    }

    /// The only direction: the axis of directions is taken off.
    mutating func single(_ states: States, _ axes: [Int]) throws(InterchangeError) -> Signal {
        switch (states.form, axes) {
        case (.all, [1]): return try finished(states, nil, isLast: false)
        case (.last, [0]): return try finished(states, nil, isLast: true)
        default: throw unfit("recurrent states do not lose the axes \(axes)")
        }
    }

    /// Two directions side by side: [time, batch, direction, units] to [time, batch, 2 units].
    mutating func beside(_ states: States, _ target: [Int]) throws(InterchangeError) -> Signal {
        let width = (states.layer.isBidirectional ? 2 : 1) * states.layer.units
        let merge: BidirectionalMerge? = states.layer.isBidirectional ? .concatenate : nil
        let ends = [width, -1].contains(target.last ?? 0)
        switch states.form {
        case .allBeside where ends && target.dropLast() == [0, 0]: return try finished(states, merge, isLast: false)
        case .lastBeside where ends && target.dropLast() == [0]: return try finished(states, merge, isLast: true)
        default: throw unfit("recurrent states do not take the shape \(target)")
        }
    }

    /// The sum or mean of two directions.
    mutating func reduced(
        _ states: States, _ merge: BidirectionalMerge, _ axes: [Int]
    ) throws(InterchangeError) -> Signal {
        switch (states.form, axes) {
        case (.all, [1]): return try finished(states, merge, isLast: false)
        case (.last, [0]): return try finished(states, merge, isLast: true)
        default: throw unfit("recurrent states are not merged over the axes \(axes)")
        }
    }
}
