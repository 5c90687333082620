// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERModels
import SERSupport

/// A clip and the part of it that was heard.
public struct HeardClip: Codable, Sendable, Equatable {
    /// The clip's path below the folder that all clips lie in.
    public var clip: String
    /// The part.
    public var part: HeardPart
}

extension [HeardClip] {
    /// In one sentence, how many of some clips are longer than a model hears; nil where none is.
    package func text(of clips: Int) -> String? {
        guard let first else { return nil }
        let seconds = (first.part.end - first.part.start).fixed(2)
        return "\(count) of \(clips) clips are longer than the \(seconds) s that the model hears of a clip; "
            + "the rest of them had no part in this"
    }
}

extension FeatureStore {
    /// Those of some clips of a corpus of which something was heard, with the part.
    func heard(
        _ clips: [Clip], of corpus: Corpus, pipeline: FeaturePipeline
    ) throws(TrainingError) -> [HeardClip] {
        let root = commonFolder(of: corpus.clips.map(\.path.path))
        return zip(clips, try heardParts(of: clips, pipeline: pipeline)).compactMap { clip, part in
            part.map { HeardClip(clip: clip.name(below: root), part: $0) }
        }
    }
}
