// SPDX-License-Identifier: Apache-2.0
import SERCore

/// Steps of one length in the direction of the sign of a mean gradient (Lion: Chen et al., 2023).
struct Lion: UpdateRule {
    static let kind = "lion"
    var beta1 = 0.9
    var beta2 = 0.99

    var stateNames: [String] { ["exp_avg"] }

    func validate() throws(OptimizerError) {
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] where !(0..<1).contains(beta) {
            throw .setting(name: name, value: beta, expected: "0 up to, not including, 1")
        }
    }

    func update(_ slice: UpdateSlice, in step: UpdateStep) {
        let mean = slice.state(0)
        let (rate, decay) = (Float(step.learningRate), Float(step.learningRate * step.weightDecay))
        for index in slice.indices {
            let gradient = slice.gradients[index]
            let direction = Float(beta1) * mean[index] + Float(1 - beta1) * gradient
            slice.parameters[index] -= decay * slice.parameters[index]
            if direction != 0 { slice.parameters[index] -= direction > 0 ? rate : -rate }
            mean[index] = Float(beta2) * mean[index] + Float(1 - beta2) * gradient
        }
    }
}
