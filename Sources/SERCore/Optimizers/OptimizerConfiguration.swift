// SPDX-License-Identifier: Apache-2.0

/// Which optimiser, with which settings: a value that can be saved. ``Optimizer`` is it at work.
///
/// Formulas, names and defaults are PyTorch's `torch.optim`.
///
/// ```swift
/// var optimizer = try Optimizer(.adam(learningRate: 0.001), for: parameters)
/// ```
public struct OptimizerConfiguration: Sendable, Hashable, Codable {
    /// The rule by which parameters change.
    public enum Rule: Sendable, Hashable, Codable {
        /// Stochastic gradient descent, with momentum as in Sutskever et al., 2013.
        case sgd(momentum: Double, nesterov: Bool)
        /// Adam (Kingma and Ba, 2015). Decoupled weight decay makes it AdamW (Loshchilov and Hutter, 2019).
        case adam(beta1: Double, beta2: Double, epsilon: Double, decoupledWeightDecay: Bool)
        /// RMSprop (Tieleman and Hinton, 2012); centred, it divides by the deviation from the mean gradient.
        case rmsprop(alpha: Double, epsilon: Double, momentum: Double, centered: Bool)
    }

    /// The rule by which parameters change.
    public var rule: Rule
    /// The size of a step before any schedule.
    public var learningRate: Double
    /// The strength of the pull of parameters towards 0.
    public var weightDecay: Double

    /// An optimiser of the given rule.
    public init(rule: Rule, learningRate: Double, weightDecay: Double = 0) {
        self.rule = rule
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }

    /// Stochastic gradient descent.
    public static func sgd(
        learningRate: Double = 0.001, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0
    ) -> Self {
        Self(rule: .sgd(momentum: momentum, nesterov: nesterov), learningRate: learningRate, weightDecay: weightDecay)
    }

    /// Adam; weight decay is added to the gradient.
    public static func adam(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0
    ) -> Self {
        Self(
            rule: .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, decoupledWeightDecay: false),
            learningRate: learningRate, weightDecay: weightDecay)
    }

    /// AdamW; weight decay acts on the parameters themselves.
    public static func adamW(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0.01
    ) -> Self {
        Self(
            rule: .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, decoupledWeightDecay: true),
            learningRate: learningRate, weightDecay: weightDecay)
    }

    /// RMSprop.
    public static func rmsprop(
        learningRate: Double = 0.01, alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0,
        centered: Bool = false, weightDecay: Double = 0
    ) -> Self {
        Self(
            rule: .rmsprop(alpha: alpha, epsilon: epsilon, momentum: momentum, centered: centered),
            learningRate: learningRate, weightDecay: weightDecay)
    }

    /// Throws an ``OptimizerError`` that names the first setting that makes no sense.
    public func validate() throws(OptimizerError) {
        try require(learningRate, "learningRate", "0 or more") { $0 >= 0 }
        try require(weightDecay, "weightDecay", "0 or more") { $0 >= 0 }
        switch rule {
        case .sgd(let momentum, let nesterov):
            try require(momentum, "momentum", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
            if nesterov { try require(momentum, "momentum", "above 0 for Nesterov's form") { $0 > 0 } }
        case .adam(let beta1, let beta2, let epsilon, _):
            try require(beta1, "beta1", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
            try require(beta2, "beta2", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
            try require(epsilon, "epsilon", "1e-30 or more") { $0 >= 1e-30 }
        case .rmsprop(let alpha, let epsilon, let momentum, _):
            try require(alpha, "alpha", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
            try require(epsilon, "epsilon", "1e-30 or more") { $0 >= 1e-30 }
            try require(momentum, "momentum", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
        }
    }

    /// PyTorch's names of what the optimiser carries for each parameter.
    var stateNames: [String] {
        switch rule {
        case .sgd(let momentum, _): return momentum > 0 ? ["momentum_buffer"] : []
        case .adam: return ["exp_avg", "exp_avg_sq"]
        case .rmsprop(_, _, let momentum, let centered):
            return ["square_avg"] + (centered ? ["grad_avg"] : []) + (momentum > 0 ? ["momentum_buffer"] : [])
        }
    }
}
