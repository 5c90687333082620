// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore

extension Voice {
    /// Hears a clip of the speaker: the part of it that the recognizer hears, as the features that it reads.
    /// - Throws: ``RecognitionError`` for sound that has no features, and where the voice was heard by a recognizer of
    ///   other features. The voice stays as it was then.
    public mutating func hear(_ clip: AudioClip, by recognizer: Recognizer) throws(RecognitionError) {
        let heard: HeardSound
        do throws(FeatureError) { heard = try recognizer.pipeline.hear(clip) } catch { throw .features(error) }
        try hear(heard, by: recognizer)
    }

    /// Hears a sound file of the speaker: the part of it that the recognizer hears, as the features that it reads.
    /// - Parameters:
    ///   - file: The file, or a named pipe, which is read to its end.
    ///   - recognizer: By whose features the voice is heard.
    ///   - truncated: What is done with a file whose end is missing.
    /// - Throws: ``RecognitionError``, which wraps the `AudioError` of a file that cannot be read. The voice stays as it
    ///   was then.
    public mutating func hear(
        contentsOf file: URL, by recognizer: Recognizer, truncated: TruncatedFiles = .refuse
    ) throws(RecognitionError) {
        let heard: HeardSound
        do throws(AudioError) { heard = try recognizer.pipeline.hear(file, truncated: truncated) } catch {
            throw .features(.audio(error))
        }
        try hear(heard, by: recognizer)
    }

    /// Hears sound of which a recognizer has taken its part.
    package mutating func hear(_ heard: HeardSound, by recognizer: Recognizer) throws(RecognitionError) {
        try requireFit(recognizer)
        let matrix: FeatureMatrix
        do throws(FeatureError) { matrix = try recognizer.matrix(of: heard) } catch { throw .features(error) }
        if recognizer.model.normalizesSpeakers {
            let embeddings = recognizer.model.embeddings(of: recognizer.batch(of: matrix))
            guard embeddings.values.allSatisfy({ $0.scalars.allSatisfy(\.isFinite) }) else { throw .outputNotFinite }
            hear(embeddings: embeddings, of: recognizer.model.fingerprint)
        }
        hear(matrix)
    }

    /// Makes sure that what was heard are the recognizer's features.
    fileprivate func requireFit(_ recognizer: Recognizer) throws(RecognitionError) {
        let columns = recognizer.standardization.mean.count
        guard count == 0 || mean.count == columns else { throw .otherVoice(columns: mean.count, features: columns) }
        guard recognizer.model.fits(self) else { throw .voiceOfAnotherNetwork }
    }
}

extension Recognizer {
    /// Whether it knows most when it has heard the speaker before (``adapted(to:)``): its features are standardised by
    /// speaker, or a layer of its network normalises by speaker.
    public var adaptsToVoices: Bool { standardization.scope == .speaker || model.normalizesSpeakers }

    /// The same recognizer for one voice, whose own mean and deviation bring its features, or what the network makes of
    /// them, to one scale.
    ///
    /// Of a voice that was heard for less than twenty clips (of the mean length of the training part's), a part is taken
    /// from the training part's average voice, all of it where nothing was heard. What comes out is a recognizer with
    /// fixed numbers: it recognises, explains, and is saved and exported as any other, and hears no other voice as well as
    /// this one. A recognizer that knows no voices (``adaptsToVoices``) stays as it is.
    /// - Throws: ``RecognitionError/otherVoice(columns:features:)`` for a voice that was heard as other features,
    ///   ``RecognitionError/voiceOfAnotherNetwork`` for one that was heard by another network.
    public func adapted(to voice: Voice) throws(RecognitionError) -> Recognizer {
        guard adaptsToVoices else { return self }
        try voice.requireFit(self)
        var own = standardizing(by: standardization.adapted(to: voice))
        if model.normalizesSpeakers {
            do throws(ShapeError) {
                own = own.with(weightsOf: try model.adapted(to: voice), provenance: provenance)
            } catch { throw .voiceOfAnotherNetwork }
        }
        own.provenance.standardization = .voice
        return own
    }
}
