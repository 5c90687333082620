// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERModels
import SERSupport

/// The voices of one part of a split: all that is heard of each speaker in its clips there, and nothing from elsewhere.
/// Labels are not looked at.
struct SpeakerVoices {
    /// The voices, in the order in which they first occur.
    let voices: [Voice]
    /// For each clip, the place of its voice.
    let places: [Int]

    /// - Parameters:
    ///   - matrices: One a clip, before any standardisation.
    ///   - clips: Whose features they are.
    /// - Throws: ``TrainingError/setting(_:)`` for a clip whose speaker is not known.
    init(of matrices: [FeatureMatrix], clips: [Clip]) throws(TrainingError) {
        let speakers = try ClipSpeakers(of: clips)
        let groups = speakers.clips
        voices = parallelMap(groups.count) { place in
            var voice = Voice()
            for clip in groups[place] { voice.hear(matrices[clip]) }
            return voice
        }
        places = speakers.places
    }
}

extension Standardization {
    /// What is measured of a training part.
    /// - Throws: ``TrainingError/setting(_:)`` for a clip whose speaker is not known, where the scope is `speaker`.
    init(fitting matrices: [FeatureMatrix], clips: [Clip], by scope: Scope) throws(TrainingError) {
        switch scope {
        case .corpus: self.init(fitting: matrices)
        case .speaker:
            let heard = try SpeakerVoices(of: matrices, clips: clips)
            guard heard.voices.contains(where: { $0.count > 1 }) else {
                throw .setting(
                    "each speaker of the training part was heard for one row of features, which has no deviation of its "
                        + "own. Bring several clips of each speaker, or train a network that is standardised by corpus."
                )
            }
            self.init(fitting: heard.voices, clips: clips.count, scope: scope)
        case .clip:
            let each = parallelMap(matrices.count) { index in
                var voice = Voice()
                voice.hear(matrices[index])
                return voice
            }
            self.init(fitting: each, clips: clips.count, scope: scope)
        }
    }

    /// For each clip of a part what brings it to one scale: where the scope is `speaker`, the numbers of its speaker,
    /// heard in all of the speaker's clips in that part.
    /// - Throws: ``TrainingError/setting(_:)`` for a clip whose speaker is not known.
    func each(of matrices: [FeatureMatrix], clips: [Clip]) throws(TrainingError) -> [Standardization] {
        guard scope == .speaker else { return clips.map { _ in self } }
        let heard = try SpeakerVoices(of: matrices, clips: clips)
        let adapted = heard.voices.map { self.adapted(to: $0) }
        return heard.places.map { adapted[$0] }
    }
}
