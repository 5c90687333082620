// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERModels

extension FeaturePipeline {
    /// As much of a clip of a corpus, which may be a part of a file; times are from the clip's beginning.
    func hear(_ clip: Clip) throws(AudioError) -> HeardSound {
        guard clip.segment == nil else { return try listening.hear(try clip.sound()) }
        let heard = try hear(clip.path, truncated: clip.truncated, takesPipes: false)
        try clip.requireSameFile()
        return heard
    }

    /// What tells apart extractions: clips' matrices before any statistics depend on this alone.
    /// - Throws: ``TrainingError/setting(_:)`` where the settings cannot be written: no two of them can be told apart.
    var extractionKey: String {
        get throws(TrainingError) {
            do {
                let type = String(reflecting: type(of: extractor))
                return
                    "\(type) \(try MetadataPart.text(extractor)) \(try MetadataPart.text(span)) \(window) \(trimming.map { "\($0)" } ?? "")"
            } catch {
                throw .setting(
                    "the settings of \(type(of: extractor)) cannot be written: \(MetadataPart.reason(error)). Features "
                        + "are kept and saved by their settings, so all of them must be Codable.")
            }
        }
    }
}
