// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Shows how a cross-validation goes on standard error: a line that is redrawn on a terminal, plain lines in a pipe.
public enum CrossValidationProgress {
    /// An observer for ``CrossValidation/run(on:copies:in:observe:isCancelled:)``.
    public static func standard() -> @Sendable (CrossValidation.Event) -> Void {
        let display = Display()
        return { display.show($0) }
    }

    private final class Display: @unchecked Sendable {
        private let lock = NSLock()
        private var features: ProgressLine?
        private var epochs: ProgressLine?
        private var note = ""

        func show(_ event: CrossValidation.Event) {
            lock.lock()
            defer { lock.unlock() }
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

        private func begin(_ total: Int) {
            if epochs == nil { epochs = ProgressLine("training", total: total, unit: "epochs") }
        }
    }
}
