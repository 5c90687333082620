// SPDX-License-Identifier: Apache-2.0

import SERAudio

/// A sound file that was read though something is wrong with it.
public struct RemarkedFile: Sendable, Hashable, Codable {
    /// The file's path.
    public let path: String
    /// What is to be known of it.
    public let remark: AudioRemark
}

extension CorpusProblem {
    /// What is to be known of the files of some clips: one problem for each kind of remark, with all files that have it.
    static func remarks(on clips: [Clip]) -> [CorpusProblem] {
        var known = Set<RemarkedFile>(), kinds: [String: [RemarkedFile]] = [:]
        for clip in clips {
            for remark in clip.remarks {
                // Several clips may be parts of one file.
                let file = RemarkedFile(path: clip.path.path, remark: remark)
                if known.insert(file).inserted { kinds[remark.heading, default: []].append(file) }
            }
        }
        return kinds.sorted { $0.key < $1.key }.map { .remarked($0.value) }
    }
}
