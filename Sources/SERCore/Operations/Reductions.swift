// SPDX-License-Identifier: Apache-2.0

import CSERKernels

extension Tensor {
    /// The sum of all elements, or over some axes; negative axes count from the back.
    ///
    /// - Parameters:
    ///   - axes: The axes to sum over; nil is all of them.
    ///   - keepingDimensions: Whether those axes stay, with length 1.
    public func sum(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
        total("sum", axes, keepingDimensions) { _ in 1 }
    }

    /// The mean of all elements, or over some axes; negative axes count from the back. NaN over no elements.
    public func mean(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
        total("mean", axes, keepingDimensions) { 1 / Double($0) }
    }

    /// The mean squared distance from the mean, of all elements or over some axes.
    ///
    /// - Parameters:
    ///   - axes: Those to reduce, negative ones counted from the back; nil for all.
    ///   - unbiased: Divide by the number of elements less one (PyTorch's default) rather than by the number.
    ///   - keepingDimensions: Whether those axes stay, with length 1.
    public func variance(axes: [Int]? = nil, unbiased: Bool = true, keepingDimensions: Bool = false) -> Tensor {
        let reduced = ReducedShape(shape, axes, in: "variance")
        let distances = self - mean(axes: axes, keepingDimensions: true)
        return square(distances).total("variance", axes, keepingDimensions) { _ in
            1 / Double(unbiased ? reduced.reducedCount - 1 : reduced.reducedCount)
        }
    }

    /// The largest element, of all or over some axes; NaN if one is NaN. Stops the program over no elements.
    ///
    /// Elements that share the maximum share the derivative in equal parts, as in PyTorch's `amax`.
    public func maximum(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
        extreme("maximum", axes, keepingDimensions, sign: 1)
    }

    /// The smallest element, of all or over some axes; NaN if one is NaN. Stops the program over no elements.
    ///
    /// Elements that share the minimum share the derivative in equal parts, as in PyTorch's `amin`.
    public func minimum(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
        extreme("minimum", axes, keepingDimensions, sign: -1)
    }

    /// Positions of the largest elements along an axis, which is dropped; the first where several are largest, and of
    /// the first NaN where there is one.
    public func argmax(axis: Int = -1) -> IndexTensor { argExtreme("argmax", axis, sign: 1) }

    /// Positions of the smallest elements along an axis, which is dropped; the first where several are smallest.
    public func argmin(axis: Int = -1) -> IndexTensor { argExtreme("argmin", axis, sign: -1) }

    private func total(
        _ name: String, _ axes: [Int]?, _ keepingDimensions: Bool, scale: (_ count: Int) -> Double
    ) -> Tensor {
        let reduced = ReducedShape(shape, axes, in: name)
        let factor = scale(reduced.reducedCount)
        return Tensor.operation(shape: keepingDimensions ? reduced.kept : reduced.dropped, [self]) { out in
            withPointer { Reduction.sum($0, shape, downTo: reduced.kept, into: out, scale: factor) }
        } pullback: { [shape] _ in
            let scale = Tensor(Float(factor))
            return { upstream, cotangents in
                cotangents.write(0, shape: shape) { out, accumulate in
                    withPointers(upstream, scale) {
                        Broadcasting.apply(
                            ser_binary_multiply, shape: shape, into: out, accumulate: accumulate, $0, reduced.kept, $1,
                            [])
                    }
                }
            }
        }
    }

    private func extreme(_ name: String, _ axes: [Int]?, _ keepingDimensions: Bool, sign: Float) -> Tensor {
        let reduced = ReducedShape(shape, axes, in: name)
        require(reduced.reducedCount > 0, "\(name): shape \(shape) has no elements along axes \(axes ?? [])")
        return Tensor.operation(shape: keepingDimensions ? reduced.kept : reduced.dropped, [self]) { out in
            withPointer { Reduction.extreme($0, shape, downTo: reduced.kept, into: out, sign: sign) }
        } pullback: { [x = detached] output in
            { upstream, cotangents in
                let winners = x .== output.reshaped(reduced.kept)
                let share = upstream.reshaped(reduced.kept) / winners.sum(axes: axes, keepingDimensions: true)
                cotangents.add(winners * share, to: 0)
            }
        }
    }

    private func argExtreme(_ name: String, _ axis: Int, sign: Float) -> IndexTensor {
        let axis = self.axis(axis, in: name)
        let length = shape[axis]
        require(length > 0, "\(name): shape \(shape) has no elements along axis \(axis)")
        let rows = detached.movingAxis(axis, to: rank - 1)
        var shape = shape
        shape.remove(at: axis)
        let count = shape.reduce(1, *)
        let values = [Int32](unsafeUninitializedCapacity: count) { out, filled in
            if let base = out.baseAddress {
                rows.withPointer { ser_argmax_rows(base, $0, Int64(count), Int64(length), sign) }
            }
            filled = count
        }
        return IndexTensor(values, shape: shape)
    }
}

/// What a reduction over some axes leaves of a shape.
struct ReducedShape {
    /// With the reduced axes at length 1.
    let kept: [Int]
    /// Without the reduced axes.
    let dropped: [Int]
    /// How many elements each result is made of.
    let reducedCount: Int

    init(_ shape: [Int], _ axes: [Int]?, in operation: String) {
        guard let axes else {
            kept = [Int](repeating: 1, count: shape.count)
            dropped = []
            reducedCount = shape.reduce(1, *)
            return
        }
        var kept = shape
        var isReduced = [Bool](repeating: false, count: shape.count)
        for axis in axes {
            let resolved = axis < 0 ? axis + shape.count : axis
            require(
                shape.indices.contains(resolved), "\(operation): axis \(axis) does not exist in shape \(shape)")
            require(!isReduced[resolved], "\(operation): axis \(axis) stands twice in \(axes)")
            isReduced[resolved] = true
            kept[resolved] = 1
        }
        reducedCount = shape.indices.reduce(1) { isReduced[$1] ? $0 * shape[$1] : $0 }
        dropped = shape.indices.compactMap { isReduced[$0] ? nil : shape[$0] }
        self.kept = kept
    }
}

/// Reductions of contiguous arrays down to a shape in which the reduced axes have length 1 (or are missing in front).
enum Reduction {
    /// A reduced axis with all axes in front of it and behind it taken together.
    private struct Step {
        var outer: Int
        var length: Int
        var inner: Int
    }

    /// out = (or +=) scale * sum of x.
    static func sum(
        _ x: UnsafePointer<Float>, _ shape: [Int], downTo target: [Int], into out: UnsafeMutablePointer<Float>,
        scale: Double = 1, accumulate: Bool = false
    ) {
        run(x, shape, downTo: target) { x, step, isLast in
            let (count, factor) = (step.outer * step.inner, isLast ? scale : 1)
            return reduced(count, isLast, into: out) { destination in
                sum(x, step, into: destination, scale: factor, accumulate: isLast && accumulate)
            }
        } whenNothingIsReduced: { count in
            inChunks(count) { ser_scale(out + $0, x + $0, Float(scale), Int64($1), accumulate) }
        }
    }

    static func sum(
        _ x: UnsafePointer<Float>, _ shape: [Int], downTo target: [Int], into out: UnsafeMutablePointer<Float>,
        scale: Float, accumulate: Bool
    ) {
        sum(x, shape, downTo: target, into: out, scale: Double(scale), accumulate: accumulate)
    }

    /// out = sign * maximum of sign * x.
    static func extreme(
        _ x: UnsafePointer<Float>, _ shape: [Int], downTo target: [Int], into out: UnsafeMutablePointer<Float>,
        sign: Float
    ) {
        run(x, shape, downTo: target) { x, step, isLast in
            reduced(step.outer * step.inner, isLast, into: out) { destination in
                if step.inner == 1 {
                    return inChunks(step.outer, weight: step.length) {
                        ser_maximum_rows(
                            destination + $0, x + $0 * step.length, Int64($1), Int64(step.length), sign)
                    }
                }
                let block = step.length * step.inner
                inChunks(step.outer, weight: block) { start, count in
                    for index in start..<(start + count) {
                        ser_maximum_columns(
                            destination + index * step.inner, x + index * block, Int64(step.length),
                            Int64(step.inner), sign)
                    }
                }
            }
        } whenNothingIsReduced: { count in
            out.update(from: x, count: count)
        }
    }

    /// Reduces one group of axes after another, the last first.
    private static func run(
        _ x: UnsafePointer<Float>, _ shape: [Int], downTo target: [Int],
        _ reduce: (_ x: UnsafePointer<Float>, _ step: Step, _ isLast: Bool) -> Buffer?,
        whenNothingIsReduced copy: (_ count: Int) -> Void
    ) {
        let steps = steps(shape, downTo: target)
        guard !steps.isEmpty else { return copy(shape.reduce(1, *)) }
        var held: Buffer?
        for (place, step) in steps.enumerated() {
            let source = held.map { UnsafePointer($0.pointer) } ?? x
            let next = withExtendedLifetime(held) { reduce(source, step, place == steps.count - 1) }
            held = next
        }
    }

    /// Writes a step's result to its final place, or to a buffer that holds it for the next step.
    private static func reduced(
        _ count: Int, _ isLast: Bool, into out: UnsafeMutablePointer<Float>,
        _ body: (UnsafeMutablePointer<Float>) -> Void
    ) -> Buffer? {
        if isLast {
            body(out)
            return nil
        }
        let buffer = Buffer(uninitialized: count)
        body(buffer.pointer)
        return buffer
    }

    private static func steps(_ shape: [Int], downTo target: [Int]) -> [Step] {
        var steps: [Step] = []
        var inner = 1
        var axis = shape.count - 1
        let missing = shape.count - target.count
        while axis >= 0 {
            func isReduced(_ axis: Int) -> Bool { axis < missing || target[axis - missing] != shape[axis] }
            guard isReduced(axis) else {
                inner *= shape[axis]
                axis -= 1
                continue
            }
            var length = 1
            while axis >= 0, isReduced(axis) || shape[axis] == 1 {
                length *= shape[axis]
                axis -= 1
            }
            steps.append(Step(outer: shape[0..<(axis + 1)].reduce(1, *), length: length, inner: inner))
        }
        return steps
    }

    private static func sum(
        _ x: UnsafePointer<Float>, _ step: Step, into out: UnsafeMutablePointer<Float>, scale: Double, accumulate: Bool
    ) {
        let (length, inner) = (step.length, step.inner)
        let count = step.outer * inner
        guard count > 0 else { return }
        // Long axes are cut into pieces whose sums add in order.
        let pieceLength = max(1, chunkSize / inner)
        let isCut = length * inner >= chunkingThreshold
        let pieces = isCut ? (length + pieceLength - 1) / pieceLength : 1
        withUnsafeTemporaryAllocation(of: Double.self, capacity: pieces * count) { sums in
            guard let sums = sums.baseAddress else { return }
            inChunks(step.outer * pieces, weight: isCut ? pieceLength * inner : length * inner) { start, total in
                if !isCut && inner == 1 {
                    return ser_sum_rows(sums + start, x + start * length, Int64(total), Int64(length))
                }
                for index in start..<(start + total) {
                    let (block, piece) = (index / pieces, index % pieces)
                    let first = piece * pieceLength
                    let rows = isCut ? min(pieceLength, length - first) : length
                    let source = x + (block * length + (isCut ? first : 0)) * inner
                    if inner == 1 {
                        sums[index] = ser_sum(source, Int64(rows))
                    } else {
                        ser_sum_columns(sums + index * inner, source, Int64(rows), Int64(inner))
                    }
                }
            }
            for index in 0..<count {
                let (block, column) = (index / inner, index % inner)
                var total = 0.0
                for piece in 0..<pieces { total += sums[(block * pieces + piece) * inner + column] }
                out[index] = Float(total * scale) + (accumulate ? out[index] : 0)
            }
        }
    }
}
