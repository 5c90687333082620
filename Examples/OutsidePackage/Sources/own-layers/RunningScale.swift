// SPDX-License-Identifier: Apache-2.0

import SERCore

/// Divides each feature by its root mean square over the clips seen in training, which it follows as it goes.
struct RunningScale: UnaryLayer {
    static let kind = "runningScale"
    var momentum: Float = 0.1

    func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard input.rank == 2, input.last?.length != nil else {
            throw ShapeError(layer: Self.kind, expected: "[time, features]", got: "\(input)", hint: "Permute first.")
        }
        return input
    }

    func state(for input: Shape) -> [Declaration] {
        [Declaration("running_square", shape: [input.last?.length ?? 1], initializer: .ones)]
    }

    func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let running = context.state("running_square")
        if context.isTraining {
            let ofClips = globalAveragePooling(square(input.values.detached), lengths: input.lengths)
            let ofBatch = ofClips.mean(axes: [0])
            context.update("running_square", to: running * (1 - momentum) + ofBatch * momentum)
        }
        return Signal(input.values / sqrt(running + 1e-5), lengths: input.lengths, timeAxis: input.timeAxis)
    }
}
