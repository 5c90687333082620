// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Leaves out the silence before and behind a voice: what is far softer than the loudest moment. How long a recorder ran
/// before somebody spoke then does not change what is heard (as `librosa.effects.trim`).
public struct SilenceTrimming: Codable, Sendable, Hashable {
    /// How far below the loudest 20 ms silence begins, in dB.
    public var decibels: Double
    /// What is kept of it on either side, in seconds. Where it is digital silence, a network that was trained on rooms
    /// and noise may take as little as 0.05 s of it for something that is said.
    public var margin: Double

    /// Silence that is so much softer than the loudest moment.
    public init(decibels: Double = 40, margin: Double = 0) {
        self.decibels = decibels
        self.margin = margin
    }

    /// Blocks in a second; power is that of two neighbouring ones.
    private static let blocks = 100.0

    /// Which samples are left; all where none is louder than another, and where one is no number, which is for others to
    /// tell.
    package func range(in samples: [Float], sampleRate: Double) -> Range<Int> {
        let length = max(1, Int(saturating: sampleRate / Self.blocks))
        guard samples.count >= 2 * length else { return 0..<samples.count }
        let energies = samples.withUnsafeBufferPointer { samples in
            stride(from: 0, to: samples.count, by: length).map { start in
                samples[start..<min(start + length, samples.count)].reduce(0.0) { $0 + Double($1) * Double($1) }
            }
        }
        let powers = energies.indices.dropLast().map { energies[$0] + energies[$0 + 1] }
        guard let loudest = powers.max(), loudest > 0, powers.allSatisfy(\.isFinite) else { return 0..<samples.count }
        let least = loudest * pow(10, -decibels / 10)
        let first = powers.firstIndex { $0 > least } ?? 0, last = powers.lastIndex { $0 > least } ?? powers.count - 1
        let kept = Int(saturating: margin * sampleRate)
        return max(0, first * length - kept)..<min(samples.count, (last + 2) * length + kept)
    }
}
