// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Testing

/// Tones of two pitches, of different lengths.
private struct Tones {
    let folder: TemporaryFolder
    let corpus: Corpus

    init(clips: Int = 24) throws {
        folder = try TemporaryFolder()
        for index in 0..<clips {
            let label = index % 2 == 0 ? "low" : "high"
            let pitch = (label == "low" ? 200.0 : 900) + Double(index) * 7
            let samples = (0..<(2400 + index * 137)).map { Float(0.3 * sin(2 * .pi * pitch * Double($0) / 8000)) }
            let file = try folder.makeFolder(of: "\(label)/clip\(index).wav")
            try AudioFile.write(AudioClip(samples: samples, sampleRate: 8000), to: file)
        }
        corpus = try Corpus.folders(at: folder.url)
    }

    init(folder: TemporaryFolder, corpus: Corpus) {
        self.folder = folder
        self.corpus = corpus
    }

    func split(seed: UInt64 = 1) throws -> DataSplit {
        try corpus.split(.stratified(train: 0.6, validation: 0.2, test: 0.2), seed: seed)
    }
}

private func weights(_ recognizer: Recognizer) -> [[Float]] { recognizer.model.parameters.tensors.map(\.scalars) }

/// A counter that ends a training after so many steps.
private final class Steps: @unchecked Sendable {
    private let lock = NSLock()
    private var left: Int
    private(set) var resumedAfter: Int?

    init(_ count: Int) { left = count }
    var isOver: Bool { lock.withLock { left <= 0 } }
    func observe(_ event: Trainer.Event) {
        lock.withLock {
            if case .step = event { left -= 1 }
            if case .resumed(let history) = event { resumedAfter = history.epochs.count }
        }
    }
}

private func trainer(epochs: Int) -> Trainer {
    Trainer(
        features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: epochs, batchSize: 5,
        optimizer: .adam(learningRate: 0.01),
        schedule: .warmUp(over: .steps(4)) * .reduceOnPlateau(Plateau(factor: 0.5, patience: 0, threshold: 0.2)),
        clipping: .norm(1), metrics: [.precision, .recall, .auc], seed: 3)
}

/// Everything a step changes: weights, running statistics, what dropout drops.
private func network(seed: UInt64 = 1, units: Int = 8) throws -> Model {
    try Model(input: [.time, 13], seed: seed) {
        Conv1D(units, kernel: 3, padding: .same)
        BatchNorm()
        GRU(units)
        Dropout(0.2)
        Dense(2)
    }
}

/// What was said where something was refused, from any thread.
private final class Refusals: @unchecked Sendable {
    private let lock = NSLock()
    private var texts: [String] = []
    var all: [String] { lock.withLock { texts } }
    func add(_ text: String) { lock.withLock { texts.append(text) } }
}

/// Checkpoints with something changed.
extension Data {
    private var headerLength: Int { prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) } }

    private func with(header: String) -> Data {
        var header = header
        while header.utf8.count % 8 != 0 { header += " " }
        return Swift.withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
            + self[(8 + headerLength)...]
    }

    private var header: String { String(decoding: self[8..<8 + headerLength], as: UTF8.self) }

    fileprivate func replacing(_ text: String, with other: String) throws -> Data {
        guard header.contains(text) else { throw CocoaError(.coderValueNotFound) }
        return with(header: header.replacingOccurrences(of: text, with: other))
    }

    /// With another figure in the last row of the history.
    fileprivate func replacing(_ figure: Double, inColumn column: Int) throws -> Data {
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(header.utf8)) as? [String: Any])
        let entry = try #require(object["checkpoint:history"] as? [String: Any])
        let shape = try #require(entry["shape"] as? [Int]), place = try #require(entry["data_offsets"] as? [Int])
        let offset = 8 + headerLength + place[0] + 8 * ((shape[0] - 1) * shape[1] + column)
        var copy = self
        let bytes = Swift.withUnsafeBytes(of: figure.bitPattern.littleEndian) { Data($0) }
        copy.replaceSubrange(offset..<offset + 8, with: bytes)
        return copy
    }
}

@Suite struct CheckpointTests {
    @Test(arguments: [OptimizerConfiguration.adam(learningRate: 0.01), .sgd(learningRate: 0.01, momentum: 0.9), .sgd()])
    func aTrainingStoppedAnywhereEndsInTheBitsOfAnUnbrokenOne(optimizer: OptimizerConfiguration) throws {
        let tones = try Tones()
        let split = try tones.split()
        var trainer = trainer(epochs: 7)
        trainer.optimizer = optimizer
        let whole = try trainer.fit(try network(), on: split, observe: { _ in })
        try whole.recognizer.save(to: tones.folder.path("whole"))
        // 3 steps an epoch: in the first, at the end of one, within one, two stops in a row.
        for (place, stops) in [[2], [6], [10], [5, 4, 1]].enumerated() {
            let checkpoint = Checkpoint(at: tones.folder.path("\(place).checkpoint"), resume: true)
            for count in stops {
                let steps = Steps(count)
                do {
                    let part = try trainer.fit(
                        try network(), on: split, checkpoint: checkpoint, observe: steps.observe,
                        stop: StopSignal(asking: { steps.isOver }))
                    #expect(part.wasCancelled)
                } catch TrainingError.cancelled {}
            }
            let steps = Steps(.max)
            let rest = try trainer.fit(try network(), on: split, checkpoint: checkpoint, observe: steps.observe)
            #expect(steps.resumedAfter == [nil, 2, 3, 2][place])
            try rest.recognizer.save(to: tones.folder.path("rest"))
            #expect(try Data(contentsOf: tones.folder.path("rest")) == Data(contentsOf: tones.folder.path("whole")))
            func timeless(_ history: History) -> [EpochRecord] {
                history.epochs.map { record in
                    var record = record
                    record.seconds = 0
                    return record
                }
            }
            #expect(timeless(rest.history) == timeless(whole.history))
            #expect(rest.history.bestEpoch == whole.history.bestEpoch)
        }
    }

    @Test func aFinishedTrainingGivesItsModelAgainAndMayGoOn() throws {
        let tones = try Tones()
        let split = try tones.split()
        let checkpoint = Checkpoint(at: tones.folder.path("c"), resume: true)
        let short = try trainer(epochs: 3).fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        let again = try trainer(epochs: 3).fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        #expect(again.history == short.history)
        #expect(weights(again.recognizer) == weights(short.recognizer))
        let longer = try trainer(epochs: 6).fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        let whole = try trainer(epochs: 6).fit(try network(), on: split, observe: { _ in })
        #expect(weights(longer.recognizer) == weights(whole.recognizer))
        var patient = trainer(epochs: 50)
        patient.stopping = .patience(2)
        patient.optimizer = .adam(learningRate: 1e-12)
        let other = Checkpoint(at: tones.folder.path("d"), resume: true)
        let lost = try patient.fit(try network(), on: split, checkpoint: other, observe: { _ in })
        #expect(try patient.fit(try network(), on: split, checkpoint: other, observe: { _ in }).history == lost.history)
    }

    /// What is measured on the way decides nothing: it may be switched, also where an older file names it.
    @Test func measuringMoreOrLessGoesOn() throws {
        let tones = try Tones()
        let split = try tones.split()
        let file = tones.folder.path("c"), checkpoint = Checkpoint(at: file, resume: true)
        _ = try trainer(epochs: 2).fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        var other = trainer(epochs: 4)
        other.metrics = []
        let longer = try other.fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        #expect(longer.history.epochs.map { $0.validationMetrics["recall"] != nil } == [true, true, false, false])
        let whole = try other.fit(try network(), on: split, observe: { _ in })
        #expect(weights(longer.recognizer) == weights(whole.recognizer))
        // A file of when it was named among what decides.
        var bytes = try Data(contentsOf: file)
        let length = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        var header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
        let place = try #require(header.range(of: #"\\\"batchSize\\\""#))
        header.insert(contentsOf: #"\\\"detailedMetrics\\\":true,"#, at: place.lowerBound)
        while header.utf8.count % 8 != 0 { header += " " }
        let count = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        bytes.replaceSubrange(0..<8 + length, with: count + Data(header.utf8))
        try bytes.write(to: file)
        let again = try other.fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        #expect(again.history == longer.history)
    }

    /// What is frozen stays so in the file and when a training goes on.
    @Test func frozenWeightsStayFrozen() throws {
        let tones = try Tones()
        let split = try tones.split()
        var frozen = try network()
        try frozen.freeze("conv1d1", "batchNorm1", "gru1.weight_hh_l0")
        let whole = try trainer(epochs: 5).fit(frozen, on: split, observe: { _ in })
        #expect(whole.recognizer.model.frozenPaths == frozen.frozenPaths)
        for path in frozen.frozenPaths {
            let (before, after) = (frozen, whole.recognizer.model)
            #expect(
                before.parameters.contains(path)
                    ? before.parameters[path].scalars == after.parameters[path].scalars
                    : before.state[path].scalars == after.state[path].scalars, "\(path)")
        }
        #expect(
            whole.recognizer.model.parameters["dense1.weight"].scalars != frozen.parameters["dense1.weight"].scalars)
        try whole.recognizer.save(to: tones.folder.path("whole"))
        #expect(try Recognizer(contentsOf: tones.folder.path("whole")).model.frozenPaths == frozen.frozenPaths)

        let checkpoint = Checkpoint(at: tones.folder.path("c"), resume: true)
        _ = try trainer(epochs: 2).fit(frozen, on: split, checkpoint: checkpoint, observe: { _ in })
        let rest = try trainer(epochs: 5).fit(frozen, on: split, checkpoint: checkpoint, observe: { _ in })
        try rest.recognizer.save(to: tones.folder.path("rest"))
        #expect(try Data(contentsOf: tones.folder.path("rest")) == Data(contentsOf: tones.folder.path("whole")))
        let error = #expect(throws: TrainingError.self) {
            try trainer(epochs: 5).fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("frozen"), "\(String(describing: error))")
    }

    @Test func aCheckpointIsAModelFileWithTheBestWeightsSoFar() throws {
        let tones = try Tones()
        let file = tones.folder.path("c")
        let split = try tones.split()
        let trained = try trainer(epochs: 4).fit(
            try network(), on: split, checkpoint: Checkpoint(at: file), observe: { _ in })
        let recognizer = try Recognizer(contentsOf: file)
        #expect(weights(recognizer) == weights(trained.recognizer))
        #expect(recognizer.provenance == trained.recognizer.provenance)
        #expect(recognizer.provenance.bestEpoch == trained.history.bestEpoch)
        #expect(recognizer.provenance.validationLoss == trained.history.best?.validationLoss)
        #expect(
            recognizer.provenance.clips
                == .init(training: split.train.count, validation: split.validation.count, test: split.test.count))
        #expect(recognizer.provenance.epochs == 4 && recognizer.provenance.extra.isEmpty)
        let names = try FileManager.default.contentsOfDirectory(atPath: tones.folder.url.path)
        #expect(!names.contains { $0.hasSuffix(".part") })
    }

    @Test func anotherTrainingIsRefusedByName() throws {
        let tones = try Tones()
        let split = try tones.split()
        let file = tones.folder.path("c")
        _ = try trainer(epochs: 2).fit(try network(), on: split, checkpoint: Checkpoint(at: file), observe: { _ in })
        let before = try Data(contentsOf: file)
        func message(
            _ change: (inout Trainer) -> Void = { _ in }, network: Model? = nil, split other: DataSplit? = nil,
            resume: Bool = true
        ) throws -> String {
            var changed = trainer(epochs: 2)
            change(&changed)
            let first = try network ?? CheckpointTests.first()
            do {
                _ = try changed.fit(
                    first, on: other ?? split, checkpoint: Checkpoint(at: file, resume: resume),
                    observe: { event in
                        if case .extracting = event { Issue.record("sound was read before the refusal") }
                    })
                return "no error"
            } catch { return error.description }
        }
        #expect(try message(resume: false).contains("there already"))
        #expect(
            try message { $0.optimizer = .adam(learningRate: 0.02) }
                .contains("optimizer.learningRate was 0.01 and is 0.02"))
        #expect(try message { $0.batchSize = 6 }.contains("batchSize was 5 and is 6"))
        #expect(try message { $0.seed = 4 }.contains("seed was 3 and is 4"))
        #expect(try message { $0.duration = 0.9 }.contains("features.span"))
        #expect(try message { $0.epochs = 1 }.contains("2 epochs"))
        #expect(try message { $0.schedule = .constant }.contains("schedule"))
        #expect(try message(network: SERTrainingTests.network(units: 9)).contains("units was 8 and is 9"))
        #expect(try message(network: SERTrainingTests.network(seed: 2)).contains("first weights"))
        #expect(try message(split: tones.split(seed: 2)).contains("training part holds other files"))
        // One clip fewer; one clip with other sound; one with another emotion.
        let clips = tones.corpus.clips
        func changed(_ clips: [Clip]) throws -> DataSplit {
            try DataSplit(
                corpus: Corpus(name: tones.corpus.name, clips: clips), train: split.train.indices,
                validation: split.validation.indices, test: split.test.indices.filter { $0 < clips.count })
        }
        let fewer = try DataSplit(
            corpus: tones.corpus, train: Array(split.train.indices.dropLast()), validation: split.validation.indices,
            test: split.test.indices)
        #expect(try message(split: fewer).contains("had \(split.train.count) clips and has \(split.train.count - 1)"))
        var emotions = clips
        emotions[split.train.indices[0]].emotion = clips[split.train.indices[0]].emotion == "low" ? "high" : "low"
        #expect(try message(split: changed(emotions)).contains("other emotions"))
        let victim = clips[split.validation.indices[0]].path
        try AudioFile.write(AudioClip(samples: [0.1, 0.2, 0.3, 0.1], sampleRate: 8000), to: victim)
        let reread = Tones(folder: tones.folder, corpus: try Corpus.folders(at: tones.folder.url))
        #expect(try message(split: reread.split()).contains("validation part holds files with another content"))
        #expect(try Data(contentsOf: file) == before)
    }

    private static func first() throws -> Model { try network() }

    @Test func oneTrainingAtATimeKeepsACheckpoint() throws {
        let tones = try Tones()
        let split = try tones.split()
        let checkpoint = Checkpoint(at: tones.folder.path("c"), resume: true)
        let refusals = Refusals()
        let whole = try trainer(epochs: 2).fit(try network(), on: split, checkpoint: checkpoint) { event in
            guard case .step(_, _, 1, _) = event else { return }
            do {
                _ = try trainer(epochs: 2).fit(try CheckpointTests.first(), on: split, checkpoint: checkpoint)
            } catch { refusals.add("\(error)") }
        }
        #expect(refusals.all.count == 2 && refusals.all.allSatisfy { $0.contains("another training keeps") })
        #expect(refusals.all.allSatisfy { $0.contains(checkpoint.file.path) }, "\(refusals.all)")
        #expect(!(try FileManager.default.contentsOfDirectory(atPath: tones.folder.url.path)).contains(".c.lock"))
        let again = try trainer(epochs: 2).fit(try network(), on: split, checkpoint: checkpoint)
        #expect(weights(again.recognizer) == weights(whole.recognizer))
    }

    /// What stands in a checkpoint contradicts itself, or is what no training comes to.
    @Test func checkpointsThatCannotBeAreRefused() throws {
        let tones = try Tones()
        let split = try tones.split()
        let file = tones.folder.path("c")
        _ = try trainer(epochs: 2).fit(try network(), on: split, checkpoint: Checkpoint(at: file), observe: { _ in })
        let data = try Data(contentsOf: file)
        func message(of changed: Data) throws -> String {
            try changed.write(to: file)
            let error = #expect(throws: TrainingError.self) {
                try trainer(epochs: 4).fit(
                    try network(), on: split, checkpoint: Checkpoint(at: file, resume: true), observe: { _ in })
            }
            let text = error.map { "\($0)" } ?? ""
            #expect(text.contains(file.path), "\(text)")
            return text
        }
        // 3 steps an epoch.
        for steps in [0, 5, 7, -6, Int.max] {
            let changed = try data.replacing(#"\"steps\":6"#, with: #"\"steps\":\#(steps)"#)
            #expect(try message(of: changed).contains("\(steps) steps are not those of 2 epochs of 3"))
        }
        for best in [0, 3] {
            let found = (1...2).compactMap { epoch in
                try? data.replacing(
                    #"\"bestEpoch\":\#(epoch)"#, with: #"\"bestEpoch\":\#(best)"#)
            }
            let changed = try #require(found.first)
            #expect(try message(of: changed).contains("epoch \(best) of 2 cannot be the best"))
        }
        // Accuracy beyond 1 and below 0, a learning rate and seconds that no clock and no rule give.
        for (column, figure) in [(1, 1.5), (3, -0.5), (4, -1), (4, .infinity), (5, -1), (5, .nan), (5, .infinity)] {
            let changed = try data.replacing(figure, inColumn: column)
            #expect(try message(of: changed).contains("epoch 2 holds figures that no training has"), "\(column)")
        }
        try data.write(to: file)
        _ = try trainer(epochs: 3).fit(try network(), on: split, checkpoint: Checkpoint(at: file, resume: true))
    }

    @Test func damagedCheckpointsAreRefused() throws {
        let tones = try Tones()
        let split = try tones.split()
        let file = tones.folder.path("c")
        _ = try trainer(epochs: 2).fit(try network(), on: split, checkpoint: Checkpoint(at: file), observe: { _ in })
        let data = try Data(contentsOf: file)
        var generator = RandomKey(seed: 5).generator
        let store = FeatureStore()
        for trial in 0..<60 {
            var copy = trial % 4 == 0 ? data.prefix(Int.random(in: 0..<data.count, using: &generator)) : data
            for _ in 0..<(trial % 4) {
                copy[Int.random(in: 0..<6000, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            try copy.write(to: file)
            do {
                _ = try trainer(epochs: 2).fit(
                    try network(), on: split, store: store, checkpoint: Checkpoint(at: file, resume: true),
                    observe: { _ in })
            } catch TrainingError.checkpoint(let error) { #expect(error.description.contains(file.path)) }
        }
        try trainer(epochs: 2).fit(try network(), on: split, observe: { _ in }).recognizer.save(to: file)
        let error = #expect(throws: TrainingError.self) {
            try trainer(epochs: 2).fit(
                try network(), on: split, checkpoint: Checkpoint(at: file, resume: true), observe: { _ in })
        }
        #expect(error?.description.contains("is a model, and holds nothing to go on from") == true)
    }
}
