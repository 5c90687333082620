// SPDX-License-Identifier: Apache-2.0

extension AudioClip {
    /// The clip resampled to another rate in Hz and back, as if it had been recorded there.
    func recorded(at rate: Double) throws(DegradationError) -> AudioClip {
        if rate == sampleRate || samples.isEmpty { return self }
        return try at(rate).at(sampleRate).trimmed(to: samples.count)
    }
}
