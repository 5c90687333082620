// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport
import Testing

/// A recurrent layer in inference that takes a sequence piece by piece and hands its state on.
private struct StatefulLayer {
    let kind: Int
    let batch: Int
    let inputs = 5
    let hidden = 70
    private let inputWeight: FixedFloats
    private let stateWeight: FixedFloats
    private let bias: FixedFloats
    private(set) var hiddenState: FixedFloats?
    private(set) var cellState: FixedFloats?

    init(kind: Int, batch: Int) {
        (self.kind, self.batch) = (kind, batch)
        let rows = [1, 1, 4, 3][kind] * hidden
        var generator = RandomKey(seed: 20).generator
        func values(_ count: Int) -> FixedFloats {
            FixedFloats((0..<count).map { _ in Float.random(in: -0.2...0.2, using: &generator) })
        }
        (inputWeight, stateWeight, bias) = (values(rows * inputs), values(rows * hidden), values(rows))
    }

    /// The states after each of the next `steps` steps, [batch, steps, hidden]; x is [batch, steps, inputs].
    mutating func run(_ x: [Float], steps: Int) -> [Float] {
        let x = FixedFloats(x), y = FixedFloats(Array(repeating: .nan, count: batch * steps * hidden))
        let last = FixedFloats(Array(repeating: .nan, count: batch * hidden))
        let cell = kind == Int(SER_RECURRENT_LSTM) ? FixedFloats(Array(repeating: .nan, count: batch * hidden)) : nil
        var shape = ser_recurrent_shape(
            kind: Int32(kind), reverse: 0, batch: Int64(batch), steps: Int64(steps), inputs: Int64(inputs),
            hidden: Int64(hidden), lengths: nil)
        var weights = ser_recurrent_weights(
            weight_ih: inputWeight.pointer, weight_hh: stateWeight.pointer, bias_ih: bias.pointer, bias_hh: nil)
        var arguments = ser_recurrent_forward_arguments(
            packed: nil, x: x.pointer, h0: hiddenState?.pointer, c0: cellState?.pointer, y: y.pointer,
            y_stride: Int64(hidden), h_last: last.pointer, h_last_stride: Int64(hidden), c_last: cell?.pointer,
            saved: nil)
        withExtendedLifetime((self, x)) { #expect(ser_recurrent_forward(&shape, &weights, &arguments) == 1) }
        (hiddenState, cellState) = (last, cell)
        return y.values
    }
}

@Suite struct RecurrentStateTests {
    /// Some steps of values [rows, all steps, width].
    private static func part(
        of values: [Float], rows: Int, width: Int, steps: Range<Int>, of all: Int
    ) -> [Float] {
        var part: [Float] = []
        for row in 0..<rows {
            let first = row * all * width
            part += values[first + steps.lowerBound * width..<first + steps.upperBound * width]
        }
        return part
    }

    /// Carried from call to call, the state gives the bits that one call over the whole sequence gives.
    @Test(arguments: 0..<4, [1, 3, 20]) func piecesGiveTheWholeSequence(kind: Int, batch: Int) {
        let steps = 150
        withEachInstructionSet { set in
            var whole = StatefulLayer(kind: kind, batch: batch), pieces = whole
            var generator = RandomKey(seed: 21).generator
            let (inputs, hidden) = (whole.inputs, whole.hidden)
            let x = (0..<batch * steps * inputs).map { _ in Float.random(in: -1...1, using: &generator) }
            let expected = whole.run(x, steps: steps)
            var start = 0
            for count in [1, 22, 64, 63] {
                let range = start..<start + count
                let part = Self.part(of: x, rows: batch, width: inputs, steps: range, of: steps)
                let wanted = Self.part(of: expected, rows: batch, width: hidden, steps: range, of: steps)
                #expect(pieces.run(part, steps: count) == wanted, "\(set): steps \(range)")
                start += count
            }
            #expect(start == steps && pieces.hiddenState?.values == whole.hiddenState?.values, "\(set)")
            #expect(pieces.cellState?.values == whole.cellState?.values, "\(set)")
        }
    }
}
