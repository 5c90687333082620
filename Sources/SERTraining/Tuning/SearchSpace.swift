// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which settings a ``Tuning`` draws, and from what.
///
/// ```swift
/// let space = try SearchSpace([
///     .init("learning rate", .logUniform(from: 1e-4, to: 1e-2)), .init("units", .integers(from: 16, to: 128)),
///     .init("features", .choice(of: ["mfcc", "logmel"])),
/// ])
/// ```
/// Settings are drawn independently of each other: where few of many matter, as is usual, each trial tries another value
/// of those that do, which a grid does not (Bergstra and Bengio, Journal of Machine Learning Research 13, 2012).
public struct SearchSpace: Sendable, Equatable {
    /// A named setting.
    public struct Setting: Sendable, Equatable, Codable {
        /// What candidates and results call it.
        public let name: String
        /// What its values are drawn from.
        public let values: Values

        /// A setting of a name, drawn from some values.
        public init(_ name: String, _ values: Values) {
            self.name = name
            self.values = values
        }
    }

    /// What the values of a setting are drawn from.
    public enum Values: Sendable, Equatable, Codable {
        /// Numbers between two ends, each equally likely, to four digits.
        case uniform(from: Double, to: Double)
        /// Numbers between two ends above 0, to four digits: equal factors are equally likely, as suits learning rates.
        case logUniform(from: Double, to: Double)
        /// Whole numbers from one to another, both included, each equally likely.
        case integers(from: Int, to: Int)
        /// One of a list, each equally likely.
        case choice(of: [SettingValue])
    }

    /// The settings, in the order in which they are told.
    public let settings: [Setting]

    /// The most settings of a space, and the most values of a choice.
    static let mostSettings = 100
    /// Longer names are no names.
    static let longestName = 200

    /// A space of settings.
    /// - Throws: ``SearchSpaceError`` for a space from which nothing can be drawn.
    public init(_ settings: [Setting]) throws(SearchSpaceError) {
        guard !settings.isEmpty else { throw .empty }
        guard settings.count <= Self.mostSettings else { throw .tooMany(settings.count, most: Self.mostSettings) }
        var seen: Set<String> = []
        for setting in settings {
            try setting.validate()
            guard seen.insert(setting.name).inserted else { throw .repeated(setting.name) }
        }
        self.settings = settings
    }

    /// How many different draws there are; nil where numbers between two ends are among them.
    public var count: Int? {
        var count = 1
        for setting in settings {
            guard let own = setting.values.count else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: own)
            count = overflow ? .max : product
        }
        return count
    }
}

extension SearchSpace.Values {
    /// How many values there are; nil for numbers between two ends.
    var count: Int? {
        switch self {
        case .uniform(let from, let to), .logUniform(let from, let to): from == to ? 1 : nil
        case .integers(let from, let to): to - from + 1
        case .choice(let values): values.count
        }
    }

    /// Whether values have an order.
    package var isOrdered: Bool {
        guard case .choice(let values) = self else { return true }
        return values.allSatisfy { $0.number != nil }
    }

    /// Whether equal factors are equally likely.
    package var isLogarithmic: Bool {
        if case .logUniform = self { true } else { false }
    }

    /// Whether a value can have been drawn.
    func contains(_ value: SettingValue) -> Bool {
        switch (self, value) {
        case (.uniform(let from, let to), .number(let number)), (.logUniform(let from, let to), .number(let number)):
            (from...to).contains(number)
        case (.integers(let from, let to), .number(let number)):
            number == number.rounded() && (Double(from)...Double(to)).contains(number)
        case (.choice(let values), _): values.contains(value)
        default: false
        }
    }
}

extension SearchSpace.Setting {
    /// Whole numbers beyond are none as floating point holds them.
    private static let mostInteger = 1 << 52

    fileprivate func validate() throws(SearchSpaceError) {
        guard !name.isEmpty, name.utf8.count <= SearchSpace.longestName else { throw .name(name) }
        func refuse(_ reason: String) -> SearchSpaceError { .values(setting: name, reason: reason) }
        switch values {
        case .uniform(let from, let to), .logUniform(let from, let to):
            guard from.isFinite, to.isFinite, (to - from).isFinite else { throw refuse("its ends are no numbers") }
            guard from <= to else { throw refuse("it goes from \(from) to \(to): name the smaller end first") }
            if values.isLogarithmic, from <= 0 {
                throw refuse("its ends are factors apart, so both must be above 0; the lower one is \(from)")
            }
        case .integers(let from, let to):
            guard from <= to else { throw refuse("it goes from \(from) to \(to): name the smaller end first") }
            guard max(from.magnitude, to.magnitude) <= Self.mostInteger else { throw refuse("its ends are too large") }
        case .choice(let values):
            guard !values.isEmpty else { throw refuse("there is nothing to choose from") }
            guard values.count <= SearchSpace.mostSettings else {
                throw refuse("it has \(values.count) choices; at most \(SearchSpace.mostSettings) are taken")
            }
            guard Set(values).count == values.count else { throw refuse("a choice is named twice") }
            guard values.allSatisfy(\.isTellable) else { throw refuse("a choice is no number, or too long a name") }
        }
    }
}

extension SearchSpace: Codable {
    /// The space from its JSON, a list of settings.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let settings = try container.decode([Setting].self)
        do throws(SearchSpaceError) { try self.init(settings) } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(settings)
    }
}

/// Why nothing can be drawn from a space of settings.
public enum SearchSpaceError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// It has no settings.
    case empty
    /// It has more settings than are taken.
    case tooMany(Int, most: Int)
    /// A name that is empty or too long.
    case name(String)
    /// Two settings have one name.
    case repeated(String)
    /// The values of a setting cannot be.
    case values(setting: String, reason: String)

    public var description: String {
        switch self {
        case .empty: "There is no setting to draw: name at least one, with its values."
        case .tooMany(let count, let most): "\(count) settings are to be drawn; at most \(most) are taken."
        case .name(let name):
            "A setting has a name of \(name.utf8.count) bytes: it must have 1 to \(SearchSpace.longestName)."
        case .repeated(let name): "The setting \(name) is named twice: name all its values at once."
        case .values(let setting, let reason): "The setting \(setting) cannot be drawn: \(reason)."
        }
    }

    public var errorDescription: String? { description }
}
