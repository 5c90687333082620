// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels
import SERSupport

/// The training part as an epoch sees it: clip by clip as it is, or changed by augmentations that are drawn anew. Only
/// what trains is ever of this type, so that no augmentation reaches what validates or tests.
struct TrainingStream: Sendable {
    private enum Source: Sendable {
        /// Standardised once.
        case unchanged(Examples)
        case augmented(Augmented)
    }

    private struct Augmented: Sendable {
        let matrices: [FeatureMatrix]
        let augmentation: [any Augmentation]
        let background: Background
        let arrangement: FeaturePipeline.Arrangement
        /// One a clip, measured before anything is changed.
        let standardizations: [Standardization]
    }

    private let source: Source
    /// For each clip, its class.
    let targets: [Int]
    /// The layout of the clips.
    let arrangement: FeaturePipeline.Arrangement

    /// The stream of a training part.
    /// - Parameters:
    ///   - matrices: One a clip, before any standardisation.
    ///   - standardizations: One a clip. A voice's numbers are of its clips as they are; where each clip has its own, they
    ///     are of the clip as it was changed.
    ///   - augmentation: What changes them, in order; nothing where it is empty.
    init(
        _ matrices: [FeatureMatrix], targets: [Int], pipeline: FeaturePipeline,
        standardizations: [Standardization], augmentation: [any Augmentation]
    ) {
        self.targets = targets
        arrangement = pipeline.arrangement
        guard !augmentation.isEmpty else {
            source = .unchanged(
                Examples(
                    matrices, targets: targets, arrangement: pipeline.arrangement, standardizations: standardizations))
            return
        }
        source = .augmented(
            Augmented(
                matrices: matrices, augmentation: augmentation,
                background: Background(mel: pipeline.extractor as? LogMel, clips: matrices),
                arrangement: pipeline.arrangement, standardizations: standardizations))
    }

    var count: Int { targets.count }

    /// For each clip, its frames as far as they can be told before anything is drawn; nil where all have as many, or
    /// where clips have no time.
    var lengths: [Int]? {
        guard case .sequence = arrangement else { return nil }
        let frames =
            switch source {
            case .unchanged(let examples): (0..<count).map { examples.frames($0) }
            case .augmented(let part):
                part.matrices.map { matrix in
                    part.augmentation.reduce(matrix.frames) { $1.frames(after: $0) }
                }
            }
        return frames.allSatisfy { $0 == frames[0] } ? nil : frames
    }

    /// The given clips side by side.
    /// - Parameters:
    ///   - repeats: For each, how often it was seen before in this epoch; nil where none was.
    ///   - key: Decides what augmentations draw, for each clip by its place in the part and its repeats.
    func batch(_ clips: [Int], repeats: [Int]? = nil, key: RandomKey) -> Batch {
        switch source {
        case .unchanged(let examples): return examples.batch(clips)
        case .augmented(let part):
            let matrices = clips.indices.map { place in
                let clip = clips[place], count = repeats?[place] ?? 0
                let first = key.derived(clip)
                var changed = AugmentedClip(
                    part.matrices[clip], background: part.background,
                    key: count == 0 ? first : first.derived("again").derived(count))
                for augmentation in part.augmentation { augmentation.apply(to: &changed) }
                changed.limitRange()
                return changed.features
            }
            let examples = Examples(
                matrices, targets: clips.map { targets[$0] }, arrangement: part.arrangement,
                standardizations: clips.map { part.standardizations[$0] })
            return examples.batch(Array(matrices.indices))
        }
    }
}
