import CSERKernels

/// How a tensor begins.
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

    /// A tensor that begins this way; the values depend on the key alone.
    public func callAsFunction(_ shape: [Int], key: RandomKey) -> Tensor {
        switch self {
        case .zeros: return Tensor.full(shape, 0)
        case .ones: return Tensor.full(shape, 1)
        case .constant(let value): return Tensor.full(shape, value)
        case .uniform(let low, let high): return Tensor.uniform(shape, low: low, high: high, key: key)
        case .normal(let mean, let deviation):
            return Tensor.normal(shape, mean: mean, standardDeviation: deviation, key: key)
        }
    }
}
