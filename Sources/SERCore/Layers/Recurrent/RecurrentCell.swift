// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// One step of a recurrent network of one's own, stated as tensor operations.
///
/// ``Recurrent`` makes a layer of it: stacked, in either direction or both, over padded batches.
/// ```swift
/// struct LeakyUnit: RecurrentCell {                      // h' = h / 2 + tanh(W x + U h) / 2
///     static let kind = "leakyUnit"
///     var units: Int
///     func parameters(inputs: Int) -> [Declaration] {
///         [
///             Declaration("weight_ih", shape: [units, inputs], initializer: .glorotUniform),
///             Declaration("weight_hh", shape: [units, units], initializer: .orthogonal()),
///         ]
///     }
///     func step(_ x: Tensor, state: [Tensor], parameters p: CellParameters) -> [Tensor] {
///         let sum = linear(x, weight: p["weight_ih"]) + linear(state[0], weight: p["weight_hh"])
///         return [(state[0] + tanh(sum)) / 2]
///     }
/// }
/// let layer = Recurrent(LeakyUnit(units: 64), layers: 2, direction: .bidirectional)
/// ```
public protocol RecurrentCell: Sendable, Codable {
    /// The name of the layer in paths, summaries and files, such as `minimalGatedUnit`.
    static var kind: String { get }

    /// How many values a step hands on: the length of the first tensor of the state.
    var units: Int { get }

    /// The lengths of the tensors that pass from step to step, `[units]` unless stated. All begin at 0. The first is
    /// what the cell hands on.
    var stateSizes: [Int] { get }

    /// The tensors that one direction of one layer learns, with `inputs` values coming in at a step. In the network,
    /// layer and direction are added to their names, as in `weight_ih_l0_reverse`.
    func parameters(inputs: Int) -> [Declaration]

    /// What of a step does not look at the state, for all steps at once, where one large product is quicker than many
    /// small ones: [time, batch, inputs] to [time, batch, anything]. Unless stated, the input itself.
    func prepare(_ x: Tensor, parameters: CellParameters) -> Tensor

    /// One step for all rows of a batch.
    /// - Parameters:
    ///   - x: [batch, inputs], or what `prepare` made of it.
    ///   - state: The state before, each tensor [batch, size].
    ///   - parameters: The tensors that the cell declared, by name.
    /// - Returns: The state after, of the same shapes.
    func step(_ x: Tensor, state: [Tensor], parameters: CellParameters) -> [Tensor]
}

extension RecurrentCell {
    public var stateSizes: [Int] { [units] }
    public func prepare(_ x: Tensor, parameters: CellParameters) -> Tensor { x }
}

/// The tensors that one direction of one layer of a ``RecurrentCell`` learns, under the names the cell gave them.
public struct CellParameters: Sendable {
    let kind: String
    let tensors: [String: Tensor]

    /// The tensor of a name that the cell declared. Stops the program when it declared none.
    public subscript(name: String) -> Tensor {
        guard let tensor = tensors[name] else {
            let known = tensors.keys.sorted().joined(separator: ", ")
            stop("\(kind): the cell declares no parameter '\(name)'; it has \(known)")
        }
        return tensor
    }
}
