// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERSupport
import SERTraining

/// Settings of a recipe with what they are drawn from, as `learning-rate=1e-4..1e-2,batch-size=16/32/64`.
struct SearchedSettings: ExpressibleByArgument {
    private(set) var settings: [SearchSpace.Setting] = []
    /// What is wrong with what was typed, which the parser alone would call invalid without a reason.
    private(set) var fault: String?

    /// How the values of an option between two ends are drawn.
    private enum Kind {
        /// Equal factors are equally likely.
        case factors
        case numbers, integers
        /// There is nothing between two of them.
        case names
    }

    /// The options that can be drawn: those that say how a network is trained, and not on what.
    private static let kinds: KeyValuePairs<String, Kind> = [
        "learning-rate": .factors, "weight-decay": .factors, "clip-norm": .factors, "batch-size": .integers,
        "dropout": .numbers, "label-smoothing": .numbers, "duration": .numbers, "coefficients": .integers,
        "rate": .integers, "schedule": .names, "augmentation": .names, "features": .names, "ann-input": .names,
        "standardize": .names,
    ]

    static let names: [String] = kinds.map(\.key)

    init?(argument: String) {
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                fault = "\(part): write a setting as in learning-rate=1e-4..1e-2 or batch-size=16/32/64."
                return
            }
            let name = sides[0].hasPrefix("--") ? String(sides[0].dropFirst(2)) : sides[0]
            guard let kind = Self.kinds.first(where: { $0.key == name })?.value else {
                fault =
                    "\(name): no such setting can be drawn. \(nearMatches(of: name, among: Self.names).sentence) There are "
                    + Self.names.joined(separator: ", ") + "."
                return
            }
            guard let values = values(of: name, kind, sides[1]) else { return }
            settings.append(SearchSpace.Setting(name, values))
        }
    }

    /// What a setting is drawn from; nil where it cannot be, which is told.
    private mutating func values(of name: String, _ kind: Kind, _ text: String) -> SearchSpace.Values? {
        if let range = text.range(of: "..") {
            let ends = [text[..<range.lowerBound], text[range.upperBound...]].map { Double($0) }
            guard kind != .names else {
                fault = "\(name)=\(text): it is a name, not a number: write its choices as in \(name)=one/other."
                return nil
            }
            guard ends.count == 2, let from = ends[0], let to = ends[1] else {
                fault = "\(name)=\(text): write two numbers with .. between them, as in 0.1..0.5."
                return nil
            }
            switch kind {
            case .factors: return .logUniform(from: from, to: to)
            case .numbers: return .uniform(from: from, to: to)
            case .integers, .names:
                guard from == from.rounded(), to == to.rounded(), abs(from) < 1e15, abs(to) < 1e15 else {
                    fault = "\(name)=\(text): write whole numbers, as in 16..64."
                    return nil
                }
                return .integers(from: Int(saturating: from), to: Int(saturating: to))
            }
        }
        // Shells take | for a pipe, so that it must be quoted; / need not be.
        let choices = text.split(omittingEmptySubsequences: false) { "/|".contains($0) }.map(String.init)
        guard choices.allSatisfy({ !$0.isEmpty }) else {
            fault = "\(name)=\(text): a choice is empty; write them as in \(name)=one/other."
            return nil
        }
        guard kind != .names else { return .choice(of: choices.map(SettingValue.name)) }
        let numbers = choices.compactMap { Double($0) }
        guard numbers.count == choices.count else {
            fault = "\(name)=\(text): write numbers, as in \(name)=1/2/4 or \(name)=1..4."
            return nil
        }
        return .choice(of: numbers.map(SettingValue.number))
    }
}

/// Numbers of epochs, ascending, with commas between them.
struct RungList: ExpressibleByArgument {
    let epochs: [Int]

    init?(argument: String) {
        let parsed = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        epochs = parsed.compactMap { $0 }
        guard !epochs.isEmpty, epochs.count == parsed.count else { return nil }
    }

    init(_ epochs: [Int]) { self.epochs = epochs }

    /// Up to three rungs of a training, each as many epochs as the last of `reduction` times as many, of which so many
    /// trials reach the end.
    init(upTo epochs: Int, trials: Int, reduction: Int) {
        var rungs = [epochs], needed = reduction
        while rungs.count < 3, needed <= trials, rungs[0] > 1 {
            rungs.insert((rungs[0] + reduction - 1) / reduction, at: 0)
            needed *= reduction
        }
        self.epochs = rungs
    }
}
