// SPDX-License-Identifier: Apache-2.0

/// A rule by which an optimiser changes parameters: a value that holds its settings. ``SGD``, ``Adam`` and ``RMSprop``
/// are the library's own.
///
/// ```swift
/// struct SignDescent: UpdateRule {
///     static let kind = "signDescent"
///
///     func update(_ slice: UpdateSlice, in step: UpdateStep) {
///         let rate = Float(step.learningRate)
///         for index in slice.indices where slice.gradients[index] != 0 {
///             slice.parameters[index] -= slice.gradients[index] > 0 ? rate : -rate
///         }
///     }
/// }
///
/// let optimizer = OptimizerConfiguration(rule: SignDescent(), learningRate: 1e-4)
/// let trainer = Trainer(features: features, optimizer: optimizer)
/// ```
/// What a rule carries from step to step lies in the slice (``UpdateSlice/state(_:)``), not in the rule: so that a
/// checkpoint holds it, and a copy of an ``Optimizer`` is a snapshot.
public protocol UpdateRule: Sendable, Hashable, Codable {
    /// The name that the rule goes by in files; no other may have it.
    static var kind: String { get }

    /// The names of what is carried for each parameter, such as `["exp_avg", "exp_avg_sq"]`; zeros before the first
    /// step.
    var stateNames: [String] { get }

    /// Whether a slice must be one whole tensor, as a rule needs that looks at a tensor's norm. If not, a slice is any
    /// stretch of the parameters, and several are changed at once.
    var needsWholeTensors: Bool { get }

    /// Makes sure that the settings can work.
    /// - Throws: ``OptimizerError/setting(name:value:expected:)``.
    func validate() throws(OptimizerError)

    /// Changes the parameters of a slice, and what is carried for them, by one step. Called from several threads at
    /// once, each with a slice of its own; the result must not depend on where slices begin and end.
    func update(_ slice: UpdateSlice, in step: UpdateStep)
}

extension UpdateRule {
    /// Nothing is carried.
    public var stateNames: [String] { [] }
    /// Any stretch of the parameters will do.
    public var needsWholeTensors: Bool { false }
    /// All settings can work.
    public func validate() throws(OptimizerError) {}
}

/// A stretch of the parameters with their gradients and what an optimiser carries for them, element by element.
///
/// Valid during the call of ``UpdateRule/update(_:in:)`` alone. Between tensors lie up to 15 values of padding, whose
/// gradients are zero and which must stay zero.
public struct UpdateSlice {
    /// What is to change.
    public let parameters: UnsafeMutableBufferPointer<Float>
    /// The gradient of each parameter.
    public let gradients: UnsafeBufferPointer<Float>
    private let first: UnsafeMutablePointer<Float>
    private let stride: Int

    init(
        parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>,
        stride: Int, start: Int, count: Int
    ) {
        self.parameters = UnsafeMutableBufferPointer(start: parameters + start, count: count)
        self.gradients = UnsafeBufferPointer(start: gradients + start, count: count)
        first = state + start
        self.stride = stride
    }

    /// The places in each of the buffers.
    public var indices: Range<Int> { parameters.indices }

    /// How many parameters there are.
    public var count: Int { parameters.count }

    /// What is carried for the parameters under the name at this place of ``UpdateRule/stateNames``.
    public func state(_ place: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: first + place * stride, count: count)
    }
}

/// What is the same for all parameters in one step of an optimiser.
public struct UpdateStep: Sendable, Hashable {
    /// Which step it is, from 1.
    public let number: Int
    /// The size of the step.
    public let learningRate: Double
    /// The strength of the pull of parameters towards 0 (``OptimizerConfiguration/weightDecay``).
    public let weightDecay: Double
}
