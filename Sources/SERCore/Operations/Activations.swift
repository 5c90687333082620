// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// max(x, 0), element by element; the derivative at 0 is 0.
public func relu(_ x: Tensor) -> Tensor {
    let count = x.count
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { px in inChunks(count) { ser_relu(out + $0, px + $0, Int64($1)) } }
    } pullback: { output in
        { upstream, cotangents in
            cotangents.write(0, shape: output.shape) { out, accumulate in
                withPointers(upstream, output) { dy, y in
                    inChunks(count) { ser_relu_backward(out + $0, dy + $0, y + $0, Int64($1), accumulate) }
                }
            }
        }
    }
}

/// x above 0, slope * x elsewhere (Maas, Hannun and Ng, 2013).
public func leakyReLU(_ x: Tensor, slope: Float = 0.01) -> Tensor {
    unary(x, ser_unary_leaky_relu, ser_unary_leaky_relu_backward, .input, slope)
}

/// x above 0, alpha (e^x - 1) elsewhere (Clevert, Unterthiner and Hochreiter, 2016).
public func elu(_ x: Tensor, alpha: Float = 1) -> Tensor {
    unary(x, ser_unary_elu, ser_unary_elu_backward, .input, alpha)
}

/// x Phi(x), where Phi is the normal distribution function (Hendrycks and Gimpel, 2016).
///
/// - Parameters:
///   - x: Any shape.
///   - approximate: Use their tanh form, as some published networks do.
public func gelu(_ x: Tensor, approximate: Bool = false) -> Tensor {
    approximate
        ? unary(x, ser_unary_gelu_tanh, ser_unary_gelu_tanh_backward, .input)
        : unary(x, ser_unary_gelu, ser_unary_gelu_backward, .input)
}

/// log(1 + e^x).
public func softplus(_ x: Tensor) -> Tensor { unary(x, ser_unary_softplus, ser_unary_softplus_backward, .input) }

/// The hyperbolic tangent.
public func tanh(_ x: Tensor) -> Tensor { unary(x, ser_unary_tanh, ser_unary_tanh_backward, .output) }

/// 1 / (1 + e^-x).
public func sigmoid(_ x: Tensor) -> Tensor { unary(x, ser_unary_sigmoid, ser_unary_sigmoid_backward, .output) }
