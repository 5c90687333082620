// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Provenance as files of every format hold it: texts by name.
extension Provenance {
    /// One fact: its name in files, and its way to text and back.
    private struct Fact: Sendable {
        let name: String
        let text: @Sendable (Provenance) -> String?
        /// Says whether the text is one that the fact writes.
        let read: @Sendable (String, inout Provenance) -> Bool

        init<Value: LosslessStringConvertible & Sendable>(
            _ name: String, _ path: WritableKeyPath<Provenance, Value?> & Sendable
        ) {
            self.init(name, path, text: \.description) { Value($0) }
        }

        init<Value: Sendable>(
            _ name: String, _ path: WritableKeyPath<Provenance, Value?> & Sendable,
            text: @escaping @Sendable (Value) -> String, value: @escaping @Sendable (String) -> Value?
        ) {
            self.name = name
            self.text = { $0[keyPath: path].map(text) }
            read = {
                guard let value = value($0), text(value) == $0 else { return false }
                $1[keyPath: path] = value
                return true
            }
        }
    }

    private static let divergence = "the loss was no longer a number in epoch "

    private static let facts = [
        Fact("library", \.library), Fact("corpus", \.corpus), Fact("split", \.split), Fact("clips", \.clips),
        Fact("skipped", \.skipped), Fact("audit", \.audit), Fact("seed", \.seed), Fact("epochs", \.epochs),
        Fact("standardization", \.standardization), Fact("bestEpoch", \.bestEpoch),
        Fact("validationAccuracy", \.validationAccuracy), Fact("validationLoss", \.validationLoss),
        Fact("stopped", \.divergedInEpoch, text: { divergence + "\($0)" }) {
            middle(of: $0, after: divergence).flatMap { Int($0) }
        },
        Fact("calibration", \.calibration), Fact("network", \.network),
        Fact("testAccuracy", \.testAccuracy), Fact("testUAR", \.testUAR), Fact("testLoss", \.testLoss),
        Fact("start", \.start), Fact("source", \.source),
    ]

    /// All that is known, as texts by the names that files use.
    public var texts: [String: String] {
        Self.facts.reduce(into: extra) { texts, fact in
            if let text = fact.text(self) { texts[fact.name] = text }
        }
    }

    /// What texts by name tell. One that is not of its fact's form stays as it is, in ``extra``: ``texts`` gives back
    /// what was given.
    public init(texts: [String: String]) {
        self.init(extra: texts)
        for fact in Self.facts {
            if let text = texts[fact.name], fact.read(text, &self) { extra[fact.name] = nil }
        }
    }
}

extension Provenance: Codable {
    public init(from decoder: any Decoder) throws { self.init(texts: try [String: String](from: decoder)) }

    public func encode(to encoder: any Encoder) throws { try texts.encode(to: encoder) }
}

extension Provenance.ClipCounts: LosslessStringConvertible {
    /// Reads ``description``.
    public init?(_ description: String) {
        let parts = description.split(separator: ", ", omittingEmptySubsequences: false)
            .map { $0.split(separator: " ", omittingEmptySubsequences: false) }
        guard parts.count == 3, parts.allSatisfy({ $0.count == 2 }),
            parts.map({ String($0[0]) }) == ["training", "validation", "test"],
            let training = Int(parts[0][1]), let validation = Int(parts[1][1]), let test = Int(parts[2][1])
        else { return nil }
        self.init(training: training, validation: validation, test: test)
    }

    /// Such as `training 96, validation 12, test 12`.
    public var description: String { "training \(training), validation \(validation), test \(test)" }
}

extension Provenance.StandardizationOrigin: LosslessStringConvertible {
    /// Reads ``description``.
    public init?(_ description: String) {
        guard let origin = Self.allCases.first(where: { $0.description == description }) else { return nil }
        self = origin
    }

    /// In words.
    public var description: String {
        switch self {
        case .measured: "measured on the training part"
        case .kept: "kept from an earlier training"
        case .voice: "heard of one voice"
        }
    }
}

extension Provenance.Start: LosslessStringConvertible {
    private static let words = (weights: ", weights ", corpora: ", trained on ")
    private static let digits = 32

    /// Reads ``description``.
    public init?(_ description: String) {
        for place in description.ranges(of: Self.words.weights) {
            let rest = description[place.upperBound...], weights = rest.prefix(Self.digits)
            let corpora = rest.dropFirst(Self.digits)
            guard weights.count == Self.digits, weights.allSatisfy({ $0.isHexDigit && $0.isASCII }),
                corpora.isEmpty || corpora.hasPrefix(Self.words.corpora)
            else { continue }
            self.init(
                name: String(description[..<place.lowerBound]), weights: String(weights),
                corpora: corpora.isEmpty ? nil : String(corpora.dropFirst(Self.words.corpora.count)))
            return
        }
        return nil
    }

    /// Such as `english, weights 0123456789abcdef0123456789abcdef, trained on CREMA-D`.
    public var description: String {
        name + Self.words.weights + weights + (corpora.map { Self.words.corpora + $0 } ?? "")
    }
}

extension Provenance.CalibrationFit: LosslessStringConvertible {
    private static let words = (fitted: "temperature ", on: ", fitted on ", clips: " clips")
    private static let none = (none: "none: ", clips: " clips do not determine a temperature")

    /// Reads ``description``.
    public init?(_ description: String) {
        if let clips = middle(of: description, after: Self.none.none, before: Self.none.clips).flatMap({ Int($0) }) {
            self.init(temperature: nil, clips: clips)
            return
        }
        guard
            let numbers = middle(of: description, after: Self.words.fitted, before: Self.words.clips)?
                .split(separator: Self.words.on, omittingEmptySubsequences: false), numbers.count == 2,
            let temperature = Double(numbers[0]), let clips = Int(numbers[1])
        else { return nil }
        self.init(temperature: temperature, clips: clips)
    }

    /// Such as `temperature 1.234, fitted on 40 clips`.
    public var description: String {
        guard let temperature else { return "\(Self.none.none)\(clips)\(Self.none.clips)" }
        return "\(Self.words.fitted)\(temperature.significant(4))\(Self.words.on)\(clips)\(Self.words.clips)"
    }
}

/// What stands in a text between a beginning and an end.
private func middle(of text: String, after beginning: String, before end: String = "") -> Substring? {
    guard text.count > beginning.count + end.count, text.hasPrefix(beginning), text.hasSuffix(end) else { return nil }
    return text.dropFirst(beginning.count).dropLast(end.count)
}
