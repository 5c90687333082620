// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERSupport

/// A clip as a recognizer reads it, from its sound to the network's input, with all that parts of a score go back to.
struct ExplainedClip {
    private let recognizer: Recognizer
    private let sound: AudioClip
    /// Where in the recording that is.
    private let part: HeardPart
    /// The features before any statistics over time, [frames, coefficients].
    private let features: FeatureMatrix
    private let batch: Batch
    let prediction: Prediction

    /// Samples that are no louder than the rounding of 16 bits are silence.
    private static let loudestSilence: Float = 1.5 / 32_768

    init(_ heard: HeardSound, for recognizer: Recognizer) throws(ExplanationError) {
        let pipeline = recognizer.pipeline
        part = heard.part
        let all = Int(saturating: pipeline.span.seconds * pipeline.extractor.sampleRate)
        guard pipeline.extractor.frames(forSamples: all) > 1 else {
            throw .oneRow(kind: type(of: pipeline.extractor).kind)
        }
        do throws(FeatureError) {
            sound = try pipeline.extractor.prepared(heard.clip)
            features = try pipeline.features(of: heard.clip)
        } catch { throw .features(error) }
        let described = pipeline.extractor.columns.count
        guard described == features.coefficients else {
            throw .features(.otherColumns(described: described, announced: features.coefficients))
        }
        guard sound.samples.contains(where: { abs($0) > Self.loudestSilence }) else { throw .silent }
        guard pipeline.extractor.frames(forSamples: sound.samples.count) > 1, features.frames > 1 else {
            throw .tooShort(seconds: sound.duration)
        }
        // Mean and deviation of the clip itself are taken as given: parts are of what deviates from them.
        self.recognizer = recognizer.standardizing(by: recognizer.standardization.adapted(toClip: features))
        do throws(FeatureError) { batch = try self.recognizer.batch(of: [features]) } catch { throw .features(error) }
        do throws(RecognitionError) {
            prediction = try self.recognizer.prediction(
                from: self.recognizer.outputs(of: batch).values(at: recognizer.outputPlace), heard: part)
        } catch {
            switch error {
            case .features(let error): throw .features(error)
            case .outputNotFinite, .otherVoice, .voiceOfAnotherNetwork: throw .notFinite
            }
        }
    }

    /// The parts of the score of `label`, less that of `contrast`.
    func explanation(
        by method: ExplanationMethod, of label: String, against contrast: String?
    ) throws(ExplanationError) -> Explanation {
        let weights = recognizer.labels.map { $0 == label ? Float(1) : $0 == contrast ? -1 : 0 }
        let score = ExplainedScore(recognizer.model, weights: weights, output: recognizer.outputPlace)
        let value = score.values(batch.values, lengths: batch.lengths)[0]
        let baselineValue = score.values(Tensor.zeros(batch.values.shape), lengths: batch.lengths)[0]
        guard value.isFinite, baselineValue.isFinite else { throw .notFinite }
        let (parts, steps) = try attribution(by: method, of: score, value: value)
        guard parts.values.allSatisfy(\.isFinite) else { throw .notFinite }
        let (frames, columns) = (features.frames, features.coefficients)
        let rows = (0..<frames).map { Array(parts.values[$0 * columns..<($0 + 1) * columns]) }
        let extractor = recognizer.pipeline.extractor
        return Explanation(
            method: method, steps: steps, prediction: prediction, label: label, contrast: contrast, score: value,
            baselineScore: baselineValue, attribution: rows.map { $0.map(Float.init) },
            times: (0..<frames).map { part.start + extractor.time(ofFrame: $0) },
            columns: extractor.columns, coefficientNames: extractor.columns.map(\.description),
            frameTotals: rows.map { $0.reduce(0, +) },
            coefficientTotals: (0..<columns).map { column in rows.reduce(0) { $0 + $1[column] } },
            completenessGap: abs(parts.values.reduce(0, +) - (value - baselineValue)),
            mel: parts.gradient.flatMap(mel), soundSeconds: sound.duration, clipSeconds: part.duration)
    }

    private func attribution(
        by method: ExplanationMethod, of score: ExplainedScore, value: Double
    ) throws(ExplanationError) -> (parts: FrameAttribution, steps: Int?) {
        switch method {
        case .gradientTimesInput:
            let gradient = score.gradients(batch.values, lengths: batch.lengths).gradients.scalars
            return (parts(of: gradient.map(Double.init)), nil)
        case .integratedGradients(let steps?):
            return (parts(of: score.meanGradient(to: batch.values, lengths: batch.lengths, steps: steps)), steps)
        case .integratedGradients(nil):
            let (gradient, steps) = score.meanGradient(to: batch.values, lengths: batch.lengths)
            return (parts(of: gradient), steps)
        case .occlusion(let seconds, let coefficients):
            let extractor = recognizer.pipeline.extractor
            let frameSeconds = extractor.time(ofFrame: 1) - extractor.time(ofFrame: 0)
            let frames = (seconds / max(frameSeconds, 1e-9)).rounded()
            let windows = Occlusion(
                frames: min(max(Int(saturating: frames, rounding: .down), 1), features.frames),
                coefficients: coefficients)
            do throws(FeatureError) {
                let values = try windows.attribution(of: features, score: value, baseline: baseline) {
                    matrices throws(FeatureError) in
                    let batch = try recognizer.batch(of: matrices)
                    return score.values(batch.values, lengths: batch.lengths)
                }
                return (FrameAttribution(values: values), nil)
            } catch { throw .features(error) }
        }
    }

    private func parts(of gradient: [Double]) -> FrameAttribution {
        FrameAttribution(
            gradient, of: features, arrangement: recognizer.pipeline.arrangement,
            standardization: recognizer.standardization)
    }

    /// What stands for a coefficient without anything to tell: its mean over the training part. Where the network reads
    /// statistics without the mean, its mean over the clip.
    private var baseline: [Float] {
        let columns = features.coefficients
        guard case .vector(let statistics) = recognizer.pipeline.arrangement else {
            return recognizer.standardization.mean.map(Float.init)
        }
        if let position = statistics.firstIndex(of: .mean) {
            return recognizer.standardization.mean[position * columns..<(position + 1) * columns].map(Float.init)
        }
        return (0..<columns).map { features.column($0).reduce(0, +) / Float(features.frames) }
    }

    private func mel(_ gradient: [Double]) -> Explanation.MelAttribution? {
        guard let projection = MelProjection(recognizer.pipeline.extractor) else { return nil }
        let columns = features.coefficients
        let rows = (0..<features.frames).map { frame in
            projection(
                gradient: Array(gradient[frame * columns..<(frame + 1) * columns]),
                deviation: (0..<columns).map {
                    Double(features[frame, $0]) - recognizer.standardization.mean[$0]
                })
        }
        return .init(values: rows.map { $0.map(Float.init) }, frequencies: projection.frequencies)
    }
}

extension Recognizer {
    /// Clips' features, before any statistics, as the network reads them.
    fileprivate func batch(of features: [FeatureMatrix]) throws(FeatureError) -> Batch {
        var matrices: [FeatureMatrix] = []
        for matrix in features {
            matrices.append(try model.fitted(try pipeline.summarized(matrix), as: pipeline.arrangement))
        }
        let examples = Examples(
            matrices, targets: matrices.map { _ in 0 }, arrangement: pipeline.arrangement,
            standardization: standardization)
        return examples.batch(Array(matrices.indices))
    }
}
