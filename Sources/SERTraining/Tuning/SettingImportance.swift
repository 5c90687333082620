// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// How much one setting, by itself, decided the order of the trials of a ``Tuning`` after the first rung.
///
/// Trials are put into groups by their value of the setting (each choice one, of numbers three to five ranges with as
/// many trials each), and ``share`` is how much of the variance of the ranks of their scores lies between the groups,
/// `RankStatistics`. It asks for no shape: the best value may lie in the middle.
///
/// What it cannot say: it is of a few epochs, where what slows learning down, such as dropout, looks worse than after
/// many. It sees no setting that matters together with another alone. It is of the space that was searched: a setting
/// whose range was small mattered little. With few trials it is coarse, and ``expected`` of it comes by chance.
public struct SettingImportance: Codable, Sendable, Equatable {
    /// The trials of one choice, or of one range of numbers.
    public struct Group: Codable, Sendable, Equatable {
        /// The choice, or the range as in `0.0001 to 0.001`.
        public let name: String
        /// How many trials there are.
        public let trials: Int
        /// The mean of their scores, those left out that have none; nil for none.
        public let mean: Double?
    }

    /// The setting.
    public let name: String
    /// How much of the variance of the scores' ranks lies between the groups, 0...1.
    public let share: Double
    /// The share that chance alone gives on average: groups less one, in trials less one.
    public let expected: Double
    /// The probability of a share as large where the setting decides nothing, by 9,999 random permutations.
    public let pValue: Double
    /// The same, corrected for looking at several settings (``HolmCorrection``).
    public let adjustedPValue: Double
    /// Spearman's rank correlation of value and score, -1...1: above 0 where more is better; nil for names.
    public let correlation: Double?
    /// The groups, in order.
    public let groups: [Group]

    private static let permutations = 9999
    /// With fewer trials nothing is told.
    static let leastTrials = 6

    /// The importance of all settings of a space, the most important first.
    /// - Parameter trials: What each trial drew, and its score; nil for one that has none, which counts as the worst.
    package static func all(
        in space: SearchSpace, _ trials: [(settings: DrawnSettings, score: Double?)]
    ) -> [SettingImportance] {
        guard trials.count >= leastTrials else { return [] }
        let scores = trials.map { $0.score ?? -.infinity }
        var found: [(setting: SearchSpace.Setting, groups: [Int], share: Double, pValue: Double)] = []
        for setting in space.settings {
            let groups = groups(trials.map { $0.settings[setting.name] }, setting.values)
            guard let share = RankStatistics.shareBetween(scores, groups: groups),
                let pValue = RankStatistics.permutationPValue(
                    scores, groups: groups, permutations: permutations,
                    key: RandomKey(seed: 1).derived("importance").derived(setting.name))
            else { continue }
            found.append((setting, groups, share, pValue))
        }
        let adjusted = HolmCorrection.adjusted(found.map(\.pValue))
        let all = zip(found, adjusted).map { found, adjusted in
            SettingImportance(
                found.setting, of: trials, groups: found.groups, share: found.share, pValue: found.pValue,
                adjustedPValue: adjusted ?? found.pValue)
        }
        let places = Dictionary(uniqueKeysWithValues: space.settings.enumerated().map { ($1.name, $0) })
        return all.sorted { ($0.share, places[$1.name] ?? 0) > ($1.share, places[$0.name] ?? 0) }
    }

    private init(
        _ setting: SearchSpace.Setting, of trials: [(settings: DrawnSettings, score: Double?)], groups: [Int],
        share: Double, pValue: Double, adjustedPValue: Double
    ) {
        let values = trials.map { $0.settings[setting.name] }, scores = trials.map { $0.score ?? -.infinity }
        let count = (groups.max() ?? 0) + 1
        name = setting.name
        self.share = min(share, 1)
        expected = Double(Set(groups).count - 1) / Double(trials.count - 1)
        self.pValue = pValue
        self.adjustedPValue = adjustedPValue
        correlation =
            setting.values.isOrdered
            ? RankStatistics.correlation(values.map { $0?.number ?? .nan }, scores).map { min(max($0, -1), 1) } : nil
        self.groups = (0..<count).compactMap { group in
            let own = groups.indices.filter { groups[$0] == group }
            guard !own.isEmpty else { return nil }
            let known = own.compactMap { trials[$0].score }
            return Group(
                name: Self.name(of: own.compactMap { values[$0] }), trials: own.count,
                mean: known.isEmpty ? nil : known.reduce(0, +) / Double(known.count))
        }
    }

    /// The group of each trial: that of its choice, or of its place among the numbers; equal numbers stay together.
    private static func groups(_ values: [SettingValue?], _ drawn: SearchSpace.Values) -> [Int] {
        if case .choice(let choices) = drawn {
            return values.map { value in value.flatMap(choices.firstIndex) ?? 0 }
        }
        let numbers = values.map { $0?.number ?? .nan }
        let ranges = values.count < 30 ? 3 : values.count < 60 ? 4 : 5
        let distinct = Set(numbers).sorted()
        if distinct.count <= ranges { return numbers.map { distinct.firstIndex(of: $0) ?? 0 } }
        return numbers.map { number in
            let before = numbers.count { $0 < number }, equal = numbers.count { $0 == number }
            return min((2 * before + equal) * ranges / (2 * numbers.count), ranges - 1)
        }
    }

    private static func name(of values: [SettingValue]) -> String {
        let numbers = values.compactMap(\.number)
        guard let least = numbers.min(), let greatest = numbers.max(), least < greatest else {
            return values.first.map { "\($0)" } ?? ""
        }
        return "\(SettingValue.number(least)) to \(SettingValue.number(greatest))"
    }
}
