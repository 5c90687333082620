// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTraining

/// What figures are measured on.
extension Benchmark {
    /// A batch of noise in the shape that a network reads.
    static func example(_ architecture: Architecture, batch: Int, frames: Int) -> Tensor {
        let input = architecture.input(coefficients: coefficients, frames: frames)
        return Tensor.normal(
            [batch] + input.dimensions.map { $0.length ?? frames }, key: key.derived("example"))
    }

    /// Clips of noise as long as those of TESS, 1.25 to 2.98 s: 54 to 129 frames.
    static func examples(_ architecture: Architecture, count: Int, seed: Int) -> Examples {
        let key = key.derived("clips").derived(seed)
        var generator = key.generator
        let matrices = (0..<count).map { clip in
            let frames =
                switch architecture {
                case .ann, .linearSVM, .logisticRegression: 1
                case .cnn: 130
                case .lstm, .gru, .rnn, .serNet: 54 + generator.draw(below: 76)
                }
            let values = Tensor.uniform([frames, coefficients], low: -2, high: 2, key: key.derived(clip)).scalars
            return FeatureMatrix(frames: frames, coefficients: coefficients, values: values)
        }
        let arrangement: FeaturePipeline.Arrangement =
            switch architecture {
            case .ann, .linearSVM, .logisticRegression: .vector([.mean])
            case .cnn: .image
            case .lstm, .gru, .rnn, .serNet: .sequence
            }
        return Examples(
            matrices, targets: (0..<count).map { $0 % classes }, arrangement: arrangement,
            standardization: Standardization(fitting: matrices))
    }

    /// 200 clips of 2 s at the rate of TESS.
    static var noise: [AudioClip] {
        (0..<200).map { index in
            let samples = Tensor.uniform([48_828], low: -0.5, high: 0.5, key: key.derived("clip").derived(index))
            return AudioClip(samples: samples.scalars, sampleRate: 24_414)
        }
    }

    static func clips(in folder: URL) throws -> [AudioClip] {
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let files = names.filter { $0.lowercased().hasSuffix(".wav") }.sorted()
        guard !files.isEmpty else { throw CorpusError.noAudio(folder, files: names.count) }
        return try files.map { try AudioFile.read(at: folder.appendingPathComponent($0)) }
    }
}
