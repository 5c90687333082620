// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining
import Synchronization

/// A page that tells how trainings go while they do: what a browser is shown when it asks.
///
/// A training only notes its epochs here; the page is drawn when somebody looks. Safe to use from several threads.
package final class LiveReport: Sendable {
    /// A network in training or trained.
    private struct Network {
        var name: String
        var history = History()
        var epochs = 0
        var extracted: (done: Int, total: Int)?
        var steps: (done: Int, total: Int)?
        var testAccuracy: Double?

        mutating func note(_ event: Trainer.Event) {
            switch event {
            case .extracting(let done, let total): extracted = (done, total)
            case .resumed(let history): self.history = history
            case .step(let epoch, let epochs, let done, let total):
                self.epochs = epochs
                steps = ((epoch - 1) * total + done, epochs * total)
            case .epoch(let record, _):
                history.epochs.append(record)
                if history.best.map(record.isBetter(than:)) ?? true { history.bestEpoch = record.epoch }
            case .finished: break
            }
        }
    }

    private struct State {
        var networks: [Network] = []
        var last: String?
        var asked: Date?
        var hasShownLast = false
    }

    /// After how many seconds a browser asks again.
    package static let refreshSeconds = 2

    private let corpus, split: String
    private let trainingClips: Int
    private let warnings: [String]
    private let state = Mutex(State())

    /// A page of trainings on a split, with what its parts share.
    package init(on split: DataSplit, audit: SplitAudit) {
        corpus = split.corpus.name
        self.split = split.summary
        trainingClips = split.train.count
        warnings = audit.warnings
    }

    /// Notes what happens in the training of a network, and hands it on.
    package func observer(
        of network: String, and next: @escaping @Sendable (Trainer.Event) -> Void
    ) -> @Sendable (Trainer.Event) -> Void {
        let place = state.withLock { state in
            state.networks.append(Network(name: network))
            return state.networks.count - 1
        }
        return { event in
            self.state.withLock { $0.networks[place].note(event) }
            next(event)
        }
    }

    /// Notes what the newest network reached on the test part.
    package func tested(accuracy: Double) {
        state.withLock { state in
            guard let newest = state.networks.indices.last else { return }
            state.networks[newest].testAccuracy = accuracy
        }
    }

    /// Shows this page from now on.
    package func finish(_ html: String) { state.withLock { $0.last = html } }

    /// The page as it is now, for somebody who asks.
    package func answer() -> String {
        let (networks, last) = state.withLock { state in
            state.asked = Date()
            if state.last != nil { state.hasShownLast = true }
            return (state.networks, state.last)
        }
        return last ?? page(networks).html
    }

    /// Waits until whoever is looking has been shown the last page, two refreshes at most.
    package func waitForLastLook() {
        let patience = Double(2 * Self.refreshSeconds), start = Date()
        while Date().timeIntervalSince(start) < patience {
            let isDone = state.withLock { state in
                state.last == nil || state.hasShownLast
                    || (state.asked.map { start.timeIntervalSince($0) > patience } ?? true)
            }
            if isDone { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    private func page(_ networks: [Network]) -> ReportPage {
        guard let current = networks.last else {
            return live(ReportPage(title: "\(corpus): getting ready", summary: "Nothing is trained yet."))
        }
        // How many epochs there will be is known from the first step on.
        let epoch = current.epochs > 0 ? ", epoch \(current.history.epochs.count) of \(current.epochs)" : ""
        var page = ReportPage(
            title: "\(current.name) on \(corpus)\(epoch)", summary: summary(current), warnings: warnings,
            highlights: highlights(current))
        if !current.history.epochs.isEmpty {
            let figure = TrainingFigure(title: current.name, history: current.history)
            page.sections.append(
                .init(
                    "So far",
                    [
                        .figures(
                            [figure.loss, figure.accuracy].map { .init($0.figure, caption: "over the epochs so far.") }),
                        .table(epochTable(current)),
                    ]))
        }
        let finished = networks.dropLast()
        if !finished.isEmpty {
            page.sections.append(.init("Trained before", [.table(finishedTable(Array(finished)))]))
        }
        return live(page)
    }

    private func live(_ page: ReportPage) -> ReportPage {
        var page = page
        page.refreshSeconds = Self.refreshSeconds
        page.footer = "Loaded again every \(Self.refreshSeconds) seconds while the training runs. \(split)."
        return page
    }

    private func summary(_ network: Network) -> String {
        guard let newest = network.history.epochs.last, let best = network.history.best else {
            if let extracted = network.extracted, extracted.done < extracted.total {
                return "Reading the recordings: \(extracted.done) of \(extracted.total)."
            }
            return "In its first epoch\(network.steps.map { ": step \($0.done) of \($0.total) in all" } ?? "")."
        }
        return
            "After epoch \(newest.epoch) of \(network.epochs), \((newest.validationAccuracy * 100).fixed(1)) % of the "
            + "validation part are right; best so far \((best.validationAccuracy * 100).fixed(1)) % after epoch "
            + "\(best.epoch). The test part is looked at when the training has ended."
    }

    private func highlights(_ network: Network) -> [ReportPage.Highlight] {
        let epochs = network.history.epochs
        guard let newest = epochs.last else { return [] }
        let recent = epochs.suffix(10)
        let each = recent.reduce(0) { $0 + $1.seconds } / Double(recent.count)
        let rate = Double(trainingClips) / max(each, 1e-6)
        let left = each * Double(max(0, network.epochs - newest.epoch))
        return [
            .init(newest.validationAccuracy.fixed(3), "validation accuracy"),
            .init(newest.validationLoss.fixed(3), "validation loss"),
            .init(
                rate < 100 ? rate.significant(3) : grouped(Int(saturating: rate)), "clips a second",
                note: "\(each.significant(3)) s an epoch"),
            .init(Self.duration(left), "left", note: "epoch \(newest.epoch) of \(network.epochs)"),
        ]
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(saturating: seconds, rounding: .up)
        if whole < 60 { return "\(whole) s" }
        return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    private func epochTable(_ network: Network) -> ReportPage.Table {
        var table = ReportPage.Table(
            "The newest epochs; the best so far is bold.", "epoch",
            ["training loss", "accuracy", "validation loss", "accuracy", "learning rate", "seconds"],
            rows: network.history.epochs.suffix(12).reversed().map { record in
                [
                    "\(record.epoch)", record.trainLoss.fixed(4), record.trainAccuracy.fixed(4),
                    record.validationLoss.fixed(4), record.validationAccuracy.fixed(4),
                    record.learningRate.significant(3), record.seconds.fixed(2),
                ]
            })
        if let row = table.rows.firstIndex(where: { $0[0] == "\(network.history.bestEpoch)" }) { table.strong = [row] }
        return table
    }

    private func finishedTable(_ networks: [Network]) -> ReportPage.Table {
        ReportPage.Table(
            "Networks that are trained.", "network", ["epoch kept", "validation accuracy", "test accuracy", "seconds"],
            rows: networks.map { network in
                [
                    network.name, "\(network.history.bestEpoch)",
                    network.history.best?.validationAccuracy.fixed(4) ?? "–",
                    network.testAccuracy?.fixed(4) ?? "–", network.history.seconds.fixed(1),
                ]
            })
    }
}
