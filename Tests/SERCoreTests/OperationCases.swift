// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore

/// What Tests/Fixtures/operations.py computes with PyTorch in double precision.
struct OperationCase: Decodable, Sendable {
    struct Values: Decodable, Sendable {
        var shape: [Int]
        var values: [Double]

        var tensor: Tensor { Tensor(values.map { Float($0) }, shape: shape) }
    }

    var name: String
    var inputs: [Values]
    var output: Values
    var weights: Values
    var gradients: [Values]

    /// The same operation in Swift, found by name; what stands in brackets is an argument.
    func apply(_ x: [Tensor]) -> Tensor? {
        if let function = Self.functions[name] { return function(x) }
        let parts = name.split(separator: "[")
        guard parts.count == 2, let function = Self.reductions[String(parts[0])] else { return nil }
        let numbers = parts[1].dropLast().split(separator: ",").compactMap { Int($0) }
        return function(x[0], numbers.isEmpty ? nil : numbers)
    }

    private static let reductions: [String: @Sendable (Tensor, [Int]?) -> Tensor] = [
        "sum": { $0.sum(axes: $1) },
        "mean": { $0.mean(axes: $1, keepingDimensions: true) },
        "maximum": { $0.maximum(axes: $1) },
        "minimum": { $0.minimum(axes: $1, keepingDimensions: true) },
        "variance": { $0.variance(axes: $1) },
        "biasedVariance": { $0.variance(axes: $1, unbiased: false, keepingDimensions: true) },
        "softmax": { softmax($0, axis: $1?[0] ?? -1) },
        "logSoftmax": { logSoftmax($0, axis: $1?[0] ?? -1) },
        "logSumExp": { logSumExp($0, axis: $1?[0] ?? -1) },
    ]

    private static let functions: [String: @Sendable ([Tensor]) -> Tensor] = [
        "add": { $0[0] + $0[1] },
        "subtract": { $0[0] - $0[1] },
        "multiply": { $0[0] * $0[1] },
        "divide": { $0[0] / $0[1] },
        "power": { power($0[0], $0[1]) },
        "maximum": { maximum($0[0], $0[1]) },
        "minimum": { minimum($0[0], $0[1]) },
        "where": { `where`($0[0] .> $0[1], $0[0], $0[1] * 3) },
        "constants": { x in 3 - (2 * x[0] + 1) / 4 + 1.5 / x[0] - (x[0] - 0.25) },
        "exp": { exp($0[0]) },
        "square": { square($0[0]) },
        "abs": { abs($0[0]) },
        "tanh": { tanh($0[0]) },
        "sigmoid": { sigmoid($0[0]) },
        "relu": { relu($0[0]) },
        "leakyReLU": { leakyReLU($0[0]) },
        "leakyReLU(0.2)": { leakyReLU($0[0], slope: 0.2) },
        "elu": { elu($0[0]) },
        "elu(0.7)": { elu($0[0], alpha: 0.7) },
        "gelu": { gelu($0[0]) },
        "geluTanh": { gelu($0[0], approximate: true) },
        "softplus": { softplus($0[0]) },
        "clamped": { $0[0].clamped(to: -0.5...1.25) },
        "negate": { -$0[0] },
        "log": { log($0[0]) },
        "sqrt": { sqrt($0[0]) },
        "power(1.7)": { power($0[0], 1.7) },
        "power(-1)": { power($0[0], -1) },
        "power(0)": { power($0[0], 0) },
        "power(3)": { power($0[0], 3) },
        "matmul": { $0[0].matmul($0[1]) },
        "reshaped": { $0[0].reshaped([4, -1]) },
        "flattened": { $0[0].flattened(from: 1) },
        "transposed": { $0[0].transposed() },
        "permuted102": { $0[0].permuted([1, 0, 2]) },
        "permuted210": { $0[0].permuted([2, 1, 0]) },
        "permuted120": { $0[0].permuted([1, 2, 0]) },
        "permuted201": { $0[0].permuted([2, 0, 1]) },
        "permuted012": { $0[0].permuted([0, 1, 2]) },
        "permuted3120": { $0[0].permuted([3, 1, 2, 0]) },
        "expanded": { $0[0].expandingDimension(at: 1).expandingDimension(at: -1) },
        "squeezed": { $0[0].squeezed() },
        "repeated": { $0[0].repeated(to: [2, 3, 4]) },
        "slice0": { $0[0].slice(axis: 0, 1..<3) },
        "slice1": { $0[0].slice(axis: 1, 1..<4) },
        "sliceStride": { $0[0].slice(axis: -1, 1..<6, stride: 2) },
        "sliceEmpty": { $0[0].slice(axis: 1, 2..<2) },
        "sliceAt": { $0[0].slice(axis: 1, at: -2) },
        "padded": { $0[0].padded([(0, 3), (1, 2)], value: 0.5) },
        "concatenate0": { concatenate($0) },
        "concatenate1": { concatenate([$0[0], $0[1], $0[0]], axis: 1) },
        "stack0": { stack($0) },
        "stack-1": { stack($0, axis: -1) },
        "selecting0": { $0[0].selecting([2, 0, 2]) },
        "selecting1": { $0[0].selecting([1, 1, 0, 3], axis: 1) },
        "gathering1": { $0[0].gathering(IndexTensor([0, 2, 1, 1], shape: [2, 2]), axis: 1) },
        "gathering0": { $0[0].gathering(IndexTensor([0, 1, 1, 1, 0, 0], shape: [1, 3, 2]), axis: 0) },
        "linear": { linear($0[0], weight: $0[1], bias: $0.count == 3 ? $0[2] : nil) },
        "twice": { $0[0] * $0[0] + $0[0] },
        "diamond": { x in
            let t = tanh(x[0])
            return t * exp(x[0]) + t * x[0]
        },
    ]
}
