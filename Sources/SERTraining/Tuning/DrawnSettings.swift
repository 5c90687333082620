// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// A value of a setting: a number or a name. JSON holds it as such.
public enum SettingValue: Sendable, Hashable {
    /// A number, whole or not.
    case number(Double)
    /// A name, as of a schedule.
    case name(String)

    /// The number; nil for a name.
    public var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    /// Whether tables and files can hold it.
    var isTellable: Bool {
        switch self {
        case .number(let number): number.isFinite
        case .name(let name): !name.isEmpty && name.utf8.count <= SearchSpace.longestName
        }
    }
}

extension SettingValue: CustomStringConvertible {
    /// The value as a command line takes it: reading the text gives the very value again.
    public var description: String {
        switch self {
        case .number(let number):
            number == number.rounded() && abs(number) < 1e15 ? "\(Int(saturating: number))" : "\(number)"
        case .name(let name): name
        }
    }
}

extension SettingValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    public init(stringLiteral value: String) { self = .name(value) }
}

extension SettingValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // A name first: numbers that are none stand in results as texts, and no setting has them.
        if let name = try? container.decode(String.self) {
            self = .name(name)
        } else {
            self = .number(try container.decode(Double.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .name(let name): try container.encode(name)
        }
    }
}

/// The settings that a trial drew. JSON holds them under their names.
public struct DrawnSettings: Sendable, Hashable, Codable {
    private let values: [String: SettingValue]

    package init(_ values: [String: SettingValue]) { self.values = values }

    public init(from decoder: any Decoder) throws { values = try [String: SettingValue](from: decoder) }

    public func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }

    /// The value of a setting; nil where the space has none of that name.
    public subscript(name: String) -> SettingValue? { values[name] }

    /// The number that a setting drew; asking for one that the space has not, or for a name, stops the program.
    public func number(_ name: String) -> Double {
        guard let number = values[name]?.number else {
            stop(
                "number(_:): there is no number under the setting '\(name)'; there are \(names.joined(separator: ", "))"
            )
        }
        return number
    }

    /// The whole number that a setting drew; asking for another setting stops the program.
    public func integer(_ name: String) -> Int { Int(saturating: number(name)) }

    /// The value of a setting as a text; asking for one that the space has not stops the program.
    public func text(_ name: String) -> String {
        guard let value = values[name] else {
            stop("text(_:): there is no setting '\(name)'; there are \(names.joined(separator: ", "))")
        }
        return "\(value)"
    }

    /// The settings' names, sorted.
    var names: [String] { values.keys.sorted() }

    /// How many settings there are.
    var count: Int { values.count }

    /// The settings in words, in a space's order, such as `dropout 0.3, batch-size 32`.
    package func text(in space: SearchSpace) -> String {
        space.settings.map { "\($0.name) \(values[$0.name].map { "\($0)" } ?? "none")" }.joined(separator: ", ")
    }
}

extension SearchSpace {
    /// What the first trials draw. The draw of a trial depends on the space, the seed and its number alone, and not on
    /// how many there are or on what came of others; where it equals that of an earlier trial, the next one counts.
    /// - Returns: As many as are asked for, or fewer where the space has no more.
    package func draws(_ trials: Int, seed: UInt64) -> [DrawnSettings] {
        let key = RandomKey(seed: seed).derived("tuning"), most = min(trials, count ?? .max)
        var seen: Set<DrawnSettings> = [], draws: [DrawnSettings] = []
        // Numbers to four digits may run out as well; then some are drawn often before the last is.
        var repetitions = 0
        while draws.count < most, repetitions < 1000 * (draws.count + 10) {
            let own = key.derived(draws.count).derived(repetitions)
            let drawn = DrawnSettings(
                Dictionary(
                    settings.map { ($0.name, $0.values.drawn(by: own.derived($0.name))) },
                    uniquingKeysWith: { a, _ in a }))
            if seen.insert(drawn).inserted {
                draws.append(drawn)
                repetitions = 0
            } else {
                repetitions += 1
            }
        }
        return draws
    }

    /// Whether a trial can have drawn these settings.
    func contains(_ drawn: DrawnSettings) -> Bool {
        drawn.count == settings.count
            && settings.allSatisfy { setting in drawn[setting.name].map(setting.values.contains) ?? false }
    }
}

extension SearchSpace.Values {
    fileprivate func drawn(by key: RandomKey) -> SettingValue {
        var generator = key.generator
        switch self {
        case .uniform(let from, let to):
            return .number(Self.rounded(from + (to - from) * generator.drawFraction(), from, to))
        case .logUniform(let from, let to):
            let value = exp(log(from) + (log(to) - log(from)) * generator.drawFraction())
            return .number(Self.rounded(value, from, to))
        case .integers(let from, let to): return .number(Double(from + generator.draw(below: to - from + 1)))
        case .choice(let values): return values[generator.draw(below: values.count)]
        }
    }

    /// Four digits, so that a table shows all of a number and somebody can type it.
    private static func rounded(_ value: Double, _ from: Double, _ to: Double) -> Double {
        min(max(Double(value.significant(4)) ?? value, from), to)
    }
}
