// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// A recognizer of three classes around random weights.
private func recognizer(calibration: TemperatureScaling? = nil) throws -> Recognizer {
    let model = try Model(input: [13], seed: 3) {
        Dense(8); ReLU(); Dense(3)
    }
    let numbers = ["mean": [Double](repeating: 0, count: 13), "standardDeviation": [Double](repeating: 20, count: 13)]
    return try Recognizer(
        model: model,
        pipeline: try FeaturePipeline(for: [13], extractor: MFCC(.librosa, coefficients: 13), seconds: 1),
        standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
        labels: ["a", "b", "c"], calibration: calibration)
}

private let noise = AudioClip(
    samples: Tensor.uniform([11_025], low: -0.5, high: 0.5, key: RandomKey(seed: 8)).scalars, sampleRate: 22_050)

/// Files of tones of two pitches; every fifth has the label of the other.
private struct MislabelledTones {
    let folder: TemporaryFolder
    let split: DataSplit

    init() throws {
        folder = try TemporaryFolder()
        for index in 0..<100 {
            let isLow = index % 2 == 0, isMislabelled = index % 5 == 0
            let samples = (0..<(2000 + index * 7)).map {
                Float(0.3 * sin(2 * .pi * (isLow ? 200.0 : 900) * Double($0) / 8000))
            }
            let file = try folder.makeFolder(of: "\(isLow != isMislabelled ? "low" : "high")/clip\(index).wav")
            try AudioFile.write(AudioClip(samples: samples, sampleRate: 8000), to: file)
        }
        split = try Corpus.folders(at: folder.url).split(.stratified(train: 0.5, validation: 0.4, test: 0.1), seed: 1)
    }
}

@Suite struct CalibrationTests {
    @Test func temperaturesAgreeWithSciPy() throws {
        let cases = try InferenceFixture().temperatures
        #expect(cases.count == 3)
        for expected in cases {
            let fit = try #require(try TemperatureScaling.fitted(logits: expected.logits, targets: expected.targets))
            #expect(abs(fit.temperature / expected.temperature - 1) < 1e-5, "\(expected.name): \(fit)")
            let labels = ["a", "b", "c", "d", "e"]
            let raw = try Evaluation(logits: expected.logits, targets: expected.targets, labels: labels)
            let scaled = try raw.scaled(by: fit.temperature)
            #expect(abs(raw.metrics.loss - expected.before) < 1e-9)
            #expect(abs(scaled.metrics.loss - expected.after) < 1e-9)
            let comparison = try CalibrationComparison(scaled)
            #expect(comparison.before == raw.metrics && comparison.after == scaled.metrics)
            if expected.name != "nearly calibrated" {
                #expect(scaled.metrics.expectedCalibrationError < raw.metrics.expectedCalibrationError)
            }
        }
    }

    @Test func noTemperatureChangesAPrediction() throws {
        var logits = try randomEvaluation(clips: 400, classes: 5, key: RandomKey(seed: 1)).logits
        // As close as 32 bits allow, and ties.
        for clip in 0..<200 { logits[clip][3] = (logits[clip].max() ?? 0).nextUp }
        for clip in 200..<300 { logits[clip][4] = logits[clip].max() ?? 0 }
        let targets = [Int](repeating: 0, count: 400), labels = ["a", "b", "c", "d", "e"]
        let raw = try Evaluation(logits: logits, targets: targets, labels: labels)
        for temperature in [0.05, 0.7, 1.3, 20] {
            let scaled = try raw.scaled(by: temperature)
            #expect(scaled.predictions == raw.predictions)
            #expect(scaled.metrics.confusion == raw.metrics.confusion)
        }
        let order = try recognizer().recognize(noise)
        for temperature in [0.05, 3, 20] {
            let calibrated = try recognizer(calibration: TemperatureScaling(temperature: temperature)).recognize(noise)
            #expect(calibrated.entries.map(\.label) == order.entries.map(\.label))
            #expect((calibrated.confidence > order.confidence) == (temperature < 1))
            #expect(abs(calibrated.entries.map(\.probability).reduce(0, +) - 1) < 1e-5)
        }
    }

    @Test func whatDeterminesNoTemperatureGetsNone() throws {
        func fit(_ logits: [[Float]], _ targets: [Int]) throws -> TemperatureScaling? {
            try TemperatureScaling.fitted(logits: logits, targets: targets)
        }
        #expect(try fit([], []) == nil)
        #expect(try fit([[2, 0], [0, 1]], [0, 1]) == nil)  // all right
        #expect(try fit([[2, 0], [0, 1]], [1, 0]) == nil)  // all wrong
        #expect(try fit([[1, 1], [0, 0]], [1, 0]) == nil)  // scores that say nothing
        let sound: [[Float]] = [[2, 0], [2, 0], [2, 0], [0, 2]]
        let expected = try #require(try fit(sound, [0, 0, 1, 1]))
        for broken in [Float.nan, .infinity, -.infinity] {
            #expect(throws: EvaluationError.notFinite(row: 4)) { try fit(sound + [[broken, 0]], [0, 0, 1, 1, 0]) }
        }
        #expect(abs(1 / expected.temperature - log(3) / 2) < 1e-9)  // three of four right: softmax is to say 0.75
        // Large logits overflow nothing.
        let large = try #require(try fit(sound.map { $0.map { $0 * 15 + 1e6 } }, [0, 0, 1, 1]))
        #expect(abs(large.temperature / (15 * expected.temperature) - 1) < 1e-6)
        #expect(throws: EvaluationError.countsDiffer(targets: 2, predictions: 1)) { try fit([[0, 1]], [0, 1]) }
        #expect(throws: EvaluationError.classOutOfRange(2, position: 0, classes: 2)) { try fit([[0, 1]], [2]) }
        #expect(throws: EvaluationError.scoresDiffer(row: 1, scores: 1, classes: 2)) {
            try fit([[0, 1], [0]], [0, 0])
        }
        for bad in [0, -1, 1000, Double.nan] {
            #expect(throws: CalibrationError.self) { try TemperatureScaling(temperature: bad) }
        }
        #expect(throws: EvaluationError.self) {
            try Evaluation(logits: [[0, 1]], targets: [0], labels: ["a", "b"], temperature: 0)
        }
    }

    @Test func theModelFileKeepsTheTemperature() throws {
        let folder = try TemporaryFolder()
        let calibrated = try recognizer(calibration: TemperatureScaling(temperature: 1.0 / 3))
        try calibrated.save(to: folder.path("calibrated"))
        let copy = try Recognizer(contentsOf: folder.path("calibrated"))
        #expect(copy.calibration == calibrated.calibration)
        #expect(try copy.recognize(noise) == calibrated.recognize(noise))
        try recognizer().save(to: folder.path("plain"))
        #expect(try Recognizer(contentsOf: folder.path("plain")).calibration == nil)
        let plain = try Data(contentsOf: folder.path("plain"))
        #expect(plain.range(of: Data("ser.calibration".utf8)) == nil)
        // The number in the file replaced by one of the same length that cannot be.
        var bytes = try Data(contentsOf: folder.path("calibrated"))
        let place = try #require(bytes.range(of: Data("0.333333333".utf8)))
        bytes.replaceSubrange(place, with: Data("-33333333.3".utf8))
        try bytes.write(to: folder.path("damaged"))
        let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: folder.path("damaged")) }
        #expect(error?.description.contains("ser.calibration") == true)
    }

    @Test func trainersCalibrateOnTheValidationPartWhenAsked() throws {
        let tones = try MislabelledTones()
        var trainer = Trainer(
            features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: 15, batchSize: 10,
            optimizer: .adam(learningRate: 0.02), seed: 1)
        let network = try Model(input: [13], seed: 1) {
            Dense(16); ReLU(); Dense(2)
        }
        let plain = try trainer.fit(network, on: tones.split, observe: { _ in })
        #expect(plain.recognizer.calibration == nil && plain.recognizer.provenance.calibration == nil)
        trainer.calibrates = true
        let calibrated = try trainer.fit(network, on: tones.split, observe: { _ in })
        let raw = try plain.evaluate(tones.split.validation)
        let expected = try #require(try TemperatureScaling.fitted(logits: raw.logits, targets: raw.targets))
        #expect(calibrated.recognizer.calibration == expected)
        #expect(calibrated.recognizer.provenance.calibration?.clips == 40)
        let validation = try calibrated.evaluate(tones.split.validation)
        #expect(validation.predictions == raw.predictions && validation.logits == raw.logits)
        #expect(validation.metrics.loss < raw.metrics.loss)
        var later = plain.recognizer
        #expect(try later.calibrate(on: tones.split.validation))
        #expect(later.calibration == expected)
        #expect(throws: TrainingError.self) { try later.calibrate(on: tones.split.train) }
        let nothing = Partition(.test, of: Corpus(name: "none", clips: []))
        #expect(throws: TrainingError.self) { try later.calibrate(on: nothing) }
    }
}

@Suite struct CalibrationExcessTests {
    /// A model of two classes that is right as often as `accuracy` says, whatever it claims.
    private func model(
        clips: Int, confidence: ClosedRange<Float>, accuracy: (Float) -> Float, key: RandomKey
    ) throws -> Evaluation {
        let draws = Tensor.uniform([2, clips], low: 0, high: 1, key: key).scalars
        let width = confidence.upperBound - confidence.lowerBound
        let confidences = draws.prefix(clips).map { confidence.lowerBound + $0 * width }
        return try Evaluation(
            logits: confidences.map { [log($0), log(1 - $0)] },
            targets: confidences.indices.map { draws[clips + $0] < accuracy(confidences[$0]) ? 0 : 1 },
            labels: ["a", "b"])
    }

    @Test func theErrorByChanceIsThatOfABinomialDistribution() throws {
        let evaluation = try model(clips: 10, confidence: 0.8...0.8, accuracy: { $0 }, key: RandomKey(seed: 1))
        let excess = try evaluation.calibrationExcess(bootstrap: Bootstrap(resamples: 20_000))
        // Mean absolute deviation of 10 throws at 0.8 (de Moivre): 2 * 9 * C(10, 9) * 0.8^9 * 0.2^2, over 10.
        #expect(abs(excess.perfectlyCalibrated - 18 * 10 * 0.134217728 * 0.04 / 10) < 0.003)
        #expect(excess.expectedCalibrationError == evaluation.metrics.expectedCalibrationError)
    }

    @Test func calibratedModelsHaveNoExcessAndOthersTheirs() throws {
        var holds = 0
        for trial in 0..<60 {
            let key = RandomKey(seed: 2).derived(trial)
            let excess = try model(clips: 200, confidence: 0.5...1, accuracy: { $0 }, key: key)
                .calibrationExcess(bootstrap: Bootstrap(resamples: 300, seed: UInt64(trial)))
            let interval = try #require(excess.interval)
            if interval.lower <= 0, interval.upper >= 0 { holds += 1 }
        }
        #expect(holds >= 52, "\(holds) of 60")
        let overconfident = try model(clips: 800, confidence: 0.7...1, accuracy: { $0 - 0.2 }, key: RandomKey(seed: 3))
            .calibrationExcess()
        #expect(abs(overconfident.value - 0.2) < 0.06)
        #expect(overconfident.interval?.lower ?? 0 > 0.1 && overconfident.unit == .clips)
    }
}

@Suite struct RefusalTests {
    @Test func areasUnderTheCurveAreTheMeanRisks() throws {
        let cases = try InferenceFixture().riskCoverage
        #expect(cases.map(\.name) == ["distinct", "tied"])
        for expected in cases {
            let curve = try RiskCoverageCurve(confidences: expected.confidences, correct: expected.correct)
            #expect(abs(curve.area - expected.area) < 1e-12, "\(expected.name): \(curve.area)")
            #expect(curve.points.count == Set(expected.confidences).count)
            for point in curve.points {
                let answered = expected.confidences.indices.filter { expected.confidences[$0] >= point.confidence }
                #expect(point.answered == answered.count)
                #expect(point.errors == answered.count { !expected.correct[$0] })
            }
            let reversed = try RiskCoverageCurve(
                confidences: expected.confidences.reversed(), correct: expected.correct.reversed())
            #expect(reversed == curve)
        }
    }

    @Test func thresholdsAndCoveragesFindTheirPoint() throws {
        let curve = try RiskCoverageCurve(
            confidences: [0.9, 0.5, 0.8, 0.8, 0.3], correct: [true, false, true, false, false])
        #expect(curve.point(coverage: 1)?.risk == 0.6)
        #expect(curve.point(coverage: 0.6)?.answered == 3)
        #expect(curve.point(coverage: 0.4)?.confidence == 0.8)  // clips of one confidence come together
        #expect(curve.point(coverage: 1.1) == nil)
        #expect(curve.point(unsureBelow: 0.8)?.coverage == 0.6)
        #expect(curve.point(unsureBelow: 0.85)?.risk == 0)
        #expect(curve.point(unsureBelow: 0.95) == nil)
        #expect(throws: EvaluationError.empty) { try RiskCoverageCurve(confidences: [], correct: []) }
        #expect(throws: EvaluationError.countsDiffer(targets: 0, predictions: 1)) {
            try RiskCoverageCurve(confidences: [1], correct: [])
        }
    }

    /// Of three clips, one point is that of several fractions.
    @Test func noRowOfTheTableStandsTwice() throws {
        let curve = try RiskCoverageCurve(confidences: [0.9, 0.8, 0.3], correct: [true, false, true])
        let rows = curve.table().split(separator: "\n").dropFirst().map(String.init)
        #expect(rows.count == 2 && rows[0].contains("100.0 %") && rows[1].contains("66.7 %"), "\(rows)")
    }

    @Test func evaluationAndPredictionRefuseTheSame() throws {
        let prediction = try recognizer().recognize(noise)
        #expect(prediction.label(unsureBelow: prediction.confidence) == prediction.label)
        #expect(prediction.label(unsureBelow: prediction.confidence.nextUp) == nil)
        #expect(prediction.label(unsureBelow: 0) == prediction.label)
        let evaluation = try randomEvaluation(clips: 200, classes: 4, key: RandomKey(seed: 4))
        let answered = evaluation.probabilities.count { ($0.max() ?? 0) >= 0.6 }
        let point = try #require(evaluation.riskCoverage.point(unsureBelow: 0.6))
        #expect(point.answered == answered)
        #expect(point.risk < evaluation.riskCoverage.point(coverage: 1)?.risk ?? 0)
    }

    @Test func reliabilityBinsHoldWhatTheySay() throws {
        let diagram = try ReliabilityDiagram(
            confidences: [0.1, 0.25, 0.3, 1, 0.95], correct: [true, false, true, true, false])
        #expect(diagram.bins.map(\.count) == [1, 0, 2, 0, 0, 0, 0, 0, 0, 2])
        #expect(diagram.bins[2].accuracy == 0.5 && diagram.bins[1].accuracy == nil)
        #expect(abs(diagram.expectedCalibrationError - (0.9 + 0.45 + 0.95) / 5) < 1e-12)
        #expect(abs(diagram.maximumCalibrationError - 0.9) < 1e-12)
        #expect(throws: EvaluationError.empty) { try ReliabilityDiagram(confidences: [], correct: []) }
    }
}
