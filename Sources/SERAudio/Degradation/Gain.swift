// SPDX-License-Identifier: Apache-2.0

import Foundation

extension AudioClip {
    /// The clip louder by so many dB; samples may leave [-1, 1].
    func amplified(by decibels: Double) -> AudioClip {
        let factor = Float(pow(10, decibels / 20))
        return with(samples.map { $0 * factor })
    }
}
