// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// The tensors one behind the other along an axis; all other axes must agree.
public func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    guard let first = tensors.first else { stop("concatenate: no tensors") }
    let axis = first.axis(axis, in: "concatenate")
    var shape = first.shape
    shape[axis] = 0
    for tensor in tensors {
        var expected = first.shape
        if tensor.rank == first.rank { expected[axis] = tensor.shape[axis] }
        require(
            tensor.shape == expected, "concatenate: shapes \(tensors.map(\.shape)) differ beside axis \(axis)")
        shape[axis] += tensor.shape[axis]
    }
    let outer = first.shape[..<axis].reduce(1, *)
    let widths = tensors.map { $0.shape[axis...].reduce(1, *) }
    let width = widths.reduce(0, +)
    return Tensor.operation(shape: shape, tensors) { out in
        var start = 0
        for (tensor, part) in zip(tensors, widths) {
            tensor.withPointer {
                ser_copy_grid(
                    out + start, Int64(width), 1, $0, Int64(part), 1, Int64(outer), Int64(part), false)
            }
            start += part
        }
    } pullback: { _ in
        let shapes = tensors.map(\.shape)
        return { upstream, cotangents in
            var start = 0
            for (position, part) in widths.enumerated() {
                cotangents.write(position, shape: shapes[position]) { out, accumulate in
                    upstream.withPointer {
                        ser_copy_grid(
                            out, Int64(part), 1, $0 + start, Int64(width), 1, Int64(outer), Int64(part), accumulate)
                    }
                }
                start += part
            }
        }
    }
}

/// Tensors of one shape side by side along a new axis.
public func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    require(
        tensors.allSatisfy { $0.shape == tensors[0].shape }, "stack: shapes \(tensors.map(\.shape)) differ")
    return concatenate(tensors.map { $0.expandingDimension(at: axis) }, axis: axis)
}
