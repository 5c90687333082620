import CSERKernels

/// max(x, 0), element by element.
public func relu(_ x: Tensor) -> Tensor {
    let count = Int64(x.count)
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { ser_relu(out, $0, count) }
    } pullback: { output in
        { upstream, cotangents in
            cotangents.write(0, shape: output.shape) { out, accumulate in
                withPointers(upstream, output) { ser_relu_backward(out, $0, $1, count, accumulate) }
            }
        }
    }
}
