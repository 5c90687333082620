// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERReports
import SERSupport
import SERSyntheticSpeech
import SERTestSupport
import SERTraining
import Testing

/// The loudest and the lowest sample of each hundredth of a second.
struct Peaks: FeatureExtractor, Equatable {
    static let kind = "peaks"
    var sampleRate = 8000.0
    var gain: Float = 1
    var coefficients: Int { 2 }

    func frames(forSamples samples: Int) -> Int { samples / 80 }
    func validate() throws(FeatureError) {}

    func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        let sound = try prepared(clip).samples
        let frames = frames(forSamples: sound.count)
        guard frames > 0 else { throw .tooShort(samples: sound.count, needed: 80, sampleRate: sampleRate) }
        let values = (0..<frames).flatMap { frame -> [Float] in
            let part = sound[frame * 80..<(frame + 1) * 80]
            return [gain * (part.max() ?? 0), gain * (part.min() ?? 0)]
        }
        return FeatureMatrix(frames: frames, coefficients: 2, values: values)
    }
}

/// Some of the library's features under a name that is taken, or with settings that are not all written.
private struct Wrapped<Coding: WrappedCoding>: FeatureExtractor {
    static var kind: String { Coding.kind }
    var inner = Peaks()
    var sampleRate: Double {
        get { inner.sampleRate }
        set { inner.sampleRate = newValue }
    }
    var coefficients: Int { inner.coefficients }
    func frames(forSamples samples: Int) -> Int { inner.frames(forSamples: samples) }
    func validate() throws(FeatureError) {}
    func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix { try inner.extract(clip) }

    init(gain: Float = 2) { inner.gain = gain }

    private enum Keys: String, CodingKey { case gain }

    init(from decoder: any Decoder) throws {
        self.init(gain: Coding.reads ? try decoder.container(keyedBy: Keys.self).decode(Float.self, forKey: .gain) : 1)
    }

    func encode(to encoder: any Encoder) throws {
        guard Coding.writes else {
            throw EncodingError.invalidValue(inner.gain, .init(codingPath: [], debugDescription: "no words"))
        }
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(inner.gain, forKey: .gain)
    }
}

private protocol WrappedCoding: Sendable {
    static var kind: String { get }
    static var reads: Bool { get }
    static var writes: Bool { get }
}
private enum TakenKind: WrappedCoding { static let (kind, reads, writes) = ("mfcc", true, true) }
private enum Forgetful: WrappedCoding { static let (kind, reads, writes) = ("forgetful", false, true) }
private enum Unwritable: WrappedCoding { static let (kind, reads, writes) = ("unwritable", true, false) }

@Suite struct OwnFeaturesTests {
    private static func split(_ folder: URL) throws -> DataSplit {
        try SyntheticCorpus(words: 2).write(to: folder)
        return try Corpus(detecting: folder).split(.stratified(train: 0.5, validation: 0.25, test: 0.25), seed: 1)
    }

    private static func network(_ features: any FeatureExtractor, _ split: DataSplit) throws -> Model {
        try Model(input: [.time, .fixed(features.coefficients)], seed: 1) {
            GRU(4)
            Dense(split.labels.count)
        }
    }

    @Test func featuresOfOnesOwnAreTrainedSavedAndReadBack() throws {
        let folder = try TemporaryFolder()
        let split = try Self.split(folder.path("corpus"))
        let clip = try AudioFile.read(at: split.test.clips[0].path)
        for features in [
            Peaks(gain: 3), RMSEnergy(sampleRate: 8000), ZeroCrossingRate(hop: 256),
        ] as [any FeatureExtractor] {
            let kind = type(of: features).kind
            let trained = try Trainer(features: features, duration: 1, epochs: 1, batchSize: 4)
                .fit(
                    try Self.network(features, split), on: split,
                    checkpoint: Checkpoint(at: folder.path("\(kind).checkpoint")), observe: { _ in })
            let file = folder.path("\(kind).safetensors")
            try trained.recognizer.save(to: file)
            let registry = try FeatureRegistry.standard.adding(type(of: features))
            for path in [file, folder.path("\(kind).checkpoint")] {
                let copy = try Recognizer(contentsOf: path, features: registry)
                #expect(type(of: copy.pipeline.extractor) == type(of: features))
                #expect(try copy.recognize(clip) == trained.recognizer.recognize(clip))
            }
            let explanation = try trained.recognizer.explain(clip, by: .gradientTimesInput)
            #expect(explanation.mel == nil && explanation.coefficientNames.count == features.coefficients)
            let figure = try ExplanationFigure([explanation], of: clip, named: "clip", by: trained.recognizer)
            #expect(figure.svg.contains("<svg"))
            #expect(explanation.columns == features.columns)
        }
        let file = folder.path("peaks.safetensors")
        let registry = try FeatureRegistry.standard.adding(Peaks.self)
        let copy = try Recognizer(contentsOf: file, features: registry)
        #expect(copy.pipeline.extractor as? Peaks == Peaks(gain: 3))
        let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
        let path = file.path, known = FeatureRegistry.standard.kinds
        #expect(error == .unknownFeatures(path: path, kind: "peaks", known: known))
        #expect(
            known == [
                "egemaps", "egemapsLLD", "logMel", "mfcc", "rmsEnergy", "spectralBandwidth", "spectralCentroid",
                "spectralContrast", "spectralFlatness", "spectralRollOff", "zeroCrossingRate",
            ])
        #expect(error?.description.contains("features: .standard.adding(...)") == true)
    }

    /// What could not be saved or read back is told before the first file is opened.
    @Test func featuresThatCannotBeReadBackAreToldBeforeAnyFile() throws {
        let folder = try TemporaryFolder()
        let split = try Self.split(folder.path("corpus"))
        for clip in split.corpus.clips { try FileManager.default.removeItem(at: clip.path) }
        for (features, words) in [
            (Wrapped<TakenKind>(), "'mfcc'"), (Wrapped<Forgetful>(), "other settings than were written"),
            (Wrapped<Unwritable>(), "no words"), (MFCC(coefficients: 400), "coefficients 400"),
        ] as [(any FeatureExtractor, String)] {
            let error = #expect(throws: TrainingError.self) {
                try Trainer(features: features, epochs: 1, batchSize: 4)
                    .fit(try Self.network(features, split), on: split, observe: { _ in })
            }
            guard case .setting(let text) = error else {
                Issue.record("\(type(of: features)): \(String(describing: error))")
                continue
            }
            #expect(text.contains(words), "\(text)")
        }
        #expect(throws: KindTakenError.self) { try FeatureRegistry.standard.adding(Wrapped<TakenKind>.self) }
        #expect(throws: TrainingError.self) {
            let network = try Self.network(Peaks(), split)
            let pipeline = try FeaturePipeline(for: network.graph.input, extractor: Wrapped<Unwritable>(), seconds: 1)
            _ = try FeatureStore().matrices(of: split.train.clips, pipeline: pipeline)
        }
        #expect(try FeatureRegistry.standard.adding(MFCC.self).kinds == FeatureRegistry.standard.kinds)
    }

    /// A recognizer made by hand is held to the same when it is saved, and nothing is written.
    @Test func savingChecksTheFeatures() throws {
        let folder = try TemporaryFolder()
        let numbers = ["mean": [0.0, 0], "standardDeviation": [1.0, 1]]
        let standardization = try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers))
        let model = try Model(input: [.time, 2]) { GRU(2) }
        for features in [Wrapped<TakenKind>(), Wrapped<Forgetful>(), Wrapped<Unwritable>()] as [any FeatureExtractor] {
            let recognizer = try Recognizer(
                model: model, pipeline: FeaturePipeline(for: [.time, 2], extractor: features, seconds: 1),
                standardization: standardization, labels: ["a", "b"])
            let file = folder.path("model.safetensors")
            let error = #expect(throws: ModelFileError.self) { try recognizer.save(to: file) }
            guard case .unwritable = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(!FileManager.default.fileExists(atPath: file.path))
        }
    }

    /// A column is told by what it is: one that is only called like a cepstrum is none.
    @Test func figuresNameColumnsByWhatTheyAre() throws {
        for (columns, axis, tick) in [
            ([.cepstrum(0), .delta(order: 1, of: .cepstrum(0))], "MFCC", "1"),
            ([.band(center: 250), .delta(order: 1, of: .band(center: 4321))], "Hz", "4321"),
            ([.named("MFCC 0"), .named("band at 777 Hz")], "coefficient", "1"),
            ([.cepstrum(0), .energy], "coefficient", "1"),
        ] as [([FeatureColumn], String, String)] {
            let (recognizer, clip) = try Self.described(as: columns)
            let explanation = try recognizer.explain(clip, by: .gradientTimesInput)
            #expect(explanation.coefficientNames == columns.map(\.description))
            let svg = try ExplanationFigure([explanation], of: clip, named: "clip", by: recognizer).svg
            for text in [axis, tick] { #expect(svg.contains(">\(text)</text>"), "\(columns): \(text)") }
            #expect(!svg.contains(">777</text>"))
        }
        let (recognizer, clip) = try Self.described(as: [.energy])
        #expect(throws: ExplanationError.features(.otherColumns(described: 1, announced: 2))) {
            try recognizer.explain(clip, by: .gradientTimesInput)
        }
    }

    /// A recognizer of two columns that are said to be these, and a sound.
    private static func described(as columns: [FeatureColumn]) throws -> (Recognizer, AudioClip) {
        let numbers = ["mean": [0.0, 0], "standardDeviation": [1.0, 1]]
        let recognizer = try Recognizer(
            model: try Model(input: [.time, 2], seed: 1) {
                GRU(4)
                Dense(2)
            },
            pipeline: FeaturePipeline(for: [.time, 2], extractor: Described(columns: columns), seconds: 1),
            standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
            labels: ["a", "b"])
        let samples = (0..<8000).map { Float(sin(Double($0 * $0) / 1e5)) }
        return (recognizer, AudioClip(samples: samples, sampleRate: 8000))
    }
}

/// Peaks under other names.
private struct Described: FeatureExtractor {
    static let kind = "described"
    var inner = Peaks()
    let columns: [FeatureColumn]
    var sampleRate: Double {
        get { inner.sampleRate }
        set { inner.sampleRate = newValue }
    }
    var coefficients: Int { inner.coefficients }

    init(columns: [FeatureColumn]) { self.columns = columns }

    func frames(forSamples samples: Int) -> Int { inner.frames(forSamples: samples) }
    func validate() throws(FeatureError) {}
    func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix { try inner.extract(clip) }
}
