// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining
import Synchronization

/// Shows how a measurement of robustness goes on standard error: a line that is redrawn on a terminal, plain lines in a
/// pipe.
final class RobustnessProgress: Sendable {
    private struct State {
        var features: ProgressLine?
        var degraded: ProgressLine?
        var seen = 0
    }

    private let state = Mutex(State())

    private init() {}

    /// An observer of a measurement.
    static func standard() -> @Sendable (RobustnessEvent) -> Void {
        let display = RobustnessProgress()
        return { display.show($0) }
    }

    private func show(_ event: RobustnessEvent) {
        state.withLock { state in
            switch event {
            case .extracting(let done, let total):
                if state.features == nil { state.features = ProgressLine("features", total: total, unit: "clips") }
                state.features?.advance()
                if done == total { state.features?.finish() }
            case .degrading(let done, let total):
                if state.degraded == nil {
                    state.degraded = ProgressLine("robustness", total: total, unit: "degraded clips")
                }
                // Threads may report out of order.
                state.seen = max(state.seen, done)
                state.degraded?.update(completed: state.seen)
                if done == total { state.degraded?.finish() }
            case .finished(let condition):
                let accuracy = condition.estimates[.accuracy]?.value?.fixed(4) ?? ""
                state.degraded?.advance(by: 0, note: "\(condition.name): accuracy \(accuracy)")
            }
        }
    }
}
