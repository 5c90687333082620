// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Mono sound: samples in [-1, 1] and their rate in Hz.
public struct AudioClip: Sendable, Equatable {
    /// The samples, full scale 1.
    public var samples: [Float]
    /// Samples a second, in Hz.
    public var sampleRate: Double

    /// A clip of the given samples at a rate in Hz.
    public init(samples: [Float], sampleRate: Double) {
        self.samples = samples
        self.sampleRate = sampleRate
    }

    /// Length in seconds.
    public var duration: Double { sampleRate > 0 ? Double(samples.count) / sampleRate : 0 }

    /// The clip cut, or padded with zeros at its end, to a length in seconds, rounded to whole samples.
    public func fitted(to seconds: Double) -> AudioClip {
        guard seconds >= 0, seconds * sampleRate < 1e12 else {
            stop("AudioClip.fitted: \(seconds) s at \(sampleRate) Hz are not a length; give seconds from 0 on")
        }
        let count = Int(saturating: seconds * sampleRate)
        if samples.count >= count { return AudioClip(samples: Array(samples.prefix(count)), sampleRate: sampleRate) }
        return AudioClip(
            samples: samples + repeatElement(0, count: count - samples.count), sampleRate: sampleRate)
    }
}
