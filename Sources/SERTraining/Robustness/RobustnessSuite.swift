// SPDX-License-Identifier: Apache-2.0

import SERAudio

/// The conditions under which a recognizer is measured beside the clips as they are.
public struct RobustnessSuite: Sendable, Hashable, Codable {
    /// What is done to the clips, one after the other.
    public var conditions: [Degradation]
    /// Decides noise, rooms and voices; within a family, a clip gets the same noise at all levels.
    public var seed: UInt64

    /// A suite of one's own.
    public init(_ conditions: [Degradation], seed: UInt64 = 1) {
        self.conditions = conditions
        self.seed = seed
    }

    /// White noise, pink noise and babble at 20, 10, 5 and 0 dB; rooms of 0.3, 0.6 and 1 s; the telephone; clipping 6, 12
    /// and 20 dB below the peak; GSM, Opus and MP3; gains of 12, 6, -6, -12 and -20 dB; the first 1 and 0.5 s; rates of 8,
    /// 16 and 44.1 kHz.
    public static let standard = RobustnessSuite(
        [20, 10, 5, 0].map { .noise(color: .white, snr: $0) }
            + [20, 10, 5, 0].map { .noise(color: .pink, snr: $0) }
            + [20, 10, 5, 0].map { .babble(snr: $0) }
            + [0.3, 0.6, 1].map { .reverberation(rt60: $0) }
            + [.telephone]
            + [6, 12, 20].map { .clipping(decibels: $0) }
            + [.gsm, .opus, .mp3].map { .coding($0) }
            + [12, 6, -6, -12, -20].map { .gain(decibels: $0) }
            + [1, 0.5].map { .shortened(seconds: $0) }
            + [44_100, 16_000, 8_000].map { .recorded(sampleRate: $0) })

    /// The conditions of some families, in the suite's order.
    public func only(_ families: Set<DegradationFamily>) -> RobustnessSuite {
        RobustnessSuite(conditions.filter { families.contains($0.family) }, seed: seed)
    }

    /// The conditions of each family, families in the order in which they first occur.
    var families: [[Degradation]] { conditions.inFamilies(\.family) }
}

extension Array {
    /// The elements of each family, families in the order in which they first occur.
    func inFamilies(_ family: (Element) -> DegradationFamily) -> [[Element]] {
        var order: [DegradationFamily] = []
        for element in self where !order.contains(family(element)) { order.append(family(element)) }
        return order.map { name in filter { family($0) == name } }
    }
}
