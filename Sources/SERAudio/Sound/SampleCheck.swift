// SPDX-License-Identifier: Apache-2.0

extension AudioClip {
    /// Samples beyond this, in either direction, are no recording: a million times full scale.
    ///
    /// Files of floating-point numbers that were written with a full scale of 32,768 stay below.
    public static let highestSample: Float = 1e6

    /// Finds samples that no recording holds.
    /// - Parameter path: The file that the clip is of, for the message; nil for none.
    /// - Throws: ``AudioError/notFinite(path:seconds:)`` and ``AudioError/beyondScale(path:seconds:sample:)``.
    package func requireSensible(path: String? = nil) throws(AudioError) {
        let bad = samples.withUnsafeBufferPointer { firstSenseless($0) }
        guard let bad else { return }
        throw .senseless(samples[bad], path: path, seconds: Double(bad) / sampleRate)
    }
}

extension AudioError {
    /// The error for a sample that no recording holds.
    static func senseless(_ sample: Float, path: String?, seconds: Double) -> AudioError {
        sample.isFinite
            ? .beyondScale(path: path, seconds: seconds, sample: sample) : .notFinite(path: path, seconds: seconds)
    }
}

/// The place of the first sample that is NaN, infinite, or beyond ``AudioClip/highestSample``; nil where there is none.
func firstSenseless(_ samples: UnsafeBufferPointer<Float>) -> Int? {
    // As whole numbers without their sign bits, the values rise with their size, and infinity and NaN are the largest.
    var largest: UInt32 = 0
    for sample in samples { largest = max(largest, sample.bitPattern & 0x7fff_ffff) }
    guard largest > AudioClip.highestSample.bitPattern else { return nil }
    return samples.firstIndex { !(abs($0) <= AudioClip.highestSample) }
}
