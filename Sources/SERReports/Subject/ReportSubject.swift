// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

/// What a report tells of, whatever kind of results it comes from: networks, and what each made of the same clips.
package struct ReportSubject: Sendable {
    /// All folds of one training seed together, or the one run of an evaluation.
    struct Run: Sendable {
        var seed: UInt64?
        /// What the network made of the clips, in the order of ``ReportSubject/clips``.
        package var evaluation: Evaluation
        /// The same without temperatures; nil where nothing was calibrated.
        var uncalibrated: Evaluation?
        /// Which fold each clip was tested in, from 1; nil where there are no folds.
        var folds: [Int]?
        /// What was trained.
        var trainings: [Training]
    }

    /// The story of one training.
    struct Training: Sendable {
        /// The fold, from 1; nil where there are none.
        var fold: Int?
        var history: History
        /// The network, where several were to choose among.
        var network: String
    }

    /// A network with all its runs.
    struct Network: Sendable {
        var name: String
        var runs: [Run]
        var settings: [TrainingSettings]
        /// Whether what was heard of a speaker in other clips helped, as where features are standardised by speaker.
        var hearsVoices: Bool
        var parameters: Int?
        /// Duration of all trainings, in seconds.
        var seconds: Double?

        /// The figures' names hold it: letters, digits and hyphens alone.
        var slug: String
    }

    /// A setting, or what a model's file tells of its training.
    struct Fact: Sendable, Equatable {
        /// Who says so.
        enum Source: Sendable { case results, modelFile }

        var source = Source.results
        var name, value: String
        /// Whose it is, where results of several stand on one page.
        var owner: String?

        /// What it is called among all others.
        var title: String { (owner.map { "\($0): " } ?? "") + (source == .modelFile ? "model: " : "") + name }
    }

    /// The kind of the results.
    var kind: ResultsKind
    /// Whether clips were tested in turn, fold by fold.
    var hasFolds = false
    /// What is compared with what, for messages: the files' names.
    var source: String
    var corpus: String
    var synthetic: Bool
    var labels: [String]
    /// How the corpus was cut, in words.
    var cut: String
    /// What the parts of each fold hold and share.
    var cuts: [ExperimentResults.Fold]
    var clips: [TestedClip]
    var networks: [Network]
    var warnings: [String]
    /// What intervals are over; nil for speakers where all are known.
    var unit: ResamplingUnit?
    var bootstrap = Bootstrap()
    /// Networks that were asked for and are missing.
    var missing: [String] = []
    var skipped: [String]
    /// Whether somebody searched for the same sound in different files.
    var isSearched = false
    var libraries: [String]
    var commands: [[String]]
    /// Settings that are of no one network.
    var facts: [Fact]
    /// Sections that some kinds of results have besides.
    var further: [ReportPage.Section] = []

    /// Whether test speakers were heard in training, as far as anybody knows.
    var sharesSpeakers: Bool {
        cuts.contains { $0.audit.tested?.speakers.isEmpty == false }
    }

    /// What stands beside figures of networks that know voices by their other clips, after a comma; nothing where none does.
    var heardVoices: String {
        let own = networks.filter(\.hearsVoices)
        guard !own.isEmpty else { return "" }
        let whose = own.count == networks.count ? "" : "\(own.map(\.name).joined(separator: ", ")) "
        return ", \(whose)\(HeardVoices.mark)"
    }

    /// A name as it stands in names of files and in identifiers.
    static func slug(_ name: String) -> String {
        let kept = name.lowercased().unicodeScalars.map { scalar -> Character in
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
        }
        return String(String(kept).prefix(40))
    }

    /// Gives each network a name and a slug of its own.
    mutating func nameApart() {
        var names = Set<String>(), slugs = Set<String>()
        for index in networks.indices {
            let name = networks[index].name, slug = Self.slug(name)
            var number = 1
            while !names.insert(networks[index].name).inserted {
                number += 1
                networks[index].name = "\(name) (\(number))"
            }
            number = 1
            networks[index].slug = slug
            while !slugs.insert(networks[index].slug).inserted {
                number += 1
                networks[index].slug = "\(slug)-\(number)"
            }
        }
    }
}
