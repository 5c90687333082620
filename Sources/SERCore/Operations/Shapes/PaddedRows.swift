// SPDX-License-Identifier: Apache-2.0

/// How the time axis of a padded batch lies: [batch, outer, time, inner].
private struct TimeLayout: Sendable {
    let shape: [Int]
    let outer: Int
    let time: Int
    let inner: Int
    let lengths: [Int]

    init(_ shape: [Int], axis: Int, lengths: [Int]?, in operation: String) {
        require(axis >= 1 && axis < shape.count, "\(operation): \(axis) is not a time axis of shape \(shape)")
        self.shape = shape
        outer = shape[1..<axis].reduce(1, *)
        time = shape[axis]
        inner = shape[(axis + 1)...].reduce(1, *)
        self.lengths = lengths ?? [Int](repeating: shape[axis], count: shape[0])
        requireLengths(lengths, rows: shape[0], positions: shape[axis], in: operation)
    }

    /// Calls `body` with where each line of [time, inner] begins and how many of its steps are valid.
    func forEachLine(_ body: (_ start: Int, _ length: Int) -> Void) {
        for (row, length) in lengths.enumerated() {
            for line in (row * outer)..<((row + 1) * outer) { body(line * time * inner, length) }
        }
    }

    /// out = (or +=) x at valid positions, 0 at the others.
    func copyValid(_ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, accumulate: Bool) {
        forEachLine { start, length in
            let count = length * inner
            if accumulate { return add(x + start, to: out + start, count: count) }
            (out + start).update(from: x + start, count: count)
            (out + start + count).update(repeating: 0, count: time * inner - count)
        }
    }

    /// out = (or +=) x with the valid steps in the opposite order, 0 at the others.
    func copyReversed(_ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, accumulate: Bool) {
        forEachLine { start, length in
            for step in 0..<length {
                let (target, source) = (out + start + step * inner, x + start + (length - 1 - step) * inner)
                if accumulate {
                    add(source, to: target, count: inner)
                } else {
                    target.update(from: source, count: inner)
                }
            }
            if !accumulate {
                (out + start + length * inner).update(repeating: 0, count: (time - length) * inner)
            }
        }
    }

    private func add(_ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, count: Int) {
        for index in 0..<count { out[index] += x[index] }
    }
}

/// The values with zeros at all positions past each row's length, whatever stood there, NaN included.
///
/// - Parameters:
///   - x: [batch, ..., time, ...].
///   - lengths: For each row of the batch, how many positions are valid.
///   - axis: Which axis of `x` is time.
package func clearingPadding(_ x: Tensor, lengths: [Int], axis: Int) -> Tensor {
    let layout = TimeLayout(x.shape, axis: axis, lengths: lengths, in: "clearingPadding")
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { layout.copyValid($0, to: out, accumulate: false) }
    } pullback: { _ in
        { upstream, cotangents in
            cotangents.write(0, shape: layout.shape) { out, accumulate in
                upstream.withPointer { layout.copyValid($0, to: out, accumulate: accumulate) }
            }
        }
    }
}

/// Each row read backwards from its last valid step; zeros past its length.
///
/// - Parameters:
///   - x: [batch, ..., time, ...].
///   - lengths: For each row of the batch, how many positions are valid; nil: all.
///   - axis: Which axis of `x` is time.
package func reversingTime(_ x: Tensor, lengths: [Int]?, axis: Int) -> Tensor {
    let layout = TimeLayout(x.shape, axis: axis, lengths: lengths, in: "reversingTime")
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { layout.copyReversed($0, to: out, accumulate: false) }
    } pullback: { _ in
        { upstream, cotangents in
            cotangents.write(0, shape: layout.shape) { out, accumulate in
                upstream.withPointer { layout.copyReversed($0, to: out, accumulate: accumulate) }
            }
        }
    }
}

/// The valid steps of all rows one after the other: [batch, time, ...] to [valid steps, ...].
package func packingSteps(_ x: Tensor, lengths: [Int]) -> Tensor {
    let layout = TimeLayout(x.shape, axis: 1, lengths: lengths, in: "packingSteps")
    let shape = [lengths.reduce(0, +)] + x.shape.dropFirst(2)
    return Tensor.operation(shape: shape, [x]) { out in
        x.withPointer { layout.pack($0, to: out) }
    } pullback: { _ in
        { upstream, cotangents in
            cotangents.add(
                Tensor(shape: layout.shape) { out in upstream.withPointer { layout.unpack($0, to: out) } }, to: 0)
        }
    }
}

/// What ``packingSteps(_:lengths:)`` took apart: [valid steps, ...] to [batch, time, ...], zeros past each row's
/// length.
package func unpackingSteps(_ x: Tensor, lengths: [Int], time: Int) -> Tensor {
    let shape = [lengths.count, time] + x.shape.dropFirst()
    let layout = TimeLayout(shape, axis: 1, lengths: lengths, in: "unpackingSteps")
    require(
        x.shape[0] == lengths.reduce(0, +), "unpackingSteps: \(x.shape[0]) steps for rows of \(lengths) steps")
    return Tensor.operation(shape: shape, [x]) { out in
        x.withPointer { layout.unpack($0, to: out) }
    } pullback: { [packed = x.shape] _ in
        { upstream, cotangents in
            cotangents.add(
                Tensor(shape: packed) { out in upstream.withPointer { layout.pack($0, to: out) } }, to: 0)
        }
    }
}

extension TimeLayout {
    func pack(_ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>) {
        var place = out
        forEachLine { start, length in
            place.update(from: x + start, count: length * inner)
            place += length * inner
        }
    }

    func unpack(_ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>) {
        var place = x
        forEachLine { start, length in
            let count = length * inner
            (out + start).update(from: place, count: count)
            (out + start + count).update(repeating: 0, count: time * inner - count)
            place += count
        }
    }
}
