// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// Every `stride`-th position of an axis within a range, first to last; negative axes count from the back.
    ///
    /// Shares the values with this tensor where they lie together.
    public func slice(axis: Int, _ range: Range<Int>, stride: Int = 1) -> Tensor {
        let axis = self.axis(axis, in: "slice")
        require(
            stride >= 1 && range.lowerBound >= 0 && range.upperBound <= shape[axis],
            "slice: \(range) by \(stride) does not lie in axis \(axis) of shape \(shape)")
        if range == 0..<shape[axis], stride == 1 { return self }
        var target = shape
        target[axis] = (range.count + stride - 1) / stride
        let inner = shape[(axis + 1)...].reduce(1, *)
        let start = range.lowerBound * inner
        var strides = contiguousStrides(of: shape)
        strides[axis] *= stride
        let isTogether = stride == 1 && shape[..<axis].allSatisfy { $0 == 1 }
        let value =
            isTogether
            ? Tensor(buffer: buffer, offset: offset + start, shape: target)
            : Tensor(shape: target) { out in
                withPointer {
                    StridedLoop(target, contiguousStrides(of: target), strides)
                        .copy($0 + start, to: out, accumulate: false)
                }
            }
        return value.recorded([self]) { [shape] _ in
            { upstream, cotangents in
                cotangents.accumulate(0, shape: shape) { out in
                    upstream.withPointer {
                        StridedLoop(target, strides, contiguousStrides(of: target))
                            .copy($0, to: out + start, accumulate: true)
                    }
                }
            }
        }
    }

    /// One position of an axis, which is dropped; negative axes and positions count from the back.
    public func slice(axis: Int, at position: Int) -> Tensor {
        let axis = self.axis(axis, in: "slice")
        let place = position < 0 ? position + shape[axis] : position
        require(
            (0..<shape[axis]).contains(place), "slice: no position \(position) in axis \(axis) of shape \(shape)")
        return slice(axis: axis, place..<(place + 1)).squeezed(axes: [axis])
    }

    /// With `before` and `after` more positions of a constant value at the ends of each axis; missing axes in front
    /// have none.
    ///
    /// - Parameters:
    ///   - widths: For the last axes, how many positions to add before and after.
    ///   - value: What the new positions hold.
    public func padded(_ widths: [(before: Int, after: Int)], value: Float = 0) -> Tensor {
        require(
            widths.count <= rank && widths.allSatisfy { $0.before >= 0 && $0.after >= 0 },
            "padded: \(widths) does not fit shape \(shape)")
        let missing = rank - widths.count
        var target = shape
        for (offset, width) in widths.enumerated() { target[missing + offset] += width.before + width.after }
        if target == shape { return self }
        let strides = contiguousStrides(of: target, keepingOnes: true)
        let start = widths.enumerated().reduce(0) { $0 + $1.element.before * strides[missing + $1.offset] }
        return Tensor.operation(shape: target, [self]) { out in
            out.update(repeating: value, count: target.reduce(1, *))
            withPointer {
                StridedLoop(shape, strides, contiguousStrides(of: shape)).copy($0, to: out + start, accumulate: false)
            }
        } pullback: { [shape] _ in
            { upstream, cotangents in
                cotangents.write(0, shape: shape) { out, accumulate in
                    upstream.withPointer {
                        StridedLoop(shape, contiguousStrides(of: shape), strides)
                            .copy($0 + start, to: out, accumulate: accumulate)
                    }
                }
            }
        }
    }
}

/// Strides of a contiguous tensor, those of axes of length 1 included.
private func contiguousStrides(of shape: [Int], keepingOnes: Bool) -> [Int] {
    var result = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { result[axis] = result[axis + 1] * shape[axis + 1] }
    return result
}
