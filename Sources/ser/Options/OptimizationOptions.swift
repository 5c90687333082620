// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERCore

/// How the step size changes over a training.
enum StepSchedule: String, ExpressibleByArgument, CaseIterable {
    case constant, cosine
}

/// How gradients move the weights, for commands that train.
struct OptimizationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The size of Adam's steps at the beginning.", valueName: "rate"))
    var learningRate = 0.001

    @Option(help: "How the size of steps changes: not at all, or down to 0 over the epochs along half a cosine.")
    var schedule = StepSchedule.constant

    @Option(
        help: ArgumentHelp(
            "Scale gradients down whose norm is above this; recurrent networks train more steadily at 1.",
            valueName: "norm"))
    var clipNorm: Double?

    func validate() throws {
        if !(learningRate > 0 && learningRate.isFinite) {
            throw ValidationError("--learning-rate \(learningRate): must be above 0.")
        }
        if let clipNorm, !(clipNorm > 0) { throw ValidationError("--clip-norm \(clipNorm): must be above 0.") }
    }

    var optimizer: OptimizerConfiguration { .adam(learningRate: learningRate) }

    var clipping: GradientClipping? { clipNorm.map { .norm($0) } }

    func learningRateSchedule(epochs: Int) -> LearningRateSchedule {
        switch schedule {
        case .constant: .constant
        case .cosine: .cosine(over: .epochs(epochs))
        }
    }
}
