// SPDX-License-Identifier: Apache-2.0

/// All that decides the result of a fold with a seed.
struct FoldIdentity: Codable, Sendable, Equatable {
    /// How the corpus is cut, in words.
    var `protocol`: String
    /// The seed of the folds.
    var foldSeed: UInt64
    /// The share of each class of a fold's rest that validates.
    var validation: Double
    /// What validation parts have to themselves; nil for nothing.
    var validatedBy: Grouping?
    /// The candidates' names.
    var networks: [String]
    /// How often each candidate sees every training clip.
    var epochs: [Int]
    /// Whether each candidate's confidences are calibrated.
    var calibrates: [Bool]
    /// How the inner folds are cut that choose among several candidates, in words; nil where there is one.
    var inner: String?
    /// A fingerprint of the test part: names, emotions and sounds of its clips.
    var tested: ContentDigest
    /// For each candidate, ``TrainingIdentity`` as JSON text.
    var trainings: [String]

    /// What differs between a kept fold's identity and this one, in words.
    func differences(from saved: FoldIdentity) -> [String] {
        var told: [String] = []
        func compare<Value: Equatable>(
            _ field: KeyPath<FoldIdentity, Value>, _ name: String, _ text: (Value) -> String = { "\($0)" }
        ) {
            let before = saved[keyPath: field], now = self[keyPath: field]
            if before != now { told.append("\(name) was \(text(before)) and is \(text(now))") }
        }
        func list<Value>(_ values: [Value]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
        compare(\.protocol, "the protocol")
        compare(\.foldSeed, "the seed of the folds")
        compare(\.validation, "the share that validates")
        compare(\.validatedBy, "what validation parts have to themselves") { $0?.rawValue ?? "nothing" }
        compare(\.networks, "the networks", list)
        compare(\.epochs, "the number of epochs", list)
        compare(\.calibrates, "calibration") { list($0.map { $0 ? "a temperature" : "none" }) }
        compare(\.inner, "the inner folds") { $0 ?? "none" }
        if saved.tested != tested { told.append("the content of the test part is another") }
        // Trainings follow from what was told.
        guard told.isEmpty else { return told }
        return zip(saved.trainings, trainings).flatMap { TrainingIdentity.differences(from: $0, to: $1) }
    }
}
