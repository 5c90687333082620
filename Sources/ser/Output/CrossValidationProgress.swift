// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining
import Synchronization

/// Shows how a cross-validation goes on standard error: a line that is redrawn on a terminal, plain lines in a pipe.
final class CrossValidationProgress: Sendable {
    private struct State {
        var features: ProgressLine?
        var epochs: ProgressLine?
        var note = ""

        mutating func show(_ event: CrossValidation.Event) {
            switch event {
            case .extracting(let done, let total):
                if features == nil { features = ProgressLine("features", total: total, unit: "clips") }
                features?.update(completed: done)
                if done == total { features?.finish() }
            case .resumed(let finished, let total):
                let text = "\(finished) of \(total) folds were finished before\n"
                StandardStream.errors.write(text)
            case .epoch(let done, let total):
                begin(total)
                epochs?.update(completed: done)
                if done == total { epochs?.finish(note: note) }
            case .fold(let fold, let finished, let total):
                note = "\(finished)/\(total) folds"
                epochs?.message("\(fold.name): accuracy \(fold.accuracy.fixed(4)), weights of seed \(fold.seed)")
                epochs?.advance(by: 0, note: note)
                if finished == total { epochs?.finish(note: note) }
            }
        }

        private mutating func begin(_ total: Int) {
            if epochs == nil { epochs = ProgressLine("training", total: total, unit: "epochs") }
        }
    }

    private let state = Mutex(State())

    /// An observer of a cross-validation.
    static func standard() -> @Sendable (CrossValidation.Event) -> Void {
        let display = CrossValidationProgress()
        return { event in display.state.withLock { $0.show(event) } }
    }
}
