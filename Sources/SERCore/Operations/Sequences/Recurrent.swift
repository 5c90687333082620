// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Which of the built-in recurrent cells runs over a sequence.
package enum RecurrentEquations: Sendable {
    case tanh, relu, lstm, gru

    /// How many blocks of `hidden` rows the weights hold.
    package var gates: Int {
        switch self {
        case .tanh, .relu: return 1
        case .lstm: return 4
        case .gru: return 3
        }
    }

    fileprivate var kind: Int32 {
        switch self {
        case .tanh: return Int32(SER_RECURRENT_TANH)
        case .relu: return Int32(SER_RECURRENT_RELU)
        case .lstm: return Int32(SER_RECURRENT_LSTM)
        case .gru: return Int32(SER_RECURRENT_GRU)
        }
    }
}

/// The parameters of one direction of one recurrent layer, in PyTorch's layouts and gate order.
package struct RecurrentWeights: Sendable {
    /// [gates * hidden, inputs]
    package var inputWeight: Tensor
    /// [gates * hidden, hidden]
    package var stateWeight: Tensor
    /// [gates * hidden]
    package var inputBias: Tensor
    /// [gates * hidden]
    package var stateBias: Tensor
    /// The four as the forward kernels read them; nil: packed on each call.
    package var packed: Buffer?

    package init(inputWeight: Tensor, stateWeight: Tensor, inputBias: Tensor, stateBias: Tensor) {
        self.inputWeight = inputWeight
        self.stateWeight = stateWeight
        self.inputBias = inputBias
        self.stateBias = stateBias
    }

    fileprivate var tensors: [Tensor] { [inputWeight, stateWeight, inputBias, stateBias] }

    fileprivate var detached: RecurrentWeights {
        RecurrentWeights(
            inputWeight: inputWeight.detached, stateWeight: stateWeight.detached, inputBias: inputBias.detached,
            stateBias: stateBias.detached)
    }

    private func shape(_ cell: RecurrentEquations) -> ser_recurrent_shape {
        ser_recurrent_shape(
            kind: cell.kind, reverse: 0, batch: 1, steps: 1, inputs: Int64(inputWeight.shape.last ?? 0),
            hidden: Int64(stateWeight.shape.last ?? 0), lengths: nil)
    }

    /// How many values `packed` holds.
    package func packedCount(_ cell: RecurrentEquations) -> Int {
        var shape = shape(cell)
        return Int(ser_recurrent_packed_size(&shape))
    }

    package func pack(_ cell: RecurrentEquations, into packed: UnsafeMutablePointer<Float>) {
        withPointers { weights in
            var shape = shape(cell)
            ser_recurrent_pack(&shape, weights, packed)
        }
    }

    fileprivate func withPointers<Result>(_ body: (UnsafePointer<ser_recurrent_weights>) -> Result) -> Result {
        inputWeight.withPointer { ih in
            stateWeight.withPointer { hh in
                inputBias.withPointer { bih in
                    stateBias.withPointer { bhh in
                        var weights = ser_recurrent_weights(weight_ih: ih, weight_hh: hh, bias_ih: bih, bias_hh: bhh)
                        return body(&weights)
                    }
                }
            }
        }
    }
}

/// A recurrent layer over whole sequences, as one operation: PyTorch's LSTM, GRU and RNN equations, initial state zero.
///
/// Each row stops at its own length. With weights for the backward direction, a second pass runs from each row's last
/// valid step to its first, and the two results lie side by side (forward first).
///
/// - Parameters:
///   - x: [batch, steps, inputs].
///   - lengths: The valid steps of each row; nil: all.
///   - allSteps: Whether the states after all steps are wanted, or only the state each direction ends in.
/// - Returns: [batch, steps, directions * hidden], zeros past a row's length; or [batch, directions * hidden].
package func recurrent(
    _ x: Tensor, lengths: [Int]? = nil, cell: RecurrentEquations, weights: RecurrentWeights,
    reverseWeights: RecurrentWeights? = nil, allSteps: Bool
) -> Tensor {
    let sequence = RecurrentSequence(x, lengths: lengths, cell: cell, weights, reverseWeights, allSteps: allSteps)
    let directions = [weights] + (reverseWeights.map { [$0] } ?? [])
    let inputs = [x] + directions.flatMap(\.tensors)
    let isRecorded = inputs.contains { $0.trace != nil }
    let saved = directions.indices.map { isRecorded ? Buffer(uninitialized: sequence.savedCount($0)) : nil }
    return Tensor.operation(shape: sequence.outputShape, inputs) { out in
        x.withPointer { px in
            for (index, weights) in directions.enumerated() {
                sequence.forward(px, direction: index, weights: weights, into: out, saved: saved[index])
            }
        }
    } pullback: { [directions = directions.map(\.detached)] _ in
        { upstream, cotangents in
            // The last of the ways back adds to what the others wrote to dx.
            let inputGradient = cotangents.isWanted(0) ? Buffer(uninitialized: sequence.inputCount) : nil
            for (index, weights) in directions.enumerated() {
                guard let saved = saved[index] else { continue }
                let gradients = sequence.backward(
                    upstream, direction: index, weights: weights, saved: saved, inputGradient: inputGradient)
                for (position, gradient) in gradients.enumerated() {
                    cotangents.add(gradient, to: 1 + 4 * index + position)
                }
            }
            if let inputGradient {
                cotangents.add(Tensor(buffer: inputGradient, shape: sequence.inputShape), to: 0)
            }
        }
    }
}

/// The sizes of one recurrent operation and the calls of its kernels.
private struct RecurrentSequence: Sendable {
    let inputShape: [Int]
    let outputShape: [Int]
    private let cell: RecurrentEquations
    private let hidden: Int
    private let directions: Int
    private let lengths: [Int32]?
    private let allSteps: Bool

    init(
        _ x: Tensor, lengths: [Int]?, cell: RecurrentEquations, _ weights: RecurrentWeights,
        _ reverse: RecurrentWeights?,
        allSteps: Bool
    ) {
        require(x.rank == 3, "recurrent: x \(x.shape) is not [batch, steps, inputs]")
        let (batch, steps, inputs) = (x.shape[0], x.shape[1], x.shape[2])
        let hidden = weights.stateWeight.shape.last ?? 0
        for given in [weights, reverse].compactMap({ $0 }) {
            let rows = cell.gates * hidden
            require(
                given.tensors.map(\.shape) == [[rows, inputs], [rows, hidden], [rows], [rows]],
                "recurrent: weights \(given.tensors.map(\.shape)) do not fit x \(x.shape) and \(hidden) units")
        }
        requireLengths(lengths, rows: batch, positions: steps, in: "recurrent")
        directions = reverse == nil ? 1 : 2
        inputShape = x.shape
        outputShape = allSteps ? [batch, steps, directions * hidden] : [batch, directions * hidden]
        self.cell = cell
        self.hidden = hidden
        self.lengths = lengths?.map { Int32($0) }
        self.allSteps = allSteps
    }

    var inputCount: Int { inputShape.reduce(1, *) }

    private func withShape<Result>(
        _ direction: Int, _ body: (UnsafePointer<ser_recurrent_shape>) -> Result
    ) -> Result {
        func call(_ lengths: UnsafePointer<Int32>?) -> Result {
            var shape = ser_recurrent_shape(
                kind: cell.kind, reverse: Int32(direction), batch: Int64(inputShape[0]), steps: Int64(inputShape[1]),
                inputs: Int64(inputShape[2]), hidden: Int64(hidden), lengths: lengths)
            return body(&shape)
        }
        guard let lengths else { return call(nil) }
        return lengths.withUnsafeBufferPointer { call($0.baseAddress) }
    }

    func savedCount(_ direction: Int) -> Int { withShape(direction) { Int(ser_recurrent_saved_size($0)) } }

    func forward(
        _ x: UnsafePointer<Float>, direction: Int, weights: RecurrentWeights, into out: UnsafeMutablePointer<Float>,
        saved: Buffer?
    ) {
        let stride = Int64(directions * hidden)
        let place = out + direction * hidden
        let done = weights.withPointers { pointers in
            withShape(direction) { shape in
                var arguments = ser_recurrent_forward_arguments(
                    packed: weights.packed?.pointer, x: x, h0: nil, c0: nil, y: allSteps ? place : nil,
                    y_stride: stride,
                    h_last: allSteps ? nil : place, h_last_stride: stride, c_last: nil, saved: saved?.pointer)
                return withExtendedLifetime(weights.packed) { ser_recurrent_forward(shape, pointers, &arguments) }
            }
        }
        require(done == 1, "recurrent: out of memory for \(inputShape) inputs and \(hidden) units")
    }

    /// The gradients of one direction's parameters; that of x is written to, or for the second direction added to,
    /// `inputGradient`.
    func backward(
        _ upstream: Tensor, direction: Int, weights: RecurrentWeights, saved: Buffer, inputGradient: Buffer?
    ) -> [Tensor] {
        let gradients = weights.tensors.map { Tensor(shape: $0.shape) { _ in } }
        let stride = Int64(directions * hidden)
        let done = upstream.withPointer { dy in
            weights.withPointers { weights in
                withShape(direction) { shape in
                    let place = dy + direction * hidden
                    let targets = gradients.map { $0.buffer.pointer }
                    var arguments = ser_recurrent_backward_arguments(
                        saved: saved.pointer, dy: allSteps ? place : nil, dy_stride: stride,
                        dh_last: allSteps ? nil : place, dh_last_stride: stride, dx: inputGradient?.pointer,
                        add_dx: direction > 0 ? 1 : 0, dweight_ih: targets[0], dweight_hh: targets[1],
                        dbias_ih: targets[2], dbias_hh: targets[3])
                    return ser_recurrent_backward(shape, weights, &arguments)
                }
            }
        }
        require(done == 1, "recurrent: out of memory for \(inputShape) inputs and \(hidden) units")
        return gradients
    }
}
