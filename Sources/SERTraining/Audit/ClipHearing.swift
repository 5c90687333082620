// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

/// What listening to a clip from its beginning to its end tells.
struct ClipHearing: Sendable {
    /// The greatest absolute value of its samples, full scale 1.
    private(set) var peak: Float = 0
    /// Whether somebody speaks in one of its parts.
    private(set) var hasSpeech = false

    /// What is to be known of the file.
    private(set) var remarks: [AudioRemark] = []

    /// The level below which a clip counts as nearly silent: -60 dB of full scale.
    private static let faint: Float = 1e-3
    /// The length of the parts in which speech is looked for, in seconds.
    private static let part = 10.0

    /// Whether it holds next to nothing.
    var isNearlySilent: Bool { peak < Self.faint }

    /// Listens to all of a clip.
    /// - Throws: `AudioError` for what cannot be decoded to its end.
    init(of clip: Clip) throws(AudioError) {
        let length = max(1, Int(saturating: Self.part * clip.sampleRate))
        var waiting: [Float] = [], loudest: Float = 0
        waiting.reserveCapacity(min(length, Int(saturating: clip.duration * clip.sampleRate, rounding: .up)))
        remarks = try clip.decode { block throws(AudioError) in
            for sample in block { loudest = max(loudest, abs(sample)) }
            guard !hasSpeech else { return }
            var rest = block[...]
            while !rest.isEmpty {
                let taken = rest.prefix(length - waiting.count)
                waiting.append(contentsOf: taken)
                rest = rest.dropFirst(taken.count)
                if waiting.count == length { try look(for: &waiting, at: clip.sampleRate) }
            }
        }
        peak = loudest
        if !hasSpeech, !waiting.isEmpty { try look(for: &waiting, at: clip.sampleRate) }
    }

    /// Looks for speech in samples, and drops them.
    private mutating func look(for samples: inout [Float], at rate: Double) throws(AudioError) {
        hasSpeech = try SpeechActivity(of: AudioClip(samples: samples, sampleRate: rate)).hasSpeech
        samples.removeAll(keepingCapacity: true)
    }
}
