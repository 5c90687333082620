// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// The gradients of one differentiation: a slot for each entry of the tape, the leaves' in one flat buffer.
final class GradientTable {
    private struct Slot {
        var buffer: Buffer
        var offset: Int
        var shape: [Int]
    }

    let leaves: Int
    private let flat: Buffer
    private let layout: ParameterLayout
    private var touched: [Bool]
    private var slots: [Slot?]

    init(layout: ParameterLayout, entries: Int) {
        self.layout = layout
        leaves = layout.count
        flat = Buffer(uninitialized: layout.scalarCount)
        touched = [Bool](repeating: false, count: leaves)
        slots = [Slot?](repeating: nil, count: max(entries - leaves, 0))
    }

    /// Takes out the gradient of an entry.
    func take(at index: Int) -> Tensor? {
        guard let slot = slots[index - leaves] else { return nil }
        slots[index - leaves] = nil
        return Tensor(buffer: slot.buffer, offset: slot.offset, shape: slot.shape)
    }

    func add(_ gradient: Tensor, at index: Int) {
        guard index < leaves || slots[index - leaves] != nil else {
            slots[index - leaves] = Slot(buffer: gradient.buffer, offset: gradient.offset, shape: gradient.shape)
            return
        }
        let count = gradient.count
        write(at: index, shape: gradient.shape) { pointer, accumulate in
            gradient.withPointer {
                if accumulate {
                    ser_add(pointer, pointer, $0, Int64(count))
                } else {
                    pointer.update(from: $0, count: count)
                }
            }
        }
    }

    /// Lends the place of a gradient: to be written when `accumulate` is false, added to when it is true.
    func write(at index: Int, shape: [Int], _ body: (UnsafeMutablePointer<Float>, _ accumulate: Bool) -> Void) {
        if index < leaves {
            body(flat.pointer + layout.offsets[index], touched[index])
            touched[index] = true
            return
        }
        let place = index - leaves
        guard var slot = slots[place] else {
            let buffer = Buffer(uninitialized: shape.reduce(1, *))
            body(buffer.pointer, false)
            slots[place] = Slot(buffer: buffer, offset: 0, shape: shape)
            return
        }
        slots[place] = nil  // so that the slot's reference is the only one, unless somebody else reads the buffer
        if !isKnownUniquelyReferenced(&slot.buffer) {
            let copy = Buffer(uninitialized: shape.reduce(1, *))
            copy.pointer.update(from: slot.buffer.pointer + slot.offset, count: copy.count)
            slot = Slot(buffer: copy, offset: 0, shape: shape)
        }
        body(slot.buffer.pointer + slot.offset, true)
        slots[place] = slot
    }

    /// The leaves' gradients, zero where nothing arrived.
    func leafGradients() -> Parameters {
        for (index, isTouched) in touched.enumerated() where !isTouched {
            (flat.pointer + layout.offsets[index]).update(repeating: 0, count: layout.counts[index])
        }
        layout.clearPadding(of: flat.pointer)
        return Parameters(layout: layout, storage: flat)
    }
}

/// Receives the gradients with respect to an operation's inputs, which are named by position.
package struct Cotangents {
    private let inputs: [Int]
    private let table: GradientTable

    init(inputs: [Int], table: GradientTable) {
        self.inputs = inputs
        self.table = table
    }

    /// Whether anyone asks for the gradient of this input: if not, it need not be computed.
    package func isWanted(_ position: Int) -> Bool { inputs[position] >= 0 }

    /// Adds a gradient, of the input's shape.
    package mutating func add(_ gradient: @autoclosure () -> Tensor, to position: Int) {
        guard isWanted(position) else { return }
        table.add(gradient(), at: inputs[position])
    }

    /// Lends the place where an input's gradient is gathered. `body` writes all of it when `accumulate` is false and adds
    /// to what is there when it is true; so no gradient is made only to be copied.
    package mutating func write(
        _ position: Int, shape: [Int], _ body: (UnsafeMutablePointer<Float>, _ accumulate: Bool) -> Void
    ) {
        guard isWanted(position) else { return }
        table.write(at: inputs[position], shape: shape, body)
    }

    /// Lends the place where an input's gradient is gathered, zeros at first, for operations that touch part of it.
    package mutating func accumulate(_ position: Int, shape: [Int], _ body: (UnsafeMutablePointer<Float>) -> Void) {
        write(position, shape: shape) { pointer, accumulate in
            if !accumulate { pointer.update(repeating: 0, count: shape.reduce(1, *)) }
            body(pointer)
        }
    }
}
