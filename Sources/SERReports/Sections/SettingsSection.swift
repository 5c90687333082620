// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

extension ReportSubject {
    /// All settings, and how to make the results again.
    func settingsSection() -> ReportPage.Section {
        var pieces: [ReportPage.Piece] = []
        if commands.isEmpty {
            pieces.append(
                .paragraph("The results were made by a program of its own, which did not say how it was run."))
        } else {
            pieces.append(
                .paragraph(commands.count == 1 ? "The command that made them:" : "The commands that made them:"))
            pieces.append(.command(commands.map(Self.shellText).joined(separator: "\n")))
        }
        pieces.append(
            .table(
                .init(
                    caption: "Settings.",
                    columns: [.init("setting", isNumber: false), .init("value", isNumber: false)],
                    rows: rows)))
        return .init("Settings, and how to repeat it", pieces)
    }

    private var rows: [[String]] {
        var rows = [["library", libraries.map { "SER \($0)" }.joined(separator: ", ")], ["corpus", corpus]]
        rows += [["labels", labels.joined(separator: ", ")]]
        rows += facts.map { [$0.title, SettingText.readable($0.value)] }
        rows.append([
            "intervals",
            "BCa bootstrap over \(units), \(bootstrap.resamples) resamples, seed \(bootstrap.seed), level "
                + "\((bootstrap.level * 100).significant(3)) %",
        ])
        for network in networks {
            for settings in network.settings {
                let name = settings.name.uppercased()
                rows += settings.facts.map { ["\(name): \($0.0)", SettingText.readable($0.1)] }
            }
        }
        return rows
    }

    /// Arguments as a shell takes them.
    package static func shellText(_ arguments: [String]) -> String {
        arguments.map { argument in
            let isPlain =
                !argument.isEmpty
                && argument.unicodeScalars.allSatisfy {
                    $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./,:=+@%~".unicodeScalars.contains($0)
                }
            return isPlain ? argument : "'\(argument.replacing("'", with: "'\\''"))'"
        }.joined(separator: " ")
    }
}

extension TrainingSettings {
    /// The settings with what they are.
    var facts: [(String, String)] {
        var facts = [
            ("parameters", grouped(parameters)), ("features", features), ("duration", "\(duration.significant(6)) s"),
        ]
        if let standardizedBy { facts.append(("standardised by", standardizedBy)) }
        if let linear {
            facts.append(("solved for at once", linear))
        } else {
            facts += [
                ("epochs", "\(epochs)"), ("batch size", "\(batchSize)"), ("optimizer", optimizer),
                ("learning rate schedule", schedule), ("loss", loss), ("epoch kept by", selection),
            ]
        }
        if let start { facts.append(("trained on from", "\(start)")) }
        if let frozen { facts.append(("frozen", frozen.joined(separator: ", "))) }
        if let sampling {
            facts.append(("clips drawn for", sampling == .balancedClasses ? "equal classes" : "equal corpora"))
        }
        if accumulation > 1 { facts.append(("batches an update", "\(accumulation)")) }
        if let patience { facts.append(("patience", counted(patience, "epoch"))) }
        if let stoppingRule { facts.append(("stopping rule", stoppingRule)) }
        if let clipping { facts.append(("clipping", clipping)) }
        facts.append(("temperature", calibrates ? "fitted on the validation part" : "none"))
        return facts
    }
}
