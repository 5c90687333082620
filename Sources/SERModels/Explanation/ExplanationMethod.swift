// SPDX-License-Identifier: Apache-2.0

/// How a prediction is attributed to the clip's frames and coefficients.
public enum ExplanationMethod: Sendable, Hashable, Codable {
    /// The score's gradient times how far each value lies from the training mean: what a small change would do.
    case gradientTimesInput
    /// The mean gradient on the straight way from the training mean to the clip, times the distance (Sundararajan, Taly
    /// and Yan, Axiomatic attribution for deep networks, ICML 2017): the parts add up to the score's change. The integral
    /// is a sum over the midpoints of `steps` equal pieces; without a number, over 64 pieces that are halved, down to
    /// 1/262,144 of the way and up to 4,096 gradients, until the parts add up to within 0.5 % of the change or 0.005.
    case integratedGradients(steps: Int? = nil)
    /// How much the score falls when a window over time and neighbouring coefficients is replaced by the training mean,
    /// spread evenly over the window (Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014).
    case occlusion(seconds: Double = 0.1, coefficients: Int = 4)

    /// What texts call the method.
    public var title: String {
        switch self {
        case .gradientTimesInput: "gradient x input"
        case .integratedGradients: "integrated gradients"
        case .occlusion: "occlusion"
        }
    }

    /// - Throws: ``ExplanationError/setting(_:)``.
    func validate() throws(ExplanationError) {
        switch self {
        case .gradientTimesInput: break
        case .integratedGradients(let steps):
            if let steps, !(1...100_000).contains(steps) {
                throw .setting("\(steps) steps: integrated gradients need from 1 to 100000")
            }
        case .occlusion(let seconds, let coefficients):
            guard seconds > 0, seconds <= 3600, (1...100_000).contains(coefficients) else {
                throw .setting(
                    "a window of \(seconds) s and \(coefficients) coefficients: both must be above 0")
            }
        }
    }
}
