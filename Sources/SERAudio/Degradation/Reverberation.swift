// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// How a room answers an impulse: the sound itself, and after it noise that dies away exponentially (Polack's model;
/// Jot, Cerveau and Warusfel, "Analysis and synthesis of room reverberation based on a statistical time-frequency
/// model", AES 103rd convention, 1997).
public struct RoomResponse: Sendable, Hashable, Codable {
    /// In how many seconds the sound falls by 60 dB.
    public var rt60: Double
    /// The energy of the direct sound over that of all that follows, in dB.
    public var directToReverberant: Double
    /// After how many seconds the first reflection comes.
    public var predelay: Double

    /// A room of a reverberation time in seconds; speaker and microphone are a few metres apart unless told otherwise.
    public init(rt60: Double, directToReverberant: Double = 0, predelay: Double = 0.0025) {
        self.rt60 = rt60
        self.directToReverberant = directToReverberant
        self.predelay = predelay
    }

    /// The response at a rate in Hz. The first sample is the direct sound, of height 1, so that what is convolved with it
    /// begins when it began; it ends where it has fallen by 60 dB.
    public func samples(sampleRate: Double, seed: UInt64) -> [Float] {
        let first = max(1, Int(saturating: predelay * sampleRate))
        let count = max(1, Int(saturating: rt60 * sampleRate))
        let decay = -3 * log(10) / (rt60 * sampleRate)
        var tail = normalSamples(count, key: RandomKey(seed: seed).derived("room"))
        for index in tail.indices { tail[index] *= Float(exp(decay * Double(index))) }
        let energy = tail.sumOfSquares
        let factor = energy > 0 ? Float((pow(10, -directToReverberant / 10) / energy).squareRoot()) : 0
        return [1] + [Float](repeating: 0, count: first - 1) + tail.map { factor * $0 }
    }
}

extension AudioClip {
    func reverberated(_ room: RoomResponse, seed: UInt64) -> AudioClip {
        let response = room.samples(sampleRate: sampleRate, seed: seed)
        return with(convolved(samples, with: response, from: 0)).levelled(like: self)
    }
}
