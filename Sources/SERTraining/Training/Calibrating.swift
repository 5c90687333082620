// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels
import SERSupport

extension Recognizer {
    /// Fits `calibration` to clips with known emotions that the network was not trained on.
    ///
    /// - Returns: Whether the clips determine a temperature; if not, confidences stay as the network gives them.
    /// - Throws: ``TrainingError`` when the labels differ, no clip can be used, or the clips are to be trained on.
    @discardableResult
    public mutating func calibrate(
        on part: Partition, store: FeatureStore = FeatureStore()
    ) throws(TrainingError) -> Bool {
        guard part.role != .training else {
            throw .setting("confidences are calibrated on clips that were not trained on, not on the training part")
        }
        let evaluation = try evaluate(part, store: store)
        return try calibrate(evaluation.logits, evaluation.targets)
    }

    /// Fits `calibration` to examples, whose speakers are told where the network normalises by speaker.
    mutating func calibrate(on examples: Examples, by speakers: ClipSpeakers?) throws(TrainingError) {
        let states = speakers.map { SpeakerStates(of: model, hearing: examples, by: $0) }
        try calibrate(model.logits(of: examples, output: outputPlace, speakers: states).rows, examples.targets)
    }

    @discardableResult
    private mutating func calibrate(_ logits: [[Float]], _ targets: [Int]) throws(TrainingError) -> Bool {
        do throws(EvaluationError) {
            calibration = try TemperatureScaling.fitted(logits: logits, targets: targets)
        } catch { throw .evaluation(error) }
        provenance.calibration = .init(temperature: calibration?.temperature, clips: targets.count)
        return calibration != nil
    }
}
