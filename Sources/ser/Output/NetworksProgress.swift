// SPDX-License-Identifier: Apache-2.0

import SERReports
import SERTraining
import Synchronization

/// Shows the trainings of an experiment over one split, one after the other, on standard error and in the live view where
/// there is one.
final class NetworksProgress: Sendable {
    private let candidates: [Candidate]
    private let live: LiveReport?
    private let observers = Mutex<[String: @Sendable (Trainer.Event) -> Void]>([:])

    init(_ candidates: [Candidate], live: LiveReport?) {
        self.candidates = candidates
        self.live = live
    }

    @Sendable func show(_ event: Experiment.Event) {
        switch event {
        case .extracting(let done, let total):
            // Features are read before the first training.
            if let first = candidates.first { observer(of: first.name)(.extracting(done: done, total: total)) }
        case .training(let candidate, _, _, let event): observer(of: candidate)(event)
        case .resumed, .epoch, .tested: break
        }
    }

    private func observer(of name: String) -> @Sendable (Trainer.Event) -> Void {
        observers.withLock { observers in
            if let known = observers[name] { return known }
            let observer = progress(of: name, live: live)
            observers[name] = observer
            return observer
        }
    }
}

/// An observer that shows progress on standard error, and in the live view where there is one.
func progress(of name: String, live: LiveReport?) -> @Sendable (Trainer.Event) -> Void {
    let title = name.uppercased()
    let standard = TrainingProgress.standard(title)
    return live?.observer(of: title, and: standard) ?? standard
}
