// SPDX-License-Identifier: Apache-2.0

/// In which direction a recurrent layer reads time.
public enum RecurrentDirection: Sendable, Hashable, Codable {
    /// From the first step to each row's last valid one.
    case forward
    /// From each row's last valid step to the first.
    case reverse
    /// Both ways with weights of their own, and how the two results become one.
    case both(merge: BidirectionalMerge)

    /// Both ways, the results side by side.
    public static var bidirectional: RecurrentDirection { .both(merge: .concatenate) }
}

/// A recurrent layer made of a cell of one's own; see ``RecurrentCell``.
///
/// `[time, features]` to `[units]`, or to `[time, units]` with `output: .allSteps`; twice the units when two directions
/// are concatenated. Parameters are the cell's, with layer and direction behind their names: `weight_ih_l0`,
/// `weight_ih_l0_reverse`. Rows of a batch stop at their own length. A file that holds such a layer is read with a
/// registry that knows it: `.standard.adding(Recurrent<MyCell>.self)`.
public struct Recurrent<Cell: RecurrentCell>: UnaryLayer {
    public static var kind: String { Cell.kind }

    /// What happens at one step.
    public var cell: Cell
    /// How many layers are stacked, each reading the one below.
    public var layers: Int
    /// In which direction time is read.
    public var direction: RecurrentDirection
    /// Share of the values dropped between stacked layers in training.
    public var dropout: Float
    /// Whether the last valid step or all steps come out.
    public var output: RecurrentOutput

    /// A recurrent layer whose steps are the cell's.
    public init(
        _ cell: Cell, layers: Int = 1, direction: RecurrentDirection = .forward, dropout: Float = 0,
        output: RecurrentOutput = .lastStep
    ) {
        self.cell = cell
        self.layers = layers
        self.direction = direction
        self.dropout = dropout
        self.output = output
    }

    /// Features that one layer hands to the next.
    private var width: Int { direction == .bidirectional ? 2 * cell.units : cell.units }

    /// What stands behind the names of each direction's parameters, and whether that direction runs backwards.
    private var passes: [(suffix: String, isReverse: Bool)] {
        switch direction {
        case .forward: return [("", false)]
        case .reverse: return [("", true)]
        case .both: return [("", false), ("_reverse", true)]
        }
    }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard (1...65_536).contains(cell.units), (1...1024).contains(layers), cell.stateSizes.first == cell.units,
            cell.stateSizes.allSatisfy({ $0 > 0 })
        else {
            throw ShapeError(
                layer: Self.kind,
                expected: "1 to 65536 units, which are the first of the state's sizes, and 1 to 1024 layers",
                got: "\(cell.units) units, a state of \(cell.stateSizes) and \(layers) layers",
                hint: "Change the cell's units or its stateSizes.")
        }
        try DropoutRules.check(Self.kind, dropout)
        _ = try SequenceRules.check(Self.kind, input, .valid)
        return output == .allSteps ? [input[0], .fixed(width)] : [.fixed(width)]
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let features = input.last?.length else { return [] }
        return (0..<layers).flatMap { layer in
            passes.flatMap { pass in
                cell.parameters(inputs: layer == 0 ? features : width).map { declaration in
                    var placed = declaration
                    placed.name += "_l\(layer)\(pass.suffix)"
                    return placed
                }
            }
        }
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let lengths = input.partialLengths
        // Time first, so that a step is a piece of memory, which is read without a copy.
        var values = input.clearingPadding().values.permuted([1, 0, 2])
        let batch = values.shape[1]
        for layer in 0..<layers {
            if layer > 0, dropout > 0, let key = context.randomKey() {
                values = SERCore.dropout(values, rate: dropout, key: key)
            }
            let allSteps = layer < layers - 1 || output == .allSteps
            let results = passes.map { pass in
                let declared = cell.parameters(inputs: values.shape[2]).map(\.name)
                let tensors = declared.map { ($0, context.parameter("\($0)_l\(layer)\(pass.suffix)")) }
                let weights = CellParameters(kind: Self.kind, tensors: Dictionary(tensors) { first, _ in first })
                let sequence = CellSequence(cell: cell, parameters: weights, lengths: lengths, batch: batch)
                return sequence.run(values, isReverse: pass.isReverse, allSteps: allSteps)
            }
            values = merged(results)
        }
        guard output == .allSteps else { return Signal(values) }
        return Signal(values.permuted([1, 0, 2]), lengths: input.lengths, timeAxis: 1)
    }

    private func merged(_ results: [Tensor]) -> Tensor {
        guard case .both(let merge) = direction else { return results[0] }
        return merge.merged(results[0], results[1], axis: -1)
    }
}

/// One direction of one layer over a batch.
private struct CellSequence<Cell: RecurrentCell> {
    let cell: Cell
    let parameters: CellParameters
    let lengths: [Int]?
    let batch: Int

    /// - Parameter x: [time, batch, inputs].
    /// - Returns: [time, batch, units], zeros past a row's length; or [batch, units].
    func run(_ x: Tensor, isReverse: Bool, allSteps: Bool) -> Tensor {
        let time = x.shape[0]
        let steps = min(lengths?.max() ?? time, time)
        var state = cell.stateSizes.map { Tensor.zeros([batch, $0]) }
        let prepared = steps == 0 ? x : cell.prepare(x.slice(axis: 0, 0..<steps), parameters: parameters)
        require(
            prepared.rank >= 2 && prepared.shape[0] == (steps == 0 ? time : steps) && prepared.shape[1] == batch,
            "\(Cell.kind): the cell prepared \(prepared.shape) of [\(steps), \(batch), ...]")
        var outputs = [Tensor](repeating: state[0], count: allSteps ? steps : 0)
        for step in isReverse ? Array((0..<steps).reversed()) : Array(0..<steps) {
            let next = cell.step(prepared.slice(axis: 0, at: step), state: state, parameters: parameters)
            require(
                next.map(\.shape) == state.map(\.shape),
                "\(Cell.kind): a step returned a state of \(next.map(\.shape)), not \(state.map(\.shape))")
            state = held(next, before: state, at: step)
            if allSteps { outputs[step] = state[0] }
        }
        guard allSteps else { return state[0] }
        return cleared(outputs, time: time)
    }

    /// The new state of rows that have this step, the old one of those that do not: forward they have ended and keep
    /// what they ended in, backward they have not begun.
    private func held(_ next: [Tensor], before: [Tensor], at step: Int) -> [Tensor] {
        guard let lengths, lengths.contains(where: { $0 <= step }) else { return next }
        let running = Tensor(lengths.map { step < $0 ? 1 : 0 }, shape: [batch, 1])
        return zip(next, before).map { `where`(running, $0, $1) }
    }

    private func cleared(_ outputs: [Tensor], time: Int) -> Tensor {
        var outputs = outputs
        if outputs.count < time {
            outputs += [Tensor](repeating: .zeros([batch, cell.units]), count: time - outputs.count)
        }
        guard !outputs.isEmpty else { return Tensor.zeros([0, batch, cell.units]) }
        let all = stack(outputs)
        guard let lengths else { return all }
        let mask = (0..<time).flatMap { step in lengths.map { step < $0 ? Float(1) : 0 } }
        return all * Tensor(mask, shape: [time, batch, 1])
    }
}

extension BidirectionalMerge {
    /// What the results of the two directions become.
    func merged(_ forward: Tensor, _ reverse: Tensor, axis: Int) -> Tensor {
        switch self {
        case .concatenate: return SERCore.concatenate([forward, reverse], axis: axis)
        case .sum: return forward + reverse
        case .mean: return (forward + reverse) * 0.5
        }
    }
}
