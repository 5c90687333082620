// SPDX-License-Identifier: Apache-2.0

import COpenBLAS

/// How a tensor begins.
///
/// Fans are PyTorch's: of a tensor [outputs, inputs, ...], with r the product of the further axes (a kernel's size), the
/// fan in is inputs * r and the fan out is outputs * r. A vector's fans are its length.
public enum Initializer: Sendable, Hashable, Codable {
    /// All values zero.
    case zeros
    /// All values one.
    case ones
    /// All values the same.
    case constant(Float)
    /// Uniform between two bounds.
    case uniform(Float, Float)
    /// Normal with a mean and a standard deviation.
    case normal(mean: Float, standardDeviation: Float)
    /// U(-a, a) with a = 1 / sqrt(fan in): what PyTorch's dense and convolution layers begin with.
    case pytorchUniform
    /// U(-a, a) with a = sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010), for tanh and sigmoid.
    case glorotUniform
    /// Normal with the variance 2 / (fan in + fan out) (Glorot and Bengio, 2010), for tanh and sigmoid.
    case glorotNormal
    /// U(-a, a) with a = sqrt(6 / fan in) (He et al., 2015), for ReLU.
    case heUniform
    /// Normal with the variance 2 / fan in (He et al., 2015), for ReLU.
    case heNormal
    /// A random matrix [axis 0, all further axes] with orthonormal rows or columns, whichever are fewer, times `gain`
    /// (Saxe et al., 2014).
    case orthogonal(gain: Float = 1)

    /// A tensor that begins this way; the values depend on the key alone.
    public func callAsFunction(_ shape: [Int], key: RandomKey) -> Tensor {
        let fan = Fan(of: shape)
        switch self {
        case .zeros: return Tensor.full(shape, 0)
        case .ones: return Tensor.full(shape, 1)
        case .constant(let value): return Tensor.full(shape, value)
        case .uniform(let low, let high): return Tensor.uniform(shape, low: low, high: high, key: key)
        case .normal(let mean, let deviation):
            return Tensor.normal(shape, mean: mean, standardDeviation: deviation, key: key)
        case .pytorchUniform: return symmetric(shape, (1 / fan.input).squareRoot(), key)
        case .glorotUniform: return symmetric(shape, (6 / (fan.input + fan.output)).squareRoot(), key)
        case .heUniform: return symmetric(shape, (6 / fan.input).squareRoot(), key)
        case .glorotNormal:
            return Tensor.normal(shape, standardDeviation: (2 / (fan.input + fan.output)).squareRoot(), key: key)
        case .heNormal: return Tensor.normal(shape, standardDeviation: (2 / fan.input).squareRoot(), key: key)
        case .orthogonal(let gain): return orthonormal(shape, gain: gain, key: key)
        }
    }
}

/// How many values feed one output, and are fed by one input.
private struct Fan {
    var input: Float
    var output: Float

    init(of shape: [Int]) {
        guard let outputs = shape.first else {
            (input, output) = (1, 1)
            return
        }
        let field = shape.dropFirst(2).reduce(1, *)
        let inputs = shape.count > 1 ? shape[1] : outputs
        // Tensors without values have no use for a bound, but must not divide by 0 either.
        (input, output) = (Float(max(inputs * field, 1)), Float(max(outputs * field, 1)))
    }
}

private func symmetric(_ shape: [Int], _ bound: Float, _ key: RandomKey) -> Tensor {
    Tensor.uniform(shape, low: -bound, high: bound, key: key)
}

/// Q of the QR factorisation of a normal matrix, with the signs that make R's diagonal positive: without them Q would not
/// be uniformly distributed (Mezzadri, "How to generate random matrices from the classical compact groups", 2007).
private func orthonormal(_ shape: [Int], gain: Float, key: RandomKey) -> Tensor {
    let rows = shape.first ?? 1
    let columns = shape.dropFirst().reduce(1, *)
    guard rows > 0, columns > 0 else { return Tensor.zeros(shape) }
    let (tall, wide) = (max(rows, columns), min(rows, columns))
    var matrix = Tensor.normal([tall, wide], key: key).scalars
    var reflectors = [Float](repeating: 0, count: wide)
    _ = BLAS.configured
    let factored = LAPACKE_sgeqrf(
        LAPACK_ROW_MAJOR, numericCast(tall), numericCast(wide), &matrix, numericCast(wide), &reflectors)
    let signs = (0..<wide).map { matrix[$0 * wide + $0] < 0 ? -gain : gain }
    let formed = LAPACKE_sorgqr(
        LAPACK_ROW_MAJOR, numericCast(tall), numericCast(wide), numericCast(wide), &matrix, numericCast(wide),
        &reflectors)
    require(factored == 0 && formed == 0, "Initializer.orthogonal: no factorisation of shape \(shape)")
    return Tensor(shape: shape) { out in
        for row in 0..<rows {
            for column in 0..<columns {
                let (long, short) = rows >= columns ? (row, column) : (column, row)
                out[row * columns + column] = matrix[long * wide + short] * signs[short]
            }
        }
    }
}
