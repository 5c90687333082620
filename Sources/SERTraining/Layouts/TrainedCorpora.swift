// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels

/// The known corpora that a model's file says it was trained on, whatever the folder was called that they lay in.
struct TrainedCorpora {
    private let layouts: [any CorpusLayout]
    /// The names that were said, one by one.
    private let names: Set<String>

    init(_ provenance: Provenance) { self.init(said: provenance.corpora ?? "") }

    /// - Parameter said: What a file says of corpora: names with `; ` or ` + ` between them, or sentences that hold them.
    init(said: String) {
        names = Set(said.components(separatedBy: "; ").flatMap { $0.components(separatedBy: " + ") })
        let known: [any CorpusLayout] = [CREMADLayout(), EMODBLayout(), RAVDESSLayout(), SAVEELayout()]
        layouts = known.filter { said.contains($0.name) }
    }

    /// Those that some clips are of, as their corpus says or the names of their files, with the number of such clips.
    func found(among clips: [Clip]) -> [(corpus: String, clips: Int)] {
        let others = names.subtracting(layouts.map(\.name)).sorted().compactMap { name in
            let count = clips.count { $0.corpus == name }
            return count > 0 ? (name, count) : nil
        }
        let known: [(corpus: String, clips: Int)] = layouts.compactMap { layout in
            let count = clips.count { clip in
                let file = FolderWalk.File(url: clip.path, relativePath: clip.path.lastPathComponent, obstacle: nil)
                return clip.corpus == layout.name || layout.read(file) != .unknown
            }
            return count > 0 ? (layout.name, count) : nil
        }
        return others + known
    }
}

extension HeardClips {
    /// That a model has heard some clips, or others of their speakers, in a sentence that begins behind the model's name; nil
    /// where it has heard neither.
    /// - Parameters:
    ///   - tested: The clips that are tested.
    ///   - corpus: All clips of their speakers that are known.
    func told(_ tested: [Clip], of corpus: Corpus) -> String? {
        func isHeard(_ clip: Clip) -> Bool { clip.content.map { contains($0.low) } ?? false }
        let speakers = Set(corpus.clips.filter(isHeard).compactMap { $0.identity(by: .speaker) })
        let clips = tested.count(where: isHeard)
        let voices = tested.count { clip in
            isHeard(clip) || clip.identity(by: .speaker).map(speakers.contains) ?? false
        }
        guard voices > 0 else { return nil }
        let others = voices > clips ? ", and of \(voices - clips) more on other clips of their speakers" : ""
        return
            "was trained on \(clips) of the \(tested.count) clips that are tested\(others): the result says nothing about "
            + "voices never heard."
    }
}
