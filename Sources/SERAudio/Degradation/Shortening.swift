// SPDX-License-Identifier: Apache-2.0

import SERSupport

extension AudioClip {
    /// The beginning of the clip, at least one sample of it.
    func shortened(to seconds: Double) -> AudioClip {
        with(Array(samples.prefix(max(1, Int(saturating: seconds * sampleRate)))))
    }
}
