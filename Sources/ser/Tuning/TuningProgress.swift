// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining
import Synchronization

/// Shows how a tuning goes on standard error: a line that is redrawn on a terminal, plain lines in a pipe.
final class TuningProgress: Sendable {
    private struct State {
        var features: ProgressLine?
        var training: ProgressLine?
        var title = ""
        /// The settings of trials that have been told.
        var told: Set<Int> = []

        mutating func show(_ event: Tuning.Event) {
            switch event {
            case .extracting(let done, let total):
                if features == nil { features = ProgressLine("features", total: total, unit: "clips") }
                features?.update(completed: done)
                if done == total {
                    features?.finish()
                    features = nil
                }
            case .resumed(let finished):
                StandardStream.errors.write(
                    "\(finished) \(finished == 1 ? "training was" : "trainings were") finished before\n")
            case .began(let trial, let settings, let epochs):
                title = "trial \(trial), to epoch \(epochs)"
                training = nil
                if told.insert(trial).inserted { StandardStream.errors.write("trial \(trial): \(settings)\n") }
            case .epoch(_, let done, let total):
                if training == nil { training = ProgressLine(title, total: total, unit: "epochs") }
                training?.update(completed: done)
            case .scored(_, let rung):
                let diverged = rung.divergedInEpoch.map { ", diverged in epoch \($0)" } ?? ""
                let text = "UAR \(rung.score?.fixed(4) ?? "none")\(diverged)"
                if let training {
                    training.finish(note: text)
                } else {
                    StandardStream.errors.write("\(title): \(text)\n")
                }
            }
        }
    }

    private let state = Mutex(State())

    /// An observer of a tuning.
    static func standard() -> @Sendable (Tuning.Event) -> Void {
        let display = TuningProgress()
        return { event in display.state.withLock { $0.show(event) } }
    }
}
