// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining
import Synchronization

/// Shows how a training goes on standard error: a line that is redrawn on a terminal, plain lines in a pipe.
final class TrainingProgress: Sendable {
    private enum Stage: Equatable { case nothing, features(total: Int), training }

    private struct State {
        var line: ProgressLine?
        var stage = Stage.nothing
    }

    private let title: String
    private let state = Mutex(State())

    private init(title: String) { self.title = title }

    /// An observer of a training.
    /// - Parameter title: What is trained, such as "GRU".
    static func standard(_ title: String = "training") -> @Sendable (Trainer.Event) -> Void {
        let display = TrainingProgress(title: title)
        return { display.show($0) }
    }

    private func show(_ event: Trainer.Event) {
        state.withLock { state in
            switch event {
            case .extracting(let done, let total):
                begin(.features(total: total), "features", total: total, unit: "clips", in: &state)
                state.line?.advance()
                if done == total { state.line?.finish() }
            case .resumed(let history):
                StandardStream.errors.write("\(title): going on after epoch \(history.epochs.count)\n")
            case .step(let epoch, let epochs, let done, let total):
                begin(.training, title, total: epochs * total, unit: "steps", in: &state)
                state.line?.update(completed: (epoch - 1) * total + done)
            case .epoch(let record, _):
                state.line?.advance(
                    by: 0,
                    note: "epoch \(record.epoch): loss \(record.trainLoss.fixed(4)), validation loss "
                        + "\(record.validationLoss.fixed(4)), accuracy \(record.validationAccuracy.fixed(4))")
            case .finished:
                state.line?.finish()
            }
        }
    }

    private func begin(_ next: Stage, _ title: String, total: Int, unit: String, in state: inout State) {
        guard state.stage != next else { return }
        state.line?.finish()
        state.stage = next
        state.line = ProgressLine(title, total: total, unit: unit)
    }
}
