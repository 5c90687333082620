// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// A model on its way: its weights, its state and its optimiser's, and how one batch moves them.
package struct TrainingStep {
    package var model: Model
    package var optimizer: Optimizer
    package var loss: TrainingLoss
    package var clipping: GradientClipping?

    package init(
        model: Model, optimizer: OptimizerConfiguration, loss: TrainingLoss = TrainingLoss(),
        clipping: GradientClipping? = nil
    ) throws(OptimizerError) {
        self.model = model
        self.optimizer = try Optimizer(optimizer, for: model.parameters)
        self.loss = loss
        self.clipping = clipping
    }

    /// One step: forward, loss, backward, update.
    /// - Returns: The loss of the batch before the step, and its logits [batch, classes].
    package mutating func callAsFunction(_ batch: Batch, key: RandomKey) -> (loss: Float, logits: Tensor) {
        let (value, outputs, gradient) = differentiate(batch, key: key)
        var gradients = gradient
        model.state = outputs.state
        clipping?.apply(to: &gradients)
        optimizer.update(&model.parameters, with: gradients)
        return (value.item, outputs.logits)
    }

    private func differentiate(
        _ batch: Batch, key: RandomKey
    ) -> (value: Tensor, outputs: (logits: Tensor, state: Parameters), gradient: Parameters) {
        let (value, outputs, gradient) = valueAndGradient(at: model.parameters) { parameters in
            let (output, state) = model.run(
                batch.values, lengths: batch.lengths, parameters: parameters, mode: .training(key))
            return (loss(output.values, batch.targets), (logits: output.values.detached, state: state))
        }
        return (value, outputs, gradient)
    }
}

/// The loss that a classifier is trained with: categorical cross-entropy of logits.
public struct TrainingLoss: Sendable, Hashable, Codable {
    /// How much each class counts; nil when all count the same.
    public var classWeights: [Float]?
    /// How much of the target is spread over all classes, 0..<1.
    public var labelSmoothing: Float

    /// Cross-entropy, optionally weighted and smoothed as in PyTorch.
    public init(classWeights: [Float]? = nil, labelSmoothing: Float = 0) {
        self.classWeights = classWeights
        self.labelSmoothing = labelSmoothing
    }

    package func callAsFunction(_ logits: Tensor, _ targets: [Int]) -> Tensor {
        crossEntropy(logits: logits, labels: targets, classWeights: classWeights, labelSmoothing: labelSmoothing)
    }
}
