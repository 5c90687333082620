// SPDX-License-Identifier: Apache-2.0

/// What is taken for a mistake, or an attack.
enum SoundBounds {
    /// The most frames one call reads: 6.2 hours at 48 kHz, 4 GB of samples.
    static let mostFrames = 1 << 30
    /// Above this rate, in Hz, nothing is taken for sound.
    static let highestRate = 10_000_000.0
    /// Nor below this one, in Hz.
    static let lowestRate = 1.0
}
