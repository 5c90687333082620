// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a passed gradient check found.
public struct GradientCheck: Sendable, Hashable {
    /// In how many random directions the gradient was compared.
    public let directions: Int
    /// How many of them crossed a kink and so say nothing.
    public let dropped: Int
    /// The largest difference, in units of the gradient's norm.
    public let worstError: Double
}

/// Why a gradient check failed.
public enum GradientCheckError: Error, Sendable, Hashable, LocalizedError, CustomStringConvertible {
    /// Along random direction number `direction` the loss changes by `expected` per unit, and the gradient says `got`.
    /// `error` is their difference in units of the gradient's norm; most of it comes from the tensor at `path`.
    case mismatch(direction: Int, expected: Double, got: Double, error: Double, path: String)
    /// Too many directions cross kinks, where the function has no derivative.
    case tooManyKinks(dropped: Int, directions: Int)
    /// The function's value or its gradient is NaN or infinite.
    case notFinite(String)

    public var description: String {
        switch self {
        case .mismatch(let direction, let expected, let got, let error, let path):
            "The gradient is wrong: along direction \(direction) the function changes by \(expected), the gradient says "
                + "\(got), which is \(error) of the gradient's norm away. Look at the gradient of '\(path)' first."
        case .tooManyKinks(let dropped, let directions):
            "The gradient cannot be checked here: \(dropped) of \(directions) directions cross kinks, where the function "
                + "has no derivative. Check it at another point."
        case .notFinite(let what):
            "The gradient cannot be checked here: \(what) is not finite. Check it at another point."
        }
    }

    public var errorDescription: String? { description }
}

/// Compares a function's gradient with central differences along random directions.
///
/// The function's values, weighted at random and summed in double precision, are the loss. Each of 20 directions has
/// entries of +1 and -1 and is tried with three step sizes, of which the best counts. A difference of more than 0.01 in
/// units of the gradient's norm (which is taken no smaller than what 32-bit rounding lets see) is an error, unless at every
/// step size the differences to the left and to the right disagree by as much: then the direction crosses a kink.
/// - Parameters:
///   - parameters: Where to differentiate: a point at which the function is smooth, with values of like magnitude.
///   - seed: Chooses the weights and directions.
///   - function: Computes a tensor of any shape. It must give the same values each time, so dropout needs a fixed key.
/// - Returns: What was found when all went well.
/// - Throws: ``GradientCheckError`` when the gradient is wrong or cannot be checked.
@discardableResult
public func checkGradients(
    at parameters: Parameters, seed: UInt64 = 0, of function: (Parameters) -> Tensor
) throws(GradientCheckError) -> GradientCheck {
    try withoutActuallyEscaping(function) { function throws(GradientCheckError) in
        try GradientChecker(parameters, seed: seed, function).run()
    }
}

/// Compares the gradients of a function of several tensors with central differences; see
/// ``checkGradients(at:seed:of:)-(Parameters,_,_)``.
@discardableResult
public func checkGradients(
    at tensors: [Tensor], seed: UInt64 = 0, of function: ([Tensor]) -> Tensor
) throws(GradientCheckError) -> GradientCheck {
    let parameters = Parameters(tensors.enumerated().map { ("\($0.offset)", $0.element) })
    return try checkGradients(at: parameters, seed: seed) { function($0.tensors) }
}

private struct GradientChecker {
    private static let directions = 20
    private static let tolerance = 1e-2
    private static let relativeSteps = [1e-2, 3e-3, 1e-3]

    private let parameters: Parameters
    private let function: (Parameters) -> Tensor
    private let key: RandomKey
    private let weights: [Float]
    private let gradient: Parameters
    private let value: Double
    /// The parameters' root mean square, which step sizes are relative to.
    private let scale: Double
    /// The gradient's norm, or the least that can be told from rounding errors.
    private let unit: Double

    /// A comparison along one direction.
    private struct Comparison {
        var expected = 0.0
        var error = Double.infinity
        var isKink = true
    }

    init(
        _ parameters: Parameters, seed: UInt64, _ function: @escaping (Parameters) -> Tensor
    ) throws(GradientCheckError) {
        // What is frozen in training is checked all the same.
        var parameters = parameters
        parameters.setFrozen(false, parameters.paths)
        self.parameters = parameters
        self.function = function
        let key = RandomKey(seed: seed).derived("gradient check")
        self.key = key
        var drawn = Tensor(0)
        let (output, gradient) = pullBack(at: parameters) { output in
            drawn = Tensor.normal(output.shape, key: key.derived("weights"))
            return drawn
        } _: {
            function($0)
        }
        self.gradient = gradient
        weights = drawn.scalars
        value = Self.weighted(output, weights)
        guard value.isFinite else { throw .notFinite("the function's value") }
        let norm = Self.norm(gradient.tensors)
        guard norm.isFinite else { throw .notFinite("the gradient") }
        let rms = Self.norm(parameters.tensors) / Double(max(parameters.scalarCount, 1)).squareRoot()
        scale = rms > 0 ? rms : 1
        let magnitude = zip(output.scalars, weights).reduce(0) { $0 + pow(Double($1.0) * Double($1.1), 2) }.squareRoot()
        unit = max(norm, 1e-3 * magnitude / scale, .leastNormalMagnitude)
    }

    func run() throws(GradientCheckError) -> GradientCheck {
        var (worst, worstDirection, dropped) = (Comparison(error: 0), 0, 0)
        for index in 0..<Self.directions {
            let direction = direction(index)
            let comparison = compare(along: direction)
            if comparison.error > Self.tolerance, comparison.isKink {
                dropped += 1
            } else if !(comparison.error <= worst.error) {
                (worst, worstDirection) = (comparison, index)
            }
        }
        guard worst.error <= Self.tolerance else {
            throw .mismatch(
                direction: worstDirection, expected: worst.expected, got: slope(along: direction(worstDirection)),
                error: worst.error, path: culprit(direction(worstDirection)))
        }
        guard 2 * dropped <= Self.directions else {
            throw .tooManyKinks(dropped: dropped, directions: Self.directions)
        }
        return GradientCheck(directions: Self.directions, dropped: dropped, worstError: worst.error)
    }

    /// +1 and -1 at random.
    private func direction(_ index: Int) -> [Tensor] {
        parameters.tensors.enumerated().map { place, tensor in
            let draws = Tensor.uniform(tensor.shape, key: key.derived(index).derived(place)).scalars
            return Tensor(draws.map { $0 < 0.5 ? -1 : 1 }, shape: tensor.shape)
        }
    }

    private func compare(along direction: [Tensor]) -> Comparison {
        let slope = slope(along: direction)
        var result = Comparison()
        var errors: [(error: Double, disagreement: Double)] = []
        for relative in Self.relativeSteps {
            let step = relative * scale
            let (ahead, behind) = (loss(at: direction, step), loss(at: direction, -step))
            let central = (ahead - behind) / (2 * step)
            let error = abs(central - slope) / unit
            errors.append((error, abs(ahead - 2 * value + behind) / step / unit))
            if !(error >= result.error) { (result.expected, result.error) = (central, error) }
        }
        result.isKink = errors.allSatisfy { $0.disagreement >= $0.error }
        return result
    }

    /// The tensor whose part of the direction shows the largest error.
    private func culprit(_ direction: [Tensor]) -> String {
        let errors = direction.indices.map { place in
            compare(along: direction.enumerated().map { $0.offset == place ? $0.element : $0.element * 0 }).error
        }
        let worst = errors.indices.max { errors[$0] < errors[$1] }
        return worst.map { parameters.paths[$0] } ?? ""
    }

    private func slope(along direction: [Tensor]) -> Double {
        zip(gradient.tensors, direction).reduce(0) { sum, pair in
            sum + zip(pair.0.scalars, pair.1.scalars).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
    }

    private func loss(at direction: [Tensor], _ step: Double) -> Double {
        let moved = zip(parameters.paths, zip(parameters.tensors, direction)).map { path, pair in
            (path: path, tensor: pair.0 + pair.1 * Float(step))
        }
        return Self.weighted(function(Parameters(moved)), weights)
    }

    private static func weighted(_ output: Tensor, _ weights: [Float]) -> Double {
        zip(output.scalars, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private static func norm(_ tensors: [Tensor]) -> Double {
        tensors.reduce(0) { $1.scalars.reduce($0) { $0 + Double($1) * Double($1) } }.squareRoot()
    }
}
