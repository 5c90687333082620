// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERCore
import SERModels
import SERTraining

/// How the step size changes over a training.
enum StepSchedule: String, ExpressibleByArgument, CaseIterable {
    case constant, cosine
}

/// How gradients move the weights, for commands that train.
struct OptimizationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The size of Adam's steps. (default: 0.001; SERNet 0.002)", valueName: "rate"))
    var learningRate: Double?

    @Option(
        help: """
            How the size of steps changes: not at all, or down to 0 over the epochs along half a cosine. (default: \
            constant; SERNet and with --from cosine after a tenth of the epochs in which steps grow)
            """)
    var schedule: StepSchedule?

    @Option(
        help: ArgumentHelp(
            "Scale gradients down whose norm is above this; recurrent networks train more steadily at 1. (default: "
                + "not at all; SERNet 2)",
            valueName: "norm"))
    var clipNorm: Double?

    @Option(
        help: ArgumentHelp(
            "How strongly weights are pulled towards 0: Adam's weight decay, of SERNet AdamW's. (default: 0; SERNet 0.02)",
            valueName: "strength"))
    var weightDecay: Double?

    func validate() throws {
        if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
            throw ValidationError("--learning-rate \(learningRate): must be above 0.")
        }
        if let weightDecay, !(weightDecay >= 0 && weightDecay.isFinite) {
            throw ValidationError("--weight-decay \(weightDecay): must be 0 or more.")
        }
        if let clipNorm, !(clipNorm > 0) { throw ValidationError("--clip-norm \(clipNorm): must be above 0.") }
    }

    /// Sets what was asked for; the number of epochs must stand by then.
    /// - Parameter usual: The schedule over so many epochs where none was asked for; nil leaves the trainer's.
    func apply(to trainer: inout Trainer, schedule usual: ((_ epochs: Int) -> LearningRateSchedule)?) {
        if let learningRate { trainer.optimizer.learningRate = learningRate }
        if let weightDecay { trainer.optimizer.weightDecay = weightDecay }
        if let clipNorm { trainer.clipping = .norm(clipNorm) }
        switch schedule {
        case .constant: trainer.schedule = .constant
        case .cosine: trainer.schedule = .cosine(over: .epochs(trainer.epochs))
        case nil: if let usual { trainer.schedule = usual(trainer.epochs) }
        }
    }
}
