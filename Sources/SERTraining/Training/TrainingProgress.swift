// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Shows how a training goes on standard error: a line that is redrawn on a terminal, plain lines in a pipe.
public enum TrainingProgress {
    /// An observer for ``Trainer/fit(_:on:store:checkpoint:observe:isCancelled:)``.
    /// - Parameter title: What is trained, such as "GRU".
    public static func standard(_ title: String = "training") -> @Sendable (Trainer.Event) -> Void {
        let display = Display(title: title)
        return { display.show($0) }
    }

    private final class Display: @unchecked Sendable {
        private enum Stage: Equatable { case nothing, features(total: Int), training }

        private let title: String
        private let lock = NSLock()
        private var line: ProgressLine?
        private var stage = Stage.nothing

        init(title: String) { self.title = title }

        func show(_ event: Trainer.Event) {
            lock.lock()
            defer { lock.unlock() }
            switch event {
            case .extracting(let done, let total):
                begin(.features(total: total), "features", total: total, unit: "clips")
                line?.advance()
                if done == total { line?.finish() }
            case .resumed(let history):
                let text = "\(title): going on after epoch \(history.epochs.count)\n"
                StandardStream.errors.write(text)
            case .step(let epoch, let epochs, let done, let total):
                begin(.training, title, total: epochs * total, unit: "steps")
                line?.update(completed: (epoch - 1) * total + done)
            case .epoch(let record, _):
                line?.advance(
                    by: 0,
                    note: "epoch \(record.epoch): loss \(record.trainLoss.fixed(4)), validation loss "
                        + "\(record.validationLoss.fixed(4)), accuracy \(record.validationAccuracy.fixed(4))")
            case .finished:
                line?.finish()
            }
        }

        private func begin(_ next: Stage, _ title: String, total: Int, unit: String) {
            guard stage != next else { return }
            line?.finish()
            stage = next
            line = ProgressLine(title, total: total, unit: unit)
        }
    }
}
