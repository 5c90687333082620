// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining
import Synchronization

/// Shows how an experiment over folds goes on standard error: a line that is redrawn on a terminal, plain lines in a
/// pipe.
final class FoldsProgress: Sendable {
    private struct State {
        var features: ProgressLine?
        var epochs: ProgressLine?
        var note = ""

        mutating func show(_ event: Experiment.Event) {
            switch event {
            case .extracting(let done, let total):
                if features == nil { features = ProgressLine("features", total: total, unit: "clips") }
                features?.update(completed: done)
                if done == total {
                    features?.finish()
                    features = nil
                }
            case .resumed(let finished, let total):
                StandardStream.errors.write("\(finished) of \(total) folds were finished before\n")
            case .training: break
            case .epoch(let done, let total):
                if epochs == nil { epochs = ProgressLine("training", total: total, unit: "epochs") }
                epochs?.update(completed: done)
                if done == total { epochs?.finish(note: note) }
            case .tested(let run, let finished, let total):
                note = "\(finished)/\(total) folds"
                epochs?.message(
                    "\(run.candidate.uppercased()), fold \(run.fold), weights of seed \(run.seed): accuracy "
                        + run.metrics.accuracy.fixed(4))
                epochs?.advance(by: 0, note: note)
                if finished == total { epochs?.finish(note: note) }
            }
        }
    }

    private let state = Mutex(State())

    /// An observer of an experiment.
    static func standard() -> @Sendable (Experiment.Event) -> Void {
        let display = FoldsProgress()
        return { event in display.state.withLock { $0.show(event) } }
    }
}
