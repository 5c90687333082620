// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Shows how a measurement of robustness goes on standard error: a line that is redrawn on a terminal, plain lines in a
/// pipe.
public enum RobustnessProgress {
    /// An observer for `Recognizer/robustness(on:suite:store:bootstrap:observe:isCancelled:)`.
    public static func standard() -> @Sendable (RobustnessEvent) -> Void {
        let display = Display()
        return { display.show($0) }
    }

    private final class Display: @unchecked Sendable {
        private let lock = NSLock()
        private var features: ProgressLine?
        private var degraded: ProgressLine?
        private var seen = 0

        func show(_ event: RobustnessEvent) {
            lock.lock()
            defer { lock.unlock() }
            switch event {
            case .extracting(let done, let total):
                if features == nil { features = ProgressLine("features", total: total, unit: "clips") }
                features?.advance()
                if done == total { features?.finish() }
            case .degrading(let done, let total):
                if degraded == nil { degraded = ProgressLine("robustness", total: total, unit: "degraded clips") }
                // Threads may report out of order.
                seen = max(seen, done)
                degraded?.update(completed: seen)
                if done == total { degraded?.finish() }
            case .finished(let condition):
                let accuracy = condition.estimates[.accuracy]?.value?.fixed(4) ?? ""
                degraded?.advance(by: 0, note: "\(condition.name): accuracy \(accuracy)")
            }
        }
    }
}
