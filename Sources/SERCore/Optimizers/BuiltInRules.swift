// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Stochastic gradient descent, with momentum as in Sutskever et al., 2013; PyTorch's `SGD`.
public struct SGD: UpdateRule {
    public static let kind = "sgd"

    /// The share of the last step that is taken once more.
    public var momentum: Double
    /// Whether the gradient is looked at where momentum leads (Nesterov).
    public var nesterov: Bool

    /// Gradient descent with the given momentum.
    public init(momentum: Double = 0, nesterov: Bool = false) {
        self.momentum = momentum
        self.nesterov = nesterov
    }

    public var stateNames: [String] { momentum > 0 ? ["momentum_buffer"] : [] }

    public func validate() throws(OptimizerError) {
        try require(momentum, "momentum", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
        if nesterov { try require(momentum, "momentum", "above 0 for Nesterov's form") { $0 > 0 } }
    }

    public func update(_ slice: UpdateSlice, in step: UpdateStep) {
        let settings = ser_sgd(
            rate: Float(step.learningRate), weight_decay: Float(step.weightDecay), momentum: Float(momentum),
            nesterov: nesterov)
        slice.withPointers { parameters, gradients, count in
            ser_sgd_step(parameters, gradients, momentum > 0 ? slice.state(0).baseAddress : nil, count, settings)
        }
    }
}

/// Adam (Kingma and Ba, 2015), and with decoupled weight decay AdamW (Loshchilov and Hutter, 2019); PyTorch's `Adam`
/// and `AdamW`.
public struct Adam: UpdateRule {
    public static let kind = "adam"

    /// How slowly the means of gradients and of their squares forget.
    public var beta1, beta2: Double
    /// What keeps the step bounded where gradients are near 0.
    public var epsilon: Double
    /// Whether weight decay acts on the parameters themselves rather than through the gradient.
    public var decoupledWeightDecay: Bool

    /// Adam with the given settings.
    public init(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, decoupledWeightDecay: Bool = false
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.decoupledWeightDecay = decoupledWeightDecay
    }

    public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

    public func validate() throws(OptimizerError) {
        try require(beta1, "beta1", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
        try require(beta2, "beta2", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
        try require(epsilon, "epsilon", "1e-30 or more") { $0 >= 1e-30 }
    }

    public func update(_ slice: UpdateSlice, in step: UpdateStep) {
        let (rate, decay) = (step.learningRate, step.weightDecay)
        let settings = ser_adam(
            keep: Float(decoupledWeightDecay ? 1 - rate * decay : 1),
            weight_decay: Float(decoupledWeightDecay ? 0 : decay), one_minus_beta1: Float(1 - beta1),
            beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
            step: Float(rate / (1 - power(beta1, step.number))),
            root_scale: Float(1 / (1 - power(beta2, step.number)).squareRoot()), epsilon: Float(epsilon))
        slice.withPointers { parameters, gradients, count in
            guard let mean = slice.state(0).baseAddress, let square = slice.state(1).baseAddress else { return }
            ser_adam_step(parameters, gradients, mean, square, count, settings)
        }
    }
}

/// RMSprop (Tieleman and Hinton, 2012); PyTorch's `RMSprop`.
public struct RMSprop: UpdateRule {
    public static let kind = "rmsprop"

    /// How slowly the mean of squared gradients forgets.
    public var alpha: Double
    /// What keeps the step bounded where gradients are near 0.
    public var epsilon: Double
    /// The share of the last step that is taken once more.
    public var momentum: Double
    /// Whether gradients are divided by their deviation from the mean gradient.
    public var centered: Bool

    /// RMSprop with the given settings.
    public init(alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0, centered: Bool = false) {
        self.alpha = alpha
        self.epsilon = epsilon
        self.momentum = momentum
        self.centered = centered
    }

    public var stateNames: [String] {
        ["square_avg"] + (centered ? ["grad_avg"] : []) + (momentum > 0 ? ["momentum_buffer"] : [])
    }

    public func validate() throws(OptimizerError) {
        try require(alpha, "alpha", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
        try require(epsilon, "epsilon", "1e-30 or more") { $0 >= 1e-30 }
        try require(momentum, "momentum", "0 up to, not including, 1") { 0 <= $0 && $0 < 1 }
    }

    public func update(_ slice: UpdateSlice, in step: UpdateStep) {
        let settings = ser_rmsprop(
            rate: Float(step.learningRate), weight_decay: Float(step.weightDecay), alpha: Float(alpha),
            one_minus_alpha: Float(1 - alpha), epsilon: Float(epsilon), momentum: Float(momentum))
        slice.withPointers { parameters, gradients, count in
            guard let square = slice.state(0).baseAddress else { return }
            ser_rmsprop_step(
                parameters, gradients, square, centered ? slice.state(1).baseAddress : nil,
                momentum > 0 ? slice.state(centered ? 2 : 1).baseAddress : nil, count, settings)
        }
    }
}

extension UpdateSlice {
    /// Lends the buffers to a kernel.
    fileprivate func withPointers(_ body: (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int64) -> Void) {
        guard let parameters = parameters.baseAddress, let gradients = gradients.baseAddress else { return }
        body(parameters, gradients, Int64(count))
    }
}

/// base^exponent by squaring, for whole exponents.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}
