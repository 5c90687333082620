// SPDX-License-Identifier: Apache-2.0

/// Which optimiser, with which settings: a value that can be saved. ``Optimizer`` is it at work.
///
/// Formulas, names and defaults are PyTorch's `torch.optim`.
///
/// ```swift
/// var optimizer = try Optimizer(.adam(learningRate: 0.001), for: parameters)
/// ```
/// Written as `{"rule": {kind: settings}, "learningRate": ..., "weightDecay": ...}`; a rule of your own is read by an
/// ``UpdateRuleRegistry`` that knows it.
public struct OptimizerConfiguration: Sendable {
    /// The rule by which parameters change.
    public var rule: any UpdateRule
    /// The size of a step before any schedule.
    public var learningRate: Double
    /// The strength of the pull of parameters towards 0.
    public var weightDecay: Double

    /// An optimiser of the given rule.
    public init(rule: some UpdateRule, learningRate: Double, weightDecay: Double = 0) {
        self.rule = rule
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }

    /// Stochastic gradient descent.
    public static func sgd(
        learningRate: Double = 0.001, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0
    ) -> Self {
        Self(rule: SGD(momentum: momentum, nesterov: nesterov), learningRate: learningRate, weightDecay: weightDecay)
    }

    /// Adam; weight decay is added to the gradient.
    public static func adam(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0
    ) -> Self {
        Self(
            rule: Adam(beta1: beta1, beta2: beta2, epsilon: epsilon),
            learningRate: learningRate, weightDecay: weightDecay)
    }

    /// AdamW; weight decay acts on the parameters themselves.
    public static func adamW(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0.01
    ) -> Self {
        Self(
            rule: Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, decoupledWeightDecay: true),
            learningRate: learningRate, weightDecay: weightDecay)
    }

    /// RMSprop.
    public static func rmsprop(
        learningRate: Double = 0.01, alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0,
        centered: Bool = false, weightDecay: Double = 0
    ) -> Self {
        Self(
            rule: RMSprop(alpha: alpha, epsilon: epsilon, momentum: momentum, centered: centered),
            learningRate: learningRate, weightDecay: weightDecay)
    }

    /// Throws an ``OptimizerError`` that names the first setting that makes no sense.
    public func validate() throws(OptimizerError) {
        try require(learningRate, "learningRate", "0 or more") { $0 >= 0 }
        try require(weightDecay, "weightDecay", "0 or more") { $0 >= 0 }
        try rule.validate()
    }
}

extension OptimizerConfiguration: Hashable {
    public static func == (a: Self, b: Self) -> Bool {
        AnyHashable(a.rule) == AnyHashable(b.rule) && a.learningRate == b.learningRate && a.weightDecay == b.weightDecay
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(AnyHashable(rule))
        hasher.combine(learningRate)
        hasher.combine(weightDecay)
    }
}

extension OptimizerConfiguration: Codable {
    private enum Keys: String, CodingKey { case rule, learningRate, weightDecay }

    /// The kind of a rule, under which its settings stand.
    private struct Kind: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var kinds = container.nestedContainer(keyedBy: Kind.self, forKey: .rule)
        try rule.encode(to: kinds.superEncoder(forKey: Kind(stringValue: type(of: rule).kind)))
        try container.encode(learningRate, forKey: .learningRate)
        try container.encode(weightDecay, forKey: .weightDecay)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let kinds = try container.nestedContainer(keyedBy: Kind.self, forKey: .rule)
        let registry = UpdateRuleRegistry(of: decoder)
        guard let kind = kinds.allKeys.first, kinds.allKeys.count == 1, let type = registry[kind.stringValue] else {
            throw DecodingError.dataCorruptedError(
                forKey: .rule, in: container,
                debugDescription: "no update rule of kind "
                    + "'\(kinds.allKeys.map(\.stringValue).sorted().joined(separator: ", "))' is registered; known are "
                    + registry.kinds.joined(separator: ", "))
        }
        rule = try type.init(from: kinds.superDecoder(forKey: kind))
        learningRate = try container.decode(Double.self, forKey: .learningRate)
        weightDecay = try container.decode(Double.self, forKey: .weightDecay)
    }
}
