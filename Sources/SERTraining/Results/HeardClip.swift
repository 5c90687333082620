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
    /// - Parameters:
    ///   - clips: How many there are.
    ///   - listener: Who hears them, such as `the model`, or several names.
    package func text(of clips: Int, by listener: String = "the model", several: Bool = false) -> String? {
        guard let first else { return nil }
        let seconds = (first.part.end - first.part.start).fixed(2)
        return "\(count) of \(counted(clips, "clip")) \(count == 1 ? "is" : "are") longer than the \(seconds) s that "
            + "\(listener) \(several ? "hear" : "hears") of a clip; the rest of \(count == 1 ? "it" : "them") had no part in "
            + "this"
    }
}

extension ExperimentResults {
    /// Notes which clips a network heard in part.
    mutating func hear(_ tested: TestedRun) {
        let network = tested.run.network
        if network == networks.first { partlyHeard = partlyHeard.adding(tested.partlyHeard) }
        guard networks.count > 1, Set(candidates.map(\.duration)).count > 1 else { return }
        let before = partlyHeardBy ?? [:]
        partlyHeardBy = before.merging([network: (before[network] ?? []).adding(tested.partlyHeard)]) { $1 }
    }

    /// How many clips are longer than each network hears, in sentences; those that hear the same stand in one.
    package var partlyHeardTexts: [String] {
        guard let partlyHeardBy else {
            return [partlyHeard.text(of: clipCount, by: networks.count > 1 ? "every model" : "the model")].compactMap {
                $0
            }
        }
        var told: [(names: [String], clips: [HeardClip])] = []
        for name in networks {
            guard let clips = partlyHeardBy[name], !clips.isEmpty else { continue }
            if let same = told.firstIndex(where: { $0.clips == clips }) {
                told[same].names.append(name.uppercased())
            } else {
                told.append(([name.uppercased()], clips))
            }
        }
        return told.compactMap { names, clips in
            clips.text(of: clipCount, by: names.joined(separator: ", "), several: names.count > 1)
        }
    }
}

extension [HeardClip] {
    /// With further clips, in an order that does not depend on which run ended first.
    fileprivate func adding(_ clips: [HeardClip]) -> [HeardClip] {
        let known = Set(map(\.clip))
        return (self + clips.filter { !known.contains($0.clip) }).sorted { $0.clip < $1.clip }
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
