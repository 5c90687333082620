// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// A model on its way: its weights, its state and its optimiser's, and how one batch moves them.
package struct TrainingStep {
    package var model: Model
    package var optimizer: Optimizer
    let objective: TrainingObjective
    let clipping: GradientClipping?
    /// The gradients of batches that an update is still to follow.
    private var accumulator = GradientAccumulator()

    package init(
        model: Model, optimizer: OptimizerConfiguration, objective: TrainingObjective = TrainingObjective(),
        clipping: GradientClipping? = nil
    ) throws(OptimizerError) {
        self.model = model
        self.optimizer = try Optimizer(optimizer, for: model.parameters)
        self.objective = objective
        self.clipping = clipping
    }

    /// One step of one batch: forward, loss, backward, update.
    /// - Returns: The loss of the batch before the step, and what came out.
    @discardableResult
    package mutating func callAsFunction(_ batch: Batch, key: RandomKey) -> (loss: Float, outputs: ModelOutputs) {
        self(batch, targets: TrainingTargets(emotions: batch.targets), key: key, updates: true)
    }

    /// One batch: forward, loss, backward, and where it ends an update, the update by the mean gradient of all clips
    /// since the last. Batches between updates add up to what one large batch gives, but for batch normalisation, which
    /// sees each on its own.
    /// - Parameter speakers: The rows of each speaker, one range after another; nil where that decides nothing.
    /// - Returns: The loss of the batch before the update, and what came out.
    mutating func callAsFunction(
        _ batch: Batch, targets: TrainingTargets, speakers: [Range<Int>]? = nil, key: RandomKey, updates: Bool
    ) -> (loss: Float, outputs: ModelOutputs) {
        let (value, outputs, gradient) = differentiate(batch, targets, speakers, key)
        model.state = outputs.state
        apply(gradient, weight: objective.loss.weight(of: targets.emotions), updates: updates)
        return (value.item, outputs.batch)
    }

    private func differentiate(
        _ batch: Batch, _ targets: TrainingTargets, _ speakers: [Range<Int>]?, _ key: RandomKey
    ) -> (value: Tensor, outputs: (batch: ModelOutputs, state: Parameters), gradient: Parameters) {
        let (value, outputs, gradient) = valueAndGradient(at: model.parameters) { parameters in
            let (outputs, state) = model.outputs(
                batch.values, lengths: batch.lengths, parameters: parameters, mode: .training(key),
                speakers: speakers)
            return (objective(outputs, targets), (batch: outputs.detached, state: state))
        }
        return (value, outputs, gradient)
    }

    private mutating func apply(_ gradient: Parameters, weight: Double, updates: Bool) {
        guard !updates || accumulator.weight > 0 else {
            var gradients = gradient
            return update(with: &gradients)
        }
        accumulator.add(gradient, weight: weight)
        guard updates else { return }
        // Out of the step for a moment, which changes as well.
        var accumulator = GradientAccumulator()
        swap(&accumulator, &self.accumulator)
        accumulator.takeMean { update(with: &$0) }
        self.accumulator = accumulator
    }

    private mutating func update(with gradients: inout Parameters) {
        clipping?.apply(to: &gradients)
        optimizer.update(&model.parameters, with: gradients)
    }
}
