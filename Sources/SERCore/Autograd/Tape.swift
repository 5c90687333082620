import Foundation

/// Where a tensor stands on a tape.
package struct Trace: Sendable {
    package let tape: Tape
    package let index: Int
}

/// What an operation does on the way back: given the gradient of the loss with respect to its output, it hands the
/// gradients with respect to its inputs to the cotangents, naming inputs by position.
package typealias Pullback = (_ upstream: Tensor, _ cotangents: inout Cotangents) -> Void

/// The operations of one differentiation in the order in which they ran, which is the order of the backward pass reversed.
///
/// Entries name their inputs by number, so a tape is freed as an array is, without recursion. When the differentiation
/// ends the tape is closed and emptied; tensors that outlive it are constants.
package final class Tape: @unchecked Sendable {
    private struct Entry {
        var inputs: [Int]  // number of the entry that made each input, -1 for constants
        var pullback: Pullback?
    }

    /// Newer tapes have larger numbers: an operation on tensors of several tapes belongs to the newest.
    package let number: UInt64
    private let lock = NSLock()
    private var entries = ContiguousArray<Entry>()
    private var isOpen = true

    private static let numbers = TapeNumbers()

    init(leaves: Int) {
        number = Tape.numbers.next()
        entries.reserveCapacity(leaves + 64)
        for _ in 0..<leaves { entries.append(Entry(inputs: [], pullback: nil)) }
    }

    /// Appends an operation and tells its number, or nil when the tape has been closed.
    func append(inputs: [Tensor], pullback: @escaping Pullback) -> Int? {
        let indices = inputs.map { tensor -> Int in
            guard let trace = tensor.trace, trace.tape === self else { return -1 }
            return trace.index
        }
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

private final class TapeNumbers: @unchecked Sendable {
    private let lock = NSLock()
    private var last: UInt64 = 0

    func next() -> UInt64 {
        lock.lock()
        defer { lock.unlock() }
        last += 1
        return last
    }
}

extension Tensor {
    /// Runs an operation and, if any input is being differentiated, records how to go back.
    ///
    /// - Parameters:
    ///   - compute: Writes every value of the result.
    ///   - pullback: Makes the way back from the result; called only when the operation is recorded. What it captures is
    ///     kept until the backward pass, so it captures ``Tensor/detached`` tensors and as few as it needs.
    package static func operation(
        shape: [Int], _ inputs: [Tensor], compute: (UnsafeMutablePointer<Float>) -> Void,
        pullback: (_ output: Tensor) -> Pullback
    ) -> Tensor {
        Tensor(shape: shape, fill: compute).recorded(inputs, pullback: pullback)
    }

    /// This value as the result of an operation on `inputs`.
    package func recorded(_ inputs: [Tensor], pullback: (_ output: Tensor) -> Pullback) -> Tensor {
        var newest: Tape?
        for input in inputs {
            guard let tape = input.trace?.tape else { continue }
            if let known = newest, known.number >= tape.number { continue }
            newest = tape
        }
        let output = detached
        guard let newest, let index = newest.append(inputs: inputs, pullback: pullback(output)) else { return output }
        return Tensor(buffer: buffer, offset: offset, shape: shape, trace: Trace(tape: newest, index: index))
    }
}
