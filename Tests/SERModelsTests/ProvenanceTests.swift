// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import Testing

@Suite struct ProvenanceTests {
    private static let whole: Provenance = {
        var provenance = Provenance(extra: ["licence": "CC BY 4.0", "note": "a \"b\" \n"])
        provenance.library = "0.1.0"
        provenance.corpus = "TESS"
        provenance.split = "stratified 80/10/10, seed 1"
        provenance.clips = .init(training: 96, validation: 12, test: 0)
        provenance.skipped = 2
        provenance.audit = "Speakers are shared. So are sentences."
        provenance.seed = .max
        provenance.epochs = 100
        provenance.standardization = .measured
        provenance.bestEpoch = 31
        provenance.validationAccuracy = 1.0 / 3
        provenance.validationLoss = 1.5e-7
        provenance.divergedInEpoch = 40
        provenance.calibration = .init(temperature: 1.234567, clips: 12)
        provenance.network = "gru"
        provenance.testAccuracy = 1
        provenance.testUAR = 0.1 + 0.2
        provenance.testLoss = 0.25
        provenance.start = .init(
            name: "a, weights b", weights: "0123456789abcdef0123456789abcdef", corpora: "CREMA-D; EMO-DB, trained on x")
        provenance.source = "weights.onnx"
        return provenance
    }()

    /// What files have held since the first format; other programs read it.
    @Test func filesHoldTextsByName() throws {
        let texts = [
            "library": "0.1.0", "corpus": "TESS", "split": "stratified 80/10/10, seed 1",
            "clips": "training 96, validation 12, test 0", "skipped": "2",
            "audit": "Speakers are shared. So are sentences.", "seed": "18446744073709551615", "epochs": "100",
            "standardization": "measured on the training part", "bestEpoch": "31",
            "validationAccuracy": "0.3333333333333333", "validationLoss": "1.5e-07",
            "stopped": "the loss was no longer a number in epoch 40",
            "calibration": "temperature 1.235, fitted on 12 clips", "network": "gru", "testAccuracy": "1.0",
            "testUAR": "0.30000000000000004", "testLoss": "0.25", "source": "weights.onnx",
            "start":
                "a, weights b, weights 0123456789abcdef0123456789abcdef, trained on CREMA-D; EMO-DB, trained on x",
            "licence": "CC BY 4.0",
            "note": "a \"b\" \n",
        ]
        #expect(Self.whole.texts == texts)
        #expect(Provenance(texts: texts) == Self.whole)
        let json = try JSONEncoder().encode(Self.whole)
        #expect(try JSONDecoder().decode([String: String].self, from: json) == texts)
        #expect(try JSONDecoder().decode(Provenance.self, from: json) == Self.whole)
        #expect(Provenance().texts.isEmpty)
        var other = Provenance()
        other.standardization = .kept
        other.calibration = .init(temperature: nil, clips: 40)
        other.start = .init(name: "english", weights: "0123456789abcdef0123456789abcdef")
        #expect(other.texts["start"] == "english, weights 0123456789abcdef0123456789abcdef")
        #expect(other.texts["standardization"] == "kept from an earlier training")
        #expect(other.texts["calibration"] == "none: 40 clips do not determine a temperature")
        #expect(Provenance(texts: other.texts) == other)
    }

    /// Nothing that a file tells is lost or rewritten, whatever stands in it.
    @Test func textsOfAnyFormAreGivenBack() {
        let names = Self.whole.texts.keys.sorted()
        let values =
            Self.whole.texts.values.sorted() + [
                "", " ", "007", "+1", "-1", "1e3", "1.0", "1.50", "nan", "inf", "0x1p3", "99999999999999999999", "12 ",
                "training 1, validation 2", "training 1, validation 2, test x", "training  1, validation 2, test 3",
                "test 1, training 2, validation 3", "training +1, validation 2, test 3", "measured",
                "the loss was no longer a number in epoch ", "the loss was no longer a number in epoch 07",
                "temperature , fitted on  clips", "temperature 1.23456, fitted on 2 clips",
                "temperature 1.5, fitted on 2 clips ", "none:  clips do not determine a temperature",
                "none: 1 clips do not determine a temperature, fitted on 2 clips", "a, weights 12",
                "english, weights 0123456789abcdef0123456789abcdef0", "x, weights 0123456789abcdef0123456789abcdef, ",
                "\u{0}", "e\u{301}",
            ]
        for name in names {
            for value in values {
                let texts = [name: value, "other": value]
                #expect(Provenance(texts: texts).texts == texts, "\(name): \(value)")
            }
        }
        let strange = Provenance(texts: ["seed": "one", "epochs": "007", "bestEpoch": "3"])
        #expect(strange.seed == nil && strange.epochs == nil && strange.bestEpoch == 3)
        #expect(strange.extra == ["seed": "one", "epochs": "007"])
    }

    @Test func itComesBackFromAModelFile() throws {
        let folder = try TemporaryFolder()
        let numbers = ["mean": [0.5, 1, 2], "standardDeviation": [1.0, 2, 3]]
        let recognizer = try Recognizer(
            model: try Model(input: [3], seed: 1) { Dense(2) },
            pipeline: try FeaturePipeline(for: [3], extractor: MFCC(coefficients: 3), seconds: 1),
            standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
            labels: ["a", "b"], provenance: Self.whole)
        let (file, again) = (folder.path("a.safetensors"), folder.path("b.safetensors"))
        try recognizer.save(to: file)
        let copy = try Recognizer(contentsOf: file)
        #expect(copy.provenance == Self.whole)
        try copy.save(to: again)
        #expect(try Data(contentsOf: file) == Data(contentsOf: again))
    }

    /// Files of the first format hold the same texts.
    @Test func filesOfTheFirstFormatTellWhatTheyDid() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/modelfiles")
        for index in 0..<4 {
            let recognizer = try Recognizer(contentsOf: folder.appendingPathComponent("format1-\(index).safetensors"))
            #expect(recognizer.provenance.corpus == "none" && recognizer.provenance.seed == 1)
            #expect(recognizer.provenance.texts == ["corpus": "none", "seed": "1"])
        }
    }
}
