// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

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
        do throws(FeatureError) { hear(try recognizer.matrix(of: heard)) } catch { throw .features(error) }
    }

    /// Makes sure that what was heard are the recognizer's features.
    fileprivate func requireFit(_ recognizer: Recognizer) throws(RecognitionError) {
        let columns = recognizer.standardization.mean.count
        guard count == 0 || mean.count == columns else { throw .otherVoice(columns: mean.count, features: columns) }
    }
}

extension Recognizer {
    /// The same recognizer for one voice, whose own mean and deviation bring its features to one scale.
    ///
    /// Of a voice that was heard for less than twenty clips (of the mean length of the training part's), a part is taken
    /// from the training part's average voice, all of it where nothing was heard. What comes out is a recognizer with
    /// fixed numbers: it recognises, explains, and is saved and exported as any other, and hears no other voice as well as
    /// this one. A recognizer that is not standardised by speaker stays as it is.
    /// - Throws: ``RecognitionError/otherVoice(columns:features:)`` for a voice that was heard as other features.
    public func adapted(to voice: Voice) throws(RecognitionError) -> Recognizer {
        guard standardization.scope == .speaker else { return self }
        try voice.requireFit(self)
        var own = standardizing(by: standardization.adapted(to: voice))
        own.provenance.standardization = .voice
        return own
    }
}
