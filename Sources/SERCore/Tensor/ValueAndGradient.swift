// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// The value of a loss and its gradient with respect to every parameter.
///
/// ```swift
/// let (loss, gradients) = valueAndGradient(at: parameters) { p in
///     crossEntropy(logits: x.matmul(p["w"]) + p["b"], labels: y)
/// }
/// ```
/// - Parameters:
///   - parameters: Where to differentiate.
///   - loss: Computes a tensor of one value from the parameters.
/// - Returns: The loss, and gradients under the parameters' paths; zero for a parameter that the loss does not use.
public func valueAndGradient<Failure: Error>(
    at parameters: Parameters, _ loss: (Parameters) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradient: Parameters) {
    let (value, _, gradient) = try valueAndGradient(at: parameters) { p throws(Failure) in (try loss(p), ()) }
    return (value, gradient)
}

/// The value of a loss, what was computed beside it, and the gradient with respect to every parameter.
///
/// Calls may stand inside each other. What comes out of an inner call, its value and what was computed beside it, is a
/// constant to that call's parameters from then on, and depends on those of the calls around it as if computed there.
/// Gradients of gradients are not computed: an outer loss that depends on the gradient of an inner loss, which in turn
/// depends on the outer parameters, stops the program; `detached` makes a constant of that gradient.
public func valueAndGradient<Auxiliary, Failure: Error>(
    at parameters: Parameters, _ loss: (Parameters) throws(Failure) -> (Tensor, Auxiliary)
) throws(Failure) -> (value: Tensor, auxiliary: Auxiliary, gradient: Parameters) {
    let tape = Tape(leaves: parameters.layout.count)
    defer { tape.close() }
    let (value, auxiliary) = try loss(parameters.traced(on: tape))
    require(value.count == 1, "valueAndGradient: the loss must be one value, not of shape \(value.shape)")
    let upstream = Tensor([1], shape: value.shape)
    let gradient = pullBack(value, upstream: upstream, to: parameters.layout, on: tape)
    let outer = value.leaving(tape)
    return (outer, auxiliary, gradient.refusingDerivatives(withRespectTo: outer))
}

/// The value of a loss of one tensor and its gradient.
public func valueAndGradient<Failure: Error>(
    at tensor: Tensor, _ loss: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradient: Tensor) {
    let (value, gradients) = try valueAndGradient(at: [tensor]) { t throws(Failure) in try loss(t[0]) }
    return (value, gradients[0])
}

/// The value of a loss of several tensors and its gradient with respect to each.
public func valueAndGradient<Failure: Error>(
    at tensors: [Tensor], _ loss: ([Tensor]) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: [Tensor]) {
    let parameters = Parameters(tensors.enumerated().map { ("\($0.offset)", $0.element) })
    let (value, gradient) = try valueAndGradient(at: parameters) { p throws(Failure) in try loss(p.tensors) }
    return (value, gradient.tensors)
}

/// The product of a function's transposed Jacobian with `upstream`: the gradient of sum(upstream * function).
package func pullBack(
    at parameters: Parameters, upstream: (Tensor) -> Tensor, _ function: (Parameters) -> Tensor
) -> (value: Tensor, gradient: Parameters) {
    let tape = Tape(leaves: parameters.layout.count)
    defer { tape.close() }
    let value = function(parameters.traced(on: tape))
    return (value.detached, pullBack(value, upstream: upstream(value.detached), to: parameters.layout, on: tape))
}

private func pullBack(_ value: Tensor, upstream: Tensor, to layout: ParameterLayout, on tape: Tape) -> Parameters {
    let last = value.trace?.index(on: tape) ?? -1
    guard last >= 0 else { return GradientTable(layout: layout, entries: 0).leafGradients() }
    let table = GradientTable(layout: layout, entries: last + 1)
    tape.pullBack(from: last, upstream: upstream, into: table)
    return table.leafGradients()
}

extension Parameters {
    /// These gradients of a loss, such that the backward pass of a call further out stops at them when the loss depends
    /// on what that call differentiates: a gradient of a gradient would be missing from its result.
    fileprivate func refusingDerivatives(withRespectTo loss: Tensor) -> Parameters {
        guard loss.trace != nil else { return self }
        let refusal = Tensor(0).recorded([loss]) { _ in
            { _, _ in
                stop(
                    "valueAndGradient: gradients of gradients are not computed, and the loss depends on the gradient "
                        + "of an inner loss that depends on the same parameters. Take that gradient's .detached to "
                        + "let it count as a constant.")
            }
        }
        return traced { _ in refusal.trace }
    }
}
