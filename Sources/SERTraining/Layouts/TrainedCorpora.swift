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
