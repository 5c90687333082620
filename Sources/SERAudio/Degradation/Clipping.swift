// SPDX-License-Identifier: Apache-2.0

import Foundation

extension AudioClip {
    /// The clip with its peaks cut off at so many dB below the highest, as an overdriven input does.
    func clipped(by decibels: Double) -> AudioClip {
        let peak = samples.reduce(0) { max($0, abs($1)) }
        let limit = peak * Float(pow(10, -decibels / 20))
        return with(samples.map { min(max($0, -limit), limit) })
    }
}
