// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import Testing

/// Attributions of PyTorch on weights and inputs that follow from a formula; Fixtures/explanations.py.
private struct ExplanationFixture: Decodable {
    struct Network: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let score, baseline: Double
        let gradientTimesInput, integratedGradients: [Double]
        var testDescription: String { name }
    }

    let frames, coefficients, target, steps: Int
    let networks: [Network]

    static let shared: Result<ExplanationFixture, any Error> = Result {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("Fixtures/explanations.json")
        return try JSONDecoder().decode(ExplanationFixture.self, from: Data(contentsOf: file))
    }

    /// The same numbers as the script's `pattern`.
    static func pattern(_ count: Int, _ phase: Double) -> [Double] {
        (0..<count).map { index in
            let value = (sin(Double(index) * 12.9898 + phase * 78.233) * 43758.5453)
                .truncatingRemainder(dividingBy: 2)
            return (value < 0 ? value + 2 : value) - 1
        }
    }
}

/// A recognizer around a network, whose features are standardised by means and deviations that are no round numbers.
private func recognizer(
    _ input: Shape, extractor: any FeatureExtractor = MFCC(.librosa, coefficients: 8), seconds: Double = 1,
    statistics: Int = 1, seed: UInt64 = 3, @NetworkBuilder _ network: () -> Block
) throws -> Recognizer {
    let columns = extractor.coefficients * statistics
    let means = (0..<columns).map { $0 == 0 ? -300.0 : Double($0 % 5) - 1.5 }
    let deviations = (0..<columns).map { 20 + Double($0) }
    let numbers = ["mean": means, "standardDeviation": deviations]
    let model = try Model(input: input, seed: seed, network)
    return try Recognizer(
        model: model, pipeline: try FeaturePipeline(for: input, extractor: extractor, seconds: seconds),
        standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
        labels: ["a", "b", "c"])
}

private func noise(seconds: Double, seed: UInt64 = 8) -> AudioClip {
    let count = Int(22_050 * seconds)
    var samples = Tensor.uniform([count], low: -0.5, high: 0.5, key: RandomKey(seed: seed)).scalars
    for index in samples.indices { samples[index] *= Float(1 + sin(Double(index) / 3000)) }
    return AudioClip(samples: samples, sampleRate: 22_050)
}

private func expectEqual(
    _ a: [[Float]], _ b: [[Float]], within tolerance: Float = 1e-4, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(a.map(\.count) == b.map(\.count), sourceLocation: sourceLocation)
    let most = b.joined().reduce(0) { max($0, abs($1)) }
    let worst = zip(a.joined(), b.joined()).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(worst <= tolerance * most, "\(what): off by \(worst), largest \(most)", sourceLocation: sourceLocation)
}

extension Recognizer {
    /// The recognizer with other weights at a path.
    fileprivate func replacing(_ path: String, by tensor: Tensor) throws -> Recognizer {
        var model = model
        model.parameters[path] = tensor
        return try Recognizer(model: model, pipeline: pipeline, standardization: standardization, labels: labels)
    }
}

@Suite struct ExplanationTests {
    @Test(arguments: try ExplanationFixture.shared.get().networks)
    private func attributionsAgreeWithPyTorch(_ expected: ExplanationFixture.Network) throws {
        let fixture = try ExplanationFixture.shared.get()
        let architecture = try #require(Architecture(rawValue: expected.name))
        var model = try architecture.model(classes: 7, coefficients: fixture.coefficients, frames: fixture.frames)
        // PyTorch's order: what is learned and what is carried, as the layers follow each other; its count of batches,
        // which stands between them, is passed over.
        var number = 0
        for name in Self.torchOrder(of: model) {
            number += 1
            if name.hasSuffix("num_batches_tracked") { continue }
            let isState = model.state.contains(name)
            let shape = isState ? model.state[name].shape : model.parameters[name].shape
            var values = ExplanationFixture.pattern(shape.reduce(1, *), Double(number))
            if name.hasSuffix("running_var") {
                values = values.map { 1 + 0.5 * $0 }
            } else if shape.count > 1 {
                let scale = (3 / (Double(values.count) / Double(shape[0]))).squareRoot()
                values = values.map { $0 * scale }
            } else {
                values = values.map { 0.2 * $0 + (name.contains("weight") && !name.contains("rnn") ? 1 : 0) }
            }
            let tensor = Tensor(values.map(Float.init), shape: shape)
            if isState { model.state[name] = tensor } else { model.parameters[name] = tensor }
        }
        let shape = architecture.input(coefficients: fixture.coefficients, frames: fixture.frames).dimensions
            .map { $0.length ?? fixture.frames }
        let x = Tensor(
            ExplanationFixture.pattern(shape.reduce(1, *), 0.5).map { Float(1.5 * $0) }, shape: [1] + shape)
        let score = ExplainedScore(model, weights: (0..<7).map { $0 == fixture.target ? 1 : 0 })
        #expect(abs(score.values(x, lengths: nil)[0] - expected.score) < 1e-4)
        #expect(abs(score.values(.zeros(x.shape), lengths: nil)[0] - expected.baseline) < 1e-4)
        let gradient = score.gradients(x, lengths: nil).gradients.scalars.map(Double.init)
        let mean = score.meanGradient(to: x, lengths: nil, steps: fixture.steps)
        for (found, expected, name) in [
            (gradient, expected.gradientTimesInput, "gradient x input"),
            (mean, expected.integratedGradients, "integrated gradients"),
        ] {
            let parts = zip(found, x.scalars).map { $0 * Double($1) }
            #expect(parts.count == expected.count)
            let error = zip(parts, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
            let norm = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(error <= 1e-4 * norm + 1e-6, "\(name): \(error) of \(norm)")
        }
    }

    /// The order of a PyTorch state_dict.
    private static func torchOrder(of model: Model) -> [String] {
        model.graph.nodes.flatMap { node -> [String] in
            let prefix = node.path + "."
            let learned = model.parameters.paths.filter { $0.hasPrefix(prefix) }
            let carried = model.state.paths.filter { $0.hasPrefix(prefix) }
            return learned + carried + (carried.isEmpty ? [] : [prefix + "num_batches_tracked"])
        }
    }

    /// For a linear network all methods say the same, and their parts add up.
    @Test(arguments: ["vector", "image", "sequence"])
    func methodsAgreeOnALinearNetwork(_ kind: String) throws {
        let linear =
            switch kind {
            case "vector": try recognizer([8]) { Dense(3) }
            case "image":
                try recognizer([1, 8, 44]) {
                    Flatten(); Dense(3)
                }
            default:
                try recognizer([.time, 8]) {
                    GlobalAveragePool(); Dense(3)
                }
            }
        let clip = noise(seconds: 0.8)
        let methods: [ExplanationMethod] = [
            .gradientTimesInput, .integratedGradients(steps: 3), .integratedGradients(),
            .occlusion(seconds: 0.01, coefficients: 1),
        ]
        let explanations = try methods.map { try linear.explain(clip, by: $0, label: "b") }
        for explanation in explanations {
            expectEqual(explanation.attribution, explanations[0].attribution, within: 2e-3, "\(explanation.method)")
            #expect(explanation.completenessGap < 1e-3 * abs(explanation.score - explanation.baselineScore) + 1e-4)
            #expect(explanation.label == "b" && explanation.contrast == nil)
            #expect(explanation.attribution.count == (kind == "image" ? 44 : 35))
        }
        #expect(explanations[2].steps == 64 && explanations[1].steps == 3 && explanations[3].steps == nil)
        // The parts are coefficient times deviation: for the mean over frames, the weight's own.
        if kind == "vector" {
            let weight = linear.model.parameters["dense1.weight"].scalars
            let features = try linear.pipeline.extractor.extract(clip)
            let scale = linear.standardization.standardDeviation.map { 1 / ($0 + 1e-8) }
            for frame in [0, 17, 34] {
                let expected = (0..<8).map { column in
                    let deviation = Double(features[frame, column]) - linear.standardization.mean[column]
                    return Float(Double(weight[8 + column]) * deviation * scale[column] / 35)
                }
                expectEqual([explanations[0].attribution[frame]], [expected], "frame \(frame)")
            }
        }
    }

    @Test(arguments: ["ann", "cnn", "lstm", "gru", "statistics", "composed"])
    func integratedGradientsAddUp(_ kind: String) throws {
        let recognizer = try nonlinear(kind)
        let explanation = try recognizer.explain(noise(seconds: 0.7), label: "c")
        let change = explanation.score - explanation.baselineScore
        let sum = explanation.attribution.joined().reduce(0.0) { $0 + Double($1) }
        #expect(abs(sum - change) <= max(0.005 * abs(change), 0.005) + 1e-4, "\(sum) for \(change)")
        #expect(explanation.completenessGap <= max(0.005 * abs(change), 0.005))
        #expect(abs(explanation.frameTotals.reduce(0, +) - sum) < 1e-4)
        #expect(abs(explanation.coefficientTotals.reduce(0, +) - sum) < 1e-4)
        let logits = Dictionary(zip(recognizer.labels, try logits(recognizer, noise(seconds: 0.7)))) { $1 }
        #expect(abs(explanation.score - Double(try #require(logits["c"]))) < 1e-4)
    }

    private func nonlinear(_ kind: String) throws -> Recognizer {
        switch kind {
        case "ann":
            try recognizer([8]) {
                Dense(16); ReLU(); Dense(16); ReLU(); Dense(3)
            }
        case "cnn":
            try recognizer([1, 8, 44]) {
                Conv2D(6, kernel: 3, padding: .same); BatchNorm(); ReLU(); MaxPool2D(2); Dropout(0.5)
                Flatten(); Dense(3)
            }
        case "lstm":
            try recognizer([.time, 8]) {
                LSTM(12); Dense(3)
            }
        case "gru":
            try recognizer([.time, 8]) {
                GRU(12, layers: 2); ReLU(); Dense(16); ReLU(); Dense(3)
            }
        case "statistics":
            try recognizer([32], statistics: 4) {
                Dense(16); Tanh(); Dense(3)
            }
        default:
            try recognizer([.time, 8]) {
                Residual {
                    LayerNorm(); Dense(8); Dropout(0.3); GELU()
                }
                Parallel(merge: .concatenate) {
                    AttentionPooling(); GRU(5, bidirectional: .concatenate)
                }
                BatchNorm()
                Dense(3)
            }
        }
    }

    private func logits(_ recognizer: Recognizer, _ clip: AudioClip) throws -> [Float] {
        let matrix = try recognizer.pipeline.matrix(of: clip)
        let examples = Examples(
            [matrix], targets: [0], arrangement: recognizer.pipeline.arrangement,
            standardization: recognizer.standardization)
        let batch = examples.batch([0])
        return recognizer.model(batch.values, lengths: batch.lengths).scalars
    }

    @Test func contrastIsTheDifferenceOfTwoLogits() throws {
        let recognizer = try nonlinear("gru")
        let clip = noise(seconds: 0.7)
        let difference = try recognizer.explain(clip, by: .gradientTimesInput, contrasting: true)
        let (first, second) = (difference.prediction.entries[0].label, difference.prediction.entries[1].label)
        #expect(difference.label == first && difference.contrast == second)
        let a = try recognizer.explain(clip, by: .gradientTimesInput, label: first)
        let b = try recognizer.explain(clip, by: .gradientTimesInput, label: second)
        #expect(abs(difference.score - (a.score - b.score)) < 1e-5)
        let expected = zip(a.attribution, b.attribution).map { zip($0, $1).map { $0 - $1 } }
        expectEqual(difference.attribution, expected, "difference")
        let other = try recognizer.explain(clip, by: .gradientTimesInput, label: second, contrasting: true)
        #expect(other.contrast == first)
    }

    /// Frames past a row's length have no part in its score, whatever stands there.
    @Test(arguments: ["lstm", "gru", "composed"]) func paddingDoesNotMatter(_ kind: String) throws {
        let score = ExplainedScore(try nonlinear(kind).model, weights: [0, 1, -1])
        let x = Tensor.normal([1, 20, 8], key: RandomKey(seed: 4))
        let alone = score.gradients(x, lengths: [20]).gradients.scalars
        let integrated = score.meanGradient(to: x, lengths: [20], steps: 10)
        for padding in [Float(0), 7] {
            let padded = x.padded([(0, 0), (0, 9), (0, 0)], value: padding)
            let gradients = score.gradients(padded, lengths: [20]).gradients.scalars
            #expect(gradients.suffix(9 * 8).allSatisfy { $0 == 0 })
            expectEqual([Array(gradients.prefix(160))], [alone], within: 1e-5, "gradient, \(kind)")
            let mean = score.meanGradient(to: padded, lengths: [20], steps: 10)
            #expect(mean.suffix(9 * 8).allSatisfy { $0 == 0 })
            expectEqual([mean.prefix(160).map(Float.init)], [integrated.map(Float.init)], within: 1e-5, "mean, \(kind)")
        }
    }

    /// Where a score depends on little, the evidence is there and nowhere else.
    @Test func evidenceLiesWhereTheNetworkLooks() throws {
        let maxima = try recognizer([.time, 8]) {
            Conv1D(4, kernel: 3, padding: .same); ReLU(); GlobalMaxPool(); Dense(3)
        }
        // Four maxima, each of three frames.
        let frames = try maxima.explain(noise(seconds: 0.9), by: .gradientTimesInput).frameTotals.filter { $0 != 0 }
        #expect((1...12).contains(frames.count))
        let weights = (0..<24).map { $0 % 8 == 5 ? Float($0) : 0 }
        let narrow = try recognizer([8]) { Dense(3) }.replacing("dense1.weight", by: Tensor(weights, shape: [3, 8]))
        let explanation = try narrow.explain(noise(seconds: 0.9), by: .occlusion(coefficients: 3))
        #expect(explanation.groups[0].name == "MFCC 3 to MFCC 5" && explanation.groups[0].coefficients == 3..<6)
        #expect(
            explanation.groups.dropFirst().allSatisfy { abs($0.evidence) < 1e-3 * abs(explanation.groups[0].evidence) })
    }

    @Test func melBandsHoldTheSamePartsAsCepstra() throws {
        for extractor: any FeatureExtractor in [
            MFCC(.librosa, coefficients: 8), MFCC(.kaldi, coefficients: 8), LogMel(.librosa, bands: 8),
        ] {
            let recognizer = try recognizer([.time, 8], extractor: extractor) {
                GRU(6); Dense(3)
            }
            for method: ExplanationMethod in [.gradientTimesInput, .integratedGradients()] {
                let explanation = try recognizer.explain(noise(seconds: 0.5), by: method)
                let mel = try #require(explanation.mel)
                #expect(mel.values.count == explanation.attribution.count)
                let sums = mel.values.map { $0.reduce(0.0) { $0 + Double($1) } }
                let most = explanation.frameTotals.reduce(0) { max($0, abs($1)) }
                for (sum, total) in zip(sums, explanation.frameTotals) { #expect(abs(sum - total) < 1e-4 * most) }
                #expect(mel.frequencies == mel.frequencies.sorted() && mel.frequencies.count == mel.values[0].count)
            }
            #expect(try recognizer.explain(noise(seconds: 0.5), by: .occlusion()).mel == nil)
        }
        var deltas = MFCC(.librosa, coefficients: 4)
        deltas.deltas = 1
        #expect(
            try recognizer([.time, 8], extractor: deltas) {
                GRU(6); Dense(3)
            }.explain(noise(seconds: 0.5)).mel == nil)
    }

    /// The network after the cosine transform has, over log-mel bands, the gradient that the projection says.
    @Test func bandsAreGradientTimesInputOfTheNetworkOverMelBands() throws {
        let mfcc = MFCC(.librosa, coefficients: 8)
        let recognizer = try recognizer([.time, 8], extractor: mfcc) {
            GRU(6); Dense(3)
        }
        let clip = noise(seconds: 0.5)
        let explanation = try recognizer.explain(clip, by: .gradientTimesInput, label: "a")
        let cepstra = try mfcc.extract(clip)
        let cosines = Tensor(DCT.matrix(bands: 128, coefficients: 8) { _ in 1 }, shape: [128, 8])
        let scale = recognizer.standardization.standardDeviation.map { Float(1 / $0) }
        let mean = Tensor(recognizer.standardization.mean.map(Float.init), shape: [1, 8])
        let smooth = Tensor(cepstra.values, shape: [cepstra.frames, 8]).matmul(cosines.transposed())
        let gradient = valueAndGradient(at: smooth) { bands in
            let x = (bands.matmul(cosines) - mean) * Tensor(scale)
            let logits = recognizer.model.run(
                x.expandingDimension(at: 0), parameters: recognizer.model.parameters, mode: .inference
            ).output.values
            return logits.slice(axis: 1, at: 0).sum()
        }.gradient
        let expected = (gradient * (smooth - mean.matmul(cosines.transposed()))).scalars
        let rows = stride(from: 0, to: expected.count, by: 128).map { Array(expected[$0..<$0 + 128]) }
        expectEqual(try #require(explanation.mel).values, rows, within: 1e-3, "bands")
    }

    @Test func timesAreTheMiddlesOfFrames() throws {
        let librosa = try recognizer([.time, 8]) {
            GRU(6); Dense(3)
        }.explain(noise(seconds: 0.5))
        for (frame, time) in librosa.times.enumerated() { #expect(abs(time - Double(frame) * 512 / 22_050) < 1e-9) }
        let kaldi = try recognizer([.time, 8], extractor: MFCC(.kaldi, coefficients: 8)) {
            GRU(6); Dense(3)
        }
        .explain(noise(seconds: 0.5))
        for (frame, time) in kaldi.times.enumerated() { #expect(abs(time - (0.0125 + Double(frame) * 0.01)) < 1e-9) }
        let own = try recognizer([.time, 1], extractor: ZeroCrossingRate()) {
            GRU(6); Dense(3)
        }.explain(noise(seconds: 0.5))
        for (frame, time) in own.times.enumerated() { #expect(abs(time - Double(frame) * 512 / 22_050) < 1e-4) }
    }

    @Test func shorterAndLongerClipsThanTheModelReads() throws {
        let image = try recognizer([1, 8, 44]) {
            Flatten(); Dense(3)
        }
        let short = try image.explain(noise(seconds: 0.4))
        #expect(short.attribution.count == 44 && abs(short.soundSeconds - 0.4) < 1e-3 && !short.isCut)
        let long = try image.explain(noise(seconds: 3))
        #expect(long.isCut && long.clipSeconds == 3 && abs(long.soundSeconds - 1) < 1e-3)
        #expect(long.description.contains("The model reads the first 1.00 of 3.00 s"))
        #expect(long.attribution == (try image.explain(noise(seconds: 3).fitted(to: 1))).attribution)
    }

    @Test func whatCannotBeExplainedIsTold() throws {
        let recognizer = try recognizer([.time, 8]) {
            GRU(6); Dense(3)
        }
        let clip = noise(seconds: 0.5)
        #expect(throws: ExplanationError.unknownLabel("joy", known: ["a", "b", "c"])) {
            try recognizer.explain(clip, label: "joy")
        }
        #expect(throws: ExplanationError.silent) {
            try recognizer.explain(AudioClip(samples: [Float](repeating: 2e-5, count: 8000), sampleRate: 22_050))
        }
        let short = clip.fitted(to: 0.01)
        #expect(throws: ExplanationError.tooShort(seconds: short.duration)) { try recognizer.explain(short) }
        #expect(throws: ExplanationError.features(.emptyClip)) {
            try recognizer.explain(AudioClip(samples: [], sampleRate: 22_050))
        }
        let functionals = EGeMAPS(), voice = noise(seconds: 2)
        let clipwise = try Recognizer(
            model: Model(input: [88]) { Dense(3) },
            pipeline: FeaturePipeline(for: [88], extractor: functionals, seconds: 3),
            standardization: Standardization(fitting: [functionals.extract(voice)]), labels: ["a", "b", "c"])
        #expect(throws: ExplanationError.oneRow(kind: EGeMAPS.kind)) { try clipwise.explain(voice) }
        for method: ExplanationMethod in [
            .integratedGradients(steps: 0), .occlusion(seconds: 0), .occlusion(seconds: .nan),
            .occlusion(coefficients: 0),
        ] {
            let error = #expect(throws: ExplanationError.self) { try recognizer.explain(clip, by: method) }
            guard case .setting = error else {
                Issue.record("\(method): \(String(describing: error))")
                continue
            }
        }
        let broken = try recognizer.replacing("dense1.bias", by: Tensor([.nan, 0, 0]))
        #expect(throws: ExplanationError.notFinite) { try broken.explain(clip) }
        let missing = URL(fileURLWithPath: "/nowhere/a.wav")
        #expect(throws: ExplanationError.features(.audio(.missing(path: missing.path)))) {
            try recognizer.explain(contentsOf: missing)
        }
    }

    @Test func spansTellWhereEvidenceLies() throws {
        let totals = (0..<100).map { frame -> Double in
            (20..<30).contains(frame) ? 1 : (60..<80).contains(frame) ? 0.9 : (40..<45).contains(frame) ? -0.5 : 0.01
        }
        let explanation = try Self.explanation(totals)
        let (first, second) = (explanation.spansInFavor[0], explanation.spansInFavor[1])
        #expect(explanation.spansInFavor.count == 2 && explanation.spansAgainst.count == 1)
        #expect(abs(first.start - 0.6) < 0.05 && abs(first.end - 0.8) < 0.05 && abs(first.share - 18 / 28.65) < 0.01)
        #expect(abs(second.start - 0.2) < 0.05 && abs(second.end - 0.3) < 0.05)
        #expect(abs(explanation.spansAgainst[0].evidence + 2.5) < 1e-9 && explanation.spansAgainst[0].share == 1)
        #expect(explanation.summary.contains("Most evidence for 'a' lies between 0."))
        let nothing = try Self.explanation([Double](repeating: 0, count: 10))
        #expect(nothing.spansInFavor.isEmpty && nothing.summary.contains("Nothing"))
    }

    /// One coefficient, frames of 10 ms.
    private static func explanation(_ totals: [Double]) throws -> Explanation {
        let prediction = """
            {"entries": [{"label": "a", "probability": 1}],
            "heard": {"start": 0, "end": 1, "duration": 1, "voicedSeconds": 1}, "remarks": []}
            """
        let json: [String: Any] = [
            "method": ["gradientTimesInput": [String: Int]()], "label": "a", "score": 2, "baselineScore": 1,
            "prediction": try JSONSerialization.jsonObject(with: Data(prediction.utf8)),
            "attribution": totals.map { [$0] }, "times": totals.indices.map { Double($0) * 0.01 },
            "columns": [["kind": "named", "name": "c"]], "coefficientNames": ["c"], "frameTotals": totals,
            "coefficientTotals": [totals.reduce(0, +)],
            "completenessGap": 0, "soundSeconds": 1, "clipSeconds": 1,
        ]
        return try JSONDecoder().decode(Explanation.self, from: JSONSerialization.data(withJSONObject: json))
    }

    @Test func anExplanationComesBackFromJSON() throws {
        let explanation = try nonlinear("gru").explain(noise(seconds: 0.5))
        let back = try JSONDecoder().decode(Explanation.self, from: JSONEncoder().encode(explanation))
        #expect(back == explanation)
    }
}

/// Explanations of full-size networks give the same bits however many threads share the work.
@Suite(.serialized) struct ExplanationThreadTests {
    @Test(arguments: Architecture.allCases) func bitsDoNotDependOnTheNumberOfThreads(_ architecture: Architecture)
        throws
    {
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        let extractor = MFCC(.librosa, coefficients: 40)
        let model = try recognizer(
            architecture.input(coefficients: 40, frames: 44), extractor: extractor
        ) { architecture.network(classes: 3) }
        let clip = noise(seconds: 0.6)
        let methods: [ExplanationMethod] = [.gradientTimesInput, .integratedGradients(steps: 40), .occlusion()]
        Parallelism.threads = 1
        let one = try methods.map { try model.explain(clip, by: $0) }
        for threads in [2, 4] {
            Parallelism.threads = threads
            #expect(try methods.map { try model.explain(clip, by: $0) } == one, "\(threads) threads")
        }
    }
}
