// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a tensor stands on a tape, and on those of other differentiations that depend on it too.
package struct Trace: Sendable {
    let tape: Tape
    let index: Int
    /// Places on further tapes, each without others of its own: calls of `valueAndGradient(at:)` inside each other.
    var others: [Trace] = []

    /// The places on tapes that still record; nil when there is none.
    var recording: Trace? {
        others.isEmpty ? (tape.isRecording ? self : nil) : Trace(places.filter(\.tape.isRecording))
    }

    /// The places on all tapes but one.
    func leaving(_ tape: Tape) -> Trace? {
        others.isEmpty ? (self.tape === tape ? nil : self) : Trace(places.filter { $0.tape !== tape })
    }

    /// The number of the entry on a tape, -1 when there is none.
    func index(on tape: Tape) -> Int {
        if self.tape === tape { return index }
        return others.first { $0.tape === tape }?.index ?? -1
    }

    init(tape: Tape, index: Int, others: [Trace] = []) {
        self.tape = tape
        self.index = index
        self.others = others
    }

    private init?(_ places: [Trace]) {
        guard let first = places.first else { return nil }
        self.init(tape: first.tape, index: first.index, others: Array(places.dropFirst()))
    }

    var places: [Trace] { [Trace(tape: tape, index: index)] + others }
}

/// What an operation does in the backward pass: given the gradient of the loss with respect to its output, it hands the
/// gradients with respect to its inputs to the cotangents, naming inputs by position.
package typealias Pullback = (_ upstream: Tensor, _ cotangents: inout Cotangents) -> Void

/// The operations of one differentiation in the order in which they ran, which is the order of the backward pass
/// reversed.
///
/// Entries name their inputs by number, so a tape is freed as an array is, without recursion. When the differentiation
/// ends the tape is closed and emptied; tensors that outlive it are constants.
package final class Tape: @unchecked Sendable {
    private struct Entry {
        var inputs: [Int]  // number of the entry that made each input, -1 for constants
        var pullback: Pullback?
    }

    private let lock = NSLock()
    private var entries = ContiguousArray<Entry>()
    private var isOpen = true

    init(leaves: Int) {
        entries.reserveCapacity(leaves + 64)
        for _ in 0..<leaves { entries.append(Entry(inputs: [], pullback: nil)) }
    }

    /// Whether operations are still recorded: until the differentiation ends.
    var isRecording: Bool {
        lock.lock()
        defer { lock.unlock() }
        return isOpen
    }

    /// Appends an operation and tells its number, or nil when the tape has been closed.
    func append(inputs: [Tensor], pullback: @escaping Pullback) -> Int? {
        let indices = inputs.map { $0.trace?.index(on: self) ?? -1 }
        lock.lock()
        defer { lock.unlock() }
        guard isOpen else { return nil }
        entries.append(Entry(inputs: indices, pullback: pullback))
        return entries.count - 1
    }

    /// Runs the pullbacks from entry `last` down to the leaves, letting go of each as soon as it has run.
    func pullBack(from last: Int, upstream: Tensor, into gradients: GradientTable) {
        gradients.add(upstream, at: last)
        var index = last
        while index >= gradients.leaves {
            lock.lock()
            let entry = entries[index]
            entries[index].pullback = nil
            lock.unlock()
            if let pullback = entry.pullback, let upstream = gradients.take(at: index) {
                var cotangents = Cotangents(inputs: entry.inputs, table: gradients)
                pullback(upstream, &cotangents)
            }
            index -= 1
        }
    }

    /// Forgets everything; tensors that still point here are constants from now on.
    func close() {
        lock.lock()
        isOpen = false
        let dropped = entries
        entries = []
        lock.unlock()
        withExtendedLifetime(dropped) {}
    }
}

extension Tensor {
    /// Runs an operation and, if any input is being differentiated, records how to go back.
    ///
    /// - Parameters:
    ///   - compute: Writes every value of the result.
    ///   - pullback: Makes the backward pass from the result; called only when the operation is recorded. What it
    ///     captures is kept until then, so it captures ``Tensor/detached`` tensors and as few as it needs.
    package static func operation(
        shape: [Int], _ inputs: [Tensor], compute: (UnsafeMutablePointer<Float>) -> Void,
        pullback: (_ output: Tensor) -> Pullback
    ) -> Tensor {
        Tensor(shape: shape, fill: compute).recorded(inputs, pullback: pullback)
    }

    /// This value as the result of an operation on `inputs`: on each tape that an input stands on and that still
    /// records. To one tape, inputs that stand on others alone are constants.
    package func recorded(_ inputs: [Tensor], pullback: (_ output: Tensor) -> Pullback) -> Tensor {
        let output = detached
        let (first, others) = Tensor.tapes(of: inputs)
        guard let first else { return output }
        var trace = first.append(inputs: inputs, pullback: pullback(output)).map { Trace(tape: first, index: $0) }
        for tape in others {
            guard let index = tape.append(inputs: inputs, pullback: pullback(output)) else { continue }
            let place = Trace(tape: tape, index: index)
            if trace == nil { trace = place } else { trace?.others.append(place) }
        }
        return trace == nil ? output : Tensor(buffer: buffer, offset: offset, shape: shape, trace: trace)
    }

    /// The tapes that tensors stand on, each once; of one tape alone no list is made.
    private static func tapes(of tensors: [Tensor]) -> (first: Tape?, others: [Tape]) {
        var first: Tape?
        var others: [Tape] = []
        func add(_ tape: Tape) {
            guard let known = first else { return first = tape }
            if known !== tape, !others.contains(where: { $0 === tape }) { others.append(tape) }
        }
        for tensor in tensors {
            guard let trace = tensor.trace else { continue }
            add(trace.tape)
            for other in trace.others { add(other.tape) }
        }
        return (first, others)
    }

    /// The same value, which one tape no longer knows.
    func leaving(_ tape: Tape) -> Tensor {
        trace == nil ? self : Tensor(buffer: buffer, offset: offset, shape: shape, trace: trace?.leaving(tape))
    }
}
