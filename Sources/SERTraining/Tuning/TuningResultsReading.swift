// SPDX-License-Identifier: Apache-2.0

import SERModels

extension TuningResults {
    /// Results from a file.
    /// - Throws: `DecodingError` for results that no tuning has.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys) throws -> Value {
            try container.decode(Value.self, forKey: key)
        }
        header = try value(.header)
        corpus = try value(.corpus)
        synthetic = try value(.synthetic)
        labels = try value(.labels)
        cut = try value(.cut)
        hasFolds = try value(.hasFolds)
        parts = try value(.parts)
        space = try value(.space)
        seed = try value(.seed)
        rungs = try value(.rungs)
        reduction = try value(.reduction)
        plannedTrials = try value(.plannedTrials)
        isComplete = try value(.isComplete)
        trials = try value(.trials)
        importance = try value(.importance)
        intervalUnit = try container.decodeIfPresent(String.self, forKey: .intervalUnit)
        training = try container.decodeIfPresent(TrainingSettings.self, forKey: .training)
        warnings = try value(.warnings)
        skipped = try value(.skipped)
        next = try container.decodeIfPresent([String].self, forKey: .next)
        if let fault {
            throw DecodingError.dataCorrupted(.init(codingPath: [CodingKeys.trials], debugDescription: fault))
        }
    }

    /// Longer names are no names.
    private static let longestName = 1000

    /// What contradicts itself, in words; nil where nothing does.
    private var fault: String? {
        if ([corpus] + labels).contains(where: { $0.utf8.count > Self.longestName }) { return "a name is too long" }
        guard Tuning.areRungs(rungs), reduction > 1 else { return "no trials are compared after such epochs" }
        guard (0...Tuning.mostTrials).contains(plannedTrials), trials.count <= plannedTrials else {
            return "it has more trials than were to be drawn"
        }
        var last = 0
        for trial in trials {
            guard trial.number > last, trial.number <= plannedTrials else { return "a trial has no number of its own" }
            last = trial.number
            if let fault = fault(of: trial) { return "trial \(trial.number) \(fault)" }
        }
        let names = Set(space.settings.map(\.name))
        for setting in importance where !names.contains(setting.name) || !setting.isPossible {
            return "a setting decides what none can"
        }
        return nil
    }

    private func fault(of trial: Trial) -> String? {
        guard space.contains(trial.settings) else { return "has settings that cannot be drawn" }
        guard !trial.rungs.isEmpty, trial.rungs.map(\.epochs) == Array(rungs.prefix(trial.rungs.count)) else {
            return "was not compared after the epochs that the others were"
        }
        return trial.rungs.allSatisfy { $0.isPossible(folds: parts.count) } ? nil : "has a score that there cannot be"
    }
}

extension TuningResults.Rung {
    /// Whether a training can have given it.
    func isPossible(folds: Int) -> Bool {
        let shares = foldScores + [score, interval?.lower, interval?.upper].compactMap { $0 }
        return shares.allSatisfy { (0...1).contains($0) } && foldScores.count == (score == nil ? 0 : folds)
            && bestEpochs.count == foldScores.count && bestEpochs.allSatisfy { (1...epochs).contains($0) }
            && (divergedInEpoch.map { (1...epochs).contains($0) } ?? (score != nil)) && seconds >= 0 && seconds.isFinite
    }
}

extension SettingImportance {
    /// Whether it can have been measured.
    fileprivate var isPossible: Bool {
        [share, expected, pValue, adjustedPValue].allSatisfy { (0...1).contains($0) }
            && (correlation.map { (-1...1).contains($0) } ?? true)
            && groups.allSatisfy { $0.trials > 0 && ($0.mean.map { (0...1).contains($0) } ?? true) }
            && groups.count <= SearchSpace.mostSettings
    }
}
