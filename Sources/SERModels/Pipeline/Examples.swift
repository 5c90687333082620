// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore

/// Clips as a network reads them, standardised, with the class of each.
package struct Examples: Sendable {
    package let arrangement: FeaturePipeline.Arrangement
    /// For each clip, its values: [frames, coefficients], for images [coefficients, frames].
    package let values: [Tensor]
    /// For each clip, its class.
    package let targets: [Int]

    package var count: Int { values.count }

    package init(
        _ matrices: [FeatureMatrix], targets: [Int], arrangement: FeaturePipeline.Arrangement,
        standardization: Standardization
    ) {
        self.init(
            matrices, targets: targets, arrangement: arrangement,
            standardizations: matrices.map { _ in standardization })
    }

    /// - Parameter standardizations: One a clip.
    package init(
        _ matrices: [FeatureMatrix], targets: [Int], arrangement: FeaturePipeline.Arrangement,
        standardizations: [Standardization]
    ) {
        self.arrangement = arrangement
        self.targets = targets
        values = zip(matrices, standardizations).map { matrix, standardization in
            let standardized = standardization.apply(to: matrix)
            let tensor = Tensor(standardized.values, shape: [matrix.frames, matrix.coefficients])
            if case .image = arrangement { return tensor.transposed() }
            return tensor
        }
    }

    /// How many frames a clip has.
    package func frames(_ clip: Int) -> Int {
        if case .image = arrangement { return values[clip].shape[1] }
        return values[clip].shape[0]
    }

    /// For each clip its frames, where clips are sequences; nil where they have no time or always the same.
    package var lengths: [Int]? {
        guard case .sequence = arrangement else { return nil }
        return (0..<count).map { frames($0) }
    }

    /// The given clips side by side, sequences padded with zeros to the longest.
    package func batch(_ clips: [Int]) -> Batch {
        let targets = clips.map { self.targets[$0] }
        guard let first = clips.first else { return Batch(values: .zeros([0]), lengths: nil, targets: []) }
        let shape = values[first].shape
        switch arrangement {
        case .vector: return Batch(values: padded(clips, to: shape[1], [shape[1]]), lengths: nil, targets: targets)
        case .image:
            return Batch(values: padded(clips, to: shape[0] * shape[1], [1] + shape), lengths: nil, targets: targets)
        case .sequence:
            let lengths = clips.map { frames($0) }
            let longest = lengths.max() ?? 0
            return Batch(
                values: padded(clips, to: longest * shape[1], [longest, shape[1]]), lengths: lengths, targets: targets)
        }
    }

    private func padded(_ clips: [Int], to stride: Int, _ shape: [Int]) -> Tensor {
        Tensor(shape: [clips.count] + shape) { out in
            for (row, clip) in clips.enumerated() {
                let count = values[clip].count
                let start = out + row * stride
                values[clip].withPointer { start.update(from: $0, count: count) }
                (start + count).update(repeating: 0, count: stride - count)
            }
        }
    }
}

/// Some clips as a network reads them at once.
package struct Batch: Sendable {
    /// [batch, ...]
    package let values: Tensor
    /// Frames of each clip, where clips differ.
    package let lengths: [Int]?
    /// The class of each clip.
    package let targets: [Int]

    package init(values: Tensor, lengths: [Int]?, targets: [Int]) {
        self.values = values
        self.lengths = lengths
        self.targets = targets
    }
}
