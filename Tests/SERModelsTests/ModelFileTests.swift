// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import Testing

private struct Doubling: UnaryLayer {
    static let kind = "doubling"
    func outputShape(for input: Shape) -> Shape { input }
    func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { x * 2 }
}

private func recognizer(_ architecture: Architecture) throws -> Recognizer {
    let model = try architecture.model(classes: 3, seed: 4)
    let pipeline = try FeaturePipeline(
        for: model.graph.input, extractor: MFCC(.librosa, coefficients: 40), seconds: 3)
    return try Recognizer(
        model: model, pipeline: pipeline, standardization: try standardization(40), labels: ["a", "b", "c"],
        provenance: Provenance(texts: ["corpus": "none"]))
}

private func standardization(_ count: Int) throws -> Standardization {
    let values = (0..<count).map { Double($0) / 10 }
    let object = ["mean": values, "standardDeviation": values.map { $0 + 1 }]
    return try JSONDecoder().decode(Standardization.self, from: JSONSerialization.data(withJSONObject: object))
}

private func noise(seconds: Double) -> AudioClip {
    let samples = Tensor.uniform([Int(seconds * 22_050)], low: -0.5, high: 0.5, key: RandomKey(seed: 8)).scalars
    return AudioClip(samples: samples, sampleRate: 22_050)
}

@Suite struct ModelFileTests {
    @Test(arguments: Architecture.allCases)
    func aSavedRecognizerGivesTheSameBits(architecture: Architecture) throws {
        let folder = try TemporaryFolder()
        let original = try recognizer(architecture)
        let file = folder.path("model.safetensors")
        try original.save(to: file)
        let copy = try Recognizer(contentsOf: file)
        #expect(copy.labels == original.labels)
        #expect(copy.provenance == original.provenance)
        #expect(copy.pipeline.span == original.pipeline.span)
        #expect(copy.model.state.tensors.map(\.scalars) == original.model.state.tensors.map(\.scalars))
        let clip = noise(seconds: 1.3)
        #expect(try copy.recognize(clip) == original.recognize(clip))
        let again = folder.path("again.safetensors")
        try copy.save(to: again)
        #expect(try Data(contentsOf: again) == Data(contentsOf: file))
    }

    @Test func aRecognizerThatRefusesToGuessComesBackAsOne() throws {
        let folder = try TemporaryFolder(), file = folder.path("model.safetensors")
        var original = try recognizer(.gru)
        #expect(try original.recognize(noise(seconds: 1)).answer != nil)
        original.unsureBelow = 0.75
        try original.save(to: file)
        let copy = try Recognizer(contentsOf: file)
        #expect(copy.unsureBelow == 0.75)
        let prediction = try copy.recognize(noise(seconds: 1))
        #expect(prediction.unsureBelow == 0.75 && prediction.answer == nil && !prediction.label.isEmpty)
        let coded = try JSONDecoder().decode(Prediction.self, from: JSONEncoder().encode(prediction))
        #expect(coded == prediction)
        original.unsureBelow = 1.5
        #expect(throws: ModelFileError.self) { try original.save(to: file) }
    }

    /// The recognizer that comes with the library is a file as the library writes it, byte for byte.
    @Test func theFileThatComesWithTheLibraryIsItsOwn() throws {
        let shipped = URL(fileURLWithPath: #filePath)
            .appendingPathComponent("../../../Sources/SERPretrained/Resources/english.safetensors").standardizedFileURL
        let folder = try TemporaryFolder(), again = folder.path("again.safetensors")
        let recognizer = try Recognizer(contentsOf: shipped)
        #expect(recognizer.labels == ["angry", "disgust", "fear", "happy", "neutral", "sad"])
        #expect(recognizer.unsureBelow == 0.5 && recognizer.calibration != nil && recognizer.pipeline.trimming != nil)
        try recognizer.save(to: again)
        #expect(try Data(contentsOf: again) == Data(contentsOf: shipped))
    }

    /// However long a recorder runs before and behind a voice, it hears the same; readers of format 2 would not.
    @Test func aRecognizerThatHearsNoSilenceComesBackAsOne() throws {
        let folder = try TemporaryFolder(), file = folder.path("model.safetensors")
        let original = try recognizer(.gru)
        let trimmed = original.trimmingSilence(SilenceTrimming(decibels: 40, margin: 0))
        let clip = noise(seconds: 1), silence = [Float](repeating: 0, count: 22_050)
        let late = AudioClip(samples: silence + clip.samples + silence, sampleRate: 22_050)
        #expect(try original.recognize(late).entries != original.recognize(clip).entries)
        let prediction = try trimmed.recognize(late), alone = try trimmed.recognize(clip)
        #expect(zip(prediction.entries, alone.entries).allSatisfy { abs($0.probability - $1.probability) < 0.02 })
        #expect(abs(prediction.heard.start - 1) < 0.021 && abs(prediction.heard.end - 2) < 0.021)
        #expect(prediction.heard.isWhole && abs((prediction.heard.silence ?? 0) - 2) < 0.05)
        try trimmed.save(to: file)
        #expect(try SafetensorsReader(at: file).metadata["ser.format"] == "3")
        let copy = try Recognizer(contentsOf: file)
        #expect(copy.pipeline.trimming == SilenceTrimming(decibels: 40, margin: 0))
        #expect(try copy.recognize(late) == prediction)
        #expect(copy.trimmingSilence(nil).pipeline.trimming == nil)
    }

    /// Programs of a lower format would use such a model as another: its number contradicts it.
    @Test func aFormatThatIsTooLowContradictsTheModel() throws {
        let folder = try TemporaryFolder(), file = folder.path("model.safetensors")
        let plain = try recognizer(.gru)
        let object: [String: Any] = [
            "mean": plain.standardization.mean, "standardDeviation": plain.standardization.standardDeviation,
            "scope": "speaker", "sufficient": 10,
        ]
        let bySpeaker = try Recognizer(
            model: plain.model, pipeline: plain.pipeline,
            standardization: JSONDecoder().decode(
                Standardization.self, from: JSONSerialization.data(withJSONObject: object)), labels: plain.labels)
        let needed = [(plain, "2"), (plain.trimmingSilence(SilenceTrimming(decibels: 40)), "3"), (bySpeaker, "4")]
        for (recognizer, format) in needed {
            try recognizer.save(to: file)
            #expect(try SafetensorsReader(at: file).metadata["ser.format"] == format)
            let bytes = try Data(contentsOf: file)
            let place = try #require(bytes.range(of: Data("\"ser.format\":\"\(format)\"".utf8)))
            for other in 1...4 {
                var changed = bytes
                changed.replaceSubrange(place, with: Data("\"ser.format\":\"\(other)\"".utf8))
                try changed.write(to: file)
                guard other < Int(format) ?? 0 else {
                    #expect(try Recognizer(contentsOf: file).labels == plain.labels, "\(format) as \(other)")
                    continue
                }
                let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
                let told = error?.description ?? ""
                #expect(told.contains("ser.format") && told.contains("from format \(format) on"), "\(told)")
            }
        }
    }

    /// Of a negative variance no root can be taken: the block's ReLU must not make 0 of what is not a number.
    @Test func aNegativeVarianceIsNoAnswerAndNoFile() throws {
        let folder = try TemporaryFolder(), file = folder.path("model.safetensors")
        let sound = try recognizer(.cnn)
        var model = sound.model
        let path = try #require(model.state.paths.first { $0.hasSuffix(".running_var") })
        let channels = model.state[path].count
        model.state[path] = Tensor([Float](repeating: -1, count: channels), shape: [channels])
        let broken = try Recognizer(
            model: model, pipeline: sound.pipeline, standardization: sound.standardization, labels: sound.labels)
        #expect(throws: RecognitionError.outputNotFinite) { try broken.recognize(noise(seconds: 1.3)) }
        try broken.save(to: file)
        let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
        let told = error?.description ?? ""
        #expect(told.contains(path) && told.contains("it holds a negative variance"), "\(told)")
    }

    @Test func customLayersLoadThroughARegistry() throws {
        let folder = try TemporaryFolder()
        let model = try Model(input: [40], seed: 1) {
            Doubling(); Dense(2)
        }
        let pipeline = try FeaturePipeline(for: [40], extractor: MFCC(.librosa, coefficients: 40), seconds: 3)
        let file = folder.path("model.safetensors")
        try Recognizer(
            model: model, pipeline: pipeline, standardization: try standardization(40), labels: ["a", "b"]
        ).save(to: file)
        let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
        #expect(error?.description.contains("doubling") == true)
        let copy = try Recognizer(contentsOf: file, layers: .standard.adding(Doubling.self))
        #expect(copy.model.graph.nodes.count == 2)
    }

    @Test func damagedFilesAreRefusedNotCrashedOn() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("model.safetensors")
        let small = try Model(input: [40], seed: 1) {
            Dense(4); ReLU(); Dense(3)
        }
        let pipeline = try FeaturePipeline(for: [40], extractor: MFCC(.librosa, coefficients: 40), seconds: 3)
        try Recognizer(
            model: small, pipeline: pipeline, standardization: try standardization(40), labels: ["a", "b", "c"]
        ).save(to: file)
        let data = try Data(contentsOf: file)
        var generator = RandomKey(seed: 11).generator
        let damaged = folder.path("damaged.safetensors")
        var refused = 0
        for trial in 0..<600 {
            var copy = data
            if trial % 3 == 0 {
                copy = data.prefix(Int.random(in: 0..<data.count, using: &generator))
            } else {
                for _ in 0..<(1 + trial % 4) {
                    copy[Int.random(in: 0..<copy.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
            }
            try copy.write(to: damaged)
            do { _ = try Recognizer(contentsOf: damaged) } catch {
                refused += 1
                #expect(error.description.contains("damaged.safetensors"))
            }
        }
        #expect(refused > 200)  // all truncated ones, and most with a damaged header
    }

    @Test func missingFilesAndUnwritableFoldersAreNamed() throws {
        let nowhere = URL(fileURLWithPath: "/nonexistent/model.safetensors")
        let reading = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: nowhere) }
        #expect(reading?.description.contains("/nonexistent/model.safetensors") == true)
        let writing = #expect(throws: ModelFileError.self) { try recognizer(.ann).save(to: nowhere) }
        #expect(writing?.description.contains("/nonexistent") == true)
    }
}
