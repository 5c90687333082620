// SPDX-License-Identifier: Apache-2.0

import SERModels

/// What is said of figures that were made with more than each clip: features standardised by speaker know of a voice what
/// all its clips in the tested part tell.
package enum HeardVoices {
    /// What stands beside a figure.
    package static let mark = "by speaker: with every speaker's other clips heard, without their labels"
}

extension TrainingSettings {
    /// Whether features were standardised by speaker.
    package var hearsVoices: Bool { standardizedBy == Standardization.Scope.speaker.rawValue }
}

extension ExperimentResults {
    /// Whether the figures of a network, or of one of those that were to choose among, are of voices that were heard.
    package func hearsVoices(_ network: String) -> Bool {
        candidates.contains { ($0.name == network || choice != nil) && $0.hearsVoices }
    }
}

extension [String] {
    /// The warning about the figures of networks of these names; nil for none.
    var warningOfHeardVoices: String? {
        isEmpty
            ? nil
            : "The features of \(map { $0.uppercased() }.joined(separator: ", ")) are standardised by speaker: all "
                + "clips of a speaker in the tested part were heard, without their labels, before any of them was recognised. Of "
                + "a voice that is heard for the first time the network knows less."
    }
}
