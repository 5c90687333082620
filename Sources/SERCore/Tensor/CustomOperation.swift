// SPDX-License-Identifier: Apache-2.0

/// An operation of one's own: a value computed in any way, with a hand-written backward pass.
///
/// ```swift
/// func cube(_ x: Tensor) -> Tensor {
///     differentiable([x]) { x in
///         x[0] * x[0] * x[0]
///     } pullback: { upstream, x, _ in
///         [upstream * 3 * square(x[0])]
///     }
/// }
/// ```
/// ``checkGradients(at:seed:of:)-([Tensor],_,_)`` tells whether the backward pass is right.
/// - Parameters:
///   - inputs: The tensors to differentiate with respect to; anything else may be captured.
///   - name: What messages call the operation.
///   - forward: Computes the value from the inputs, which are constants inside.
///   - pullback: From the gradient of the loss with respect to the output, the inputs and the output, the gradients with
///     respect to the inputs: each in its input's shape, nil where there is none. Another number or shape stops the
///     program.
public func differentiable(
    _ inputs: [Tensor], name: String = "differentiable", _ forward: (_ inputs: [Tensor]) -> Tensor,
    pullback: @escaping (_ upstream: Tensor, _ inputs: [Tensor], _ output: Tensor) -> [Tensor?]
) -> Tensor {
    let constants = inputs.map(\.detached)
    return forward(constants).detached.recorded(inputs) { output in
        { upstream, cotangents in
            let gradients = pullback(upstream, constants, output)
            require(
                gradients.count == constants.count,
                "\(name): the pullback returned \(gradients.count) gradients for \(constants.count) inputs")
            for (position, gradient) in gradients.enumerated() {
                guard let gradient else { continue }
                require(
                    gradient.shape == constants[position].shape,
                    "\(name): the gradient of input \(position) has shape \(gradient.shape), "
                        + "not \(constants[position].shape)")
                cotangents.add(gradient.detached, to: position)
            }
        }
    }
}
