// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Whether a network is being trained; training carries the random key that dropout and the like draw from.
public enum Mode: Sendable, Hashable {
    /// Dropout drops, batch normalisation uses the batch's statistics and updates the running ones.
    case training(RandomKey)
    /// Everything is deterministic.
    case inference
}

/// What flows along an edge of a network: a batch of values, with the number of valid positions of each row where rows are
/// padded along time.
public struct Signal: Sendable {
    /// The values; axis 0 is the batch.
    public var values: Tensor
    /// For each row, how many positions along the time axis are real; nil when all are.
    public var lengths: [Int]?
    /// The axis of `values` that is time (the batch axis is 0); nil when there is none.
    public var timeAxis: Int?

    /// A batch of values, with lengths along its time axis.
    public init(_ values: Tensor, lengths: [Int]? = nil, timeAxis: Int? = nil) {
        self.values = values
        self.lengths = lengths
        self.timeAxis = timeAxis
    }

    /// The same batch with zeros at every position past a row's length, whatever stood there, so that sums over time and
    /// what reads across steps see valid values alone. Free where nothing is padded.
    public func clearingPadding() -> Signal {
        guard let lengths = partialLengths, let timeAxis else { return self }
        var cleared = self
        cleared.values = SERCore.clearingPadding(values, lengths: lengths, axis: timeAxis)
        return cleared
    }

    /// The lengths, unless every row is as long as the tensor.
    package var partialLengths: [Int]? {
        guard let lengths, let timeAxis else { return nil }
        let full = values.shape[timeAxis]
        return lengths.allSatisfy { $0 == full } ? nil : lengths
    }
}

/// Where a layer's parameters and state lie; made when a network is built.
package struct LayerScope: Sendable {
    package var path: String
    package var parameters: [(name: String, index: Int)]
    package var states: [(name: String, index: Int)]

    package init(path: String, parameters: [(name: String, index: Int)], states: [(name: String, index: Int)]) {
        self.path = path
        self.parameters = parameters
        self.states = states
    }
}

/// What a layer is handed when it computes: its parameters and state, the mode, and a place for updated state.
public struct Context {
    /// Training or inference.
    public let mode: Mode
    package private(set) var parameters: Parameters
    package private(set) var state: Parameters
    /// The rows of each speaker of a training batch, one range after another; nil where nobody says who speaks.
    public let speakers: [Range<Int>]?
    /// The layer whose turn it is.
    package var scope: LayerScope
    /// What layers that normalise by speaker were given in inference, by their paths.
    package private(set) var collected: [String: Tensor] = [:]
    private let prepared: PreparedWeights?
    private var calls = 0

    /// - Parameter prepared: Where forms of `parameters` are kept between calls; nil where nobody keeps them.
    package init(
        mode: Mode, parameters: Parameters, state: Parameters, scope: LayerScope, prepared: PreparedWeights? = nil,
        speakers: [Range<Int>]? = nil
    ) {
        if case .inference = mode { self.prepared = prepared } else { self.prepared = nil }
        self.mode = mode
        self.parameters = parameters
        self.state = state
        self.scope = scope
        self.speakers = speakers
    }

    /// Keeps what the layer was given, for whoever gets to know a speaker by it.
    mutating func collect(_ values: Tensor) { collected[scope.path] = values }

    /// Whether the network is being trained.
    public var isTraining: Bool {
        if case .training = mode { return true }
        return false
    }

    /// The layer's parameter of the given name, such as `weight`. Stops the program when the layer declared none.
    public func parameter(_ name: String) -> Tensor {
        guard let index = scope.parameters.first(where: { $0.name == name })?.index else {
            stop("\(scope.path): the layer declares no parameter '\(name)'")
        }
        return parameters[at: index]
    }

    /// The layer's running state of the given name, such as `running_mean`: a constant to differentiation.
    public func state(_ name: String) -> Tensor { state[at: stateIndex(name)] }

    /// Whether the layer's running state of the given name is frozen: updates leave it as it is.
    public func isFrozen(_ name: String) -> Bool { state.isFrozen(at: stateIndex(name)) }

    /// Replaces the layer's running state from the next step on, unless it is frozen.
    public mutating func update(_ name: String, to value: Tensor) {
        let index = stateIndex(name)
        if !state.isFrozen(at: index) { state[state.paths[index]] = value.detached }
    }

    /// A key for this call of this layer in this step; nil in inference, where nothing is random.
    public mutating func randomKey() -> RandomKey? {
        guard case .training(let key) = mode else { return nil }
        calls += 1
        return key.derived(scope.path).derived(calls)
    }

    /// The layer's weights in a form of `count` values that `fill` writes at its first use; nil where it would not be kept.
    package func prepared(
        _ form: String, count: Int, fill: (UnsafeMutablePointer<Float>) -> Void
    ) -> Buffer? {
        prepared?.buffer(scope.path, form, count: count, fill: fill)
    }

    private func stateIndex(_ name: String) -> Int {
        guard let index = scope.states.first(where: { $0.name == name })?.index else {
            stop("\(scope.path): the layer declares no state '\(name)'")
        }
        return index
    }
}
