// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A request to end long work early, which looks at it between its steps; set once, from any thread.
package struct StopSignal: Sendable {
    private enum Source: Sendable {
        case never
        case flag(Flag)
        /// Ctrl-C or a termination signal, since ``Interruption/watch()``.
        case interruption
        case asked(@Sendable () -> Bool)
    }

    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    private let source: Source

    private init(_ source: Source) { self.source = source }

    /// A signal that ``set()`` gives.
    package init() { source = .flag(Flag()) }

    /// A signal that depends on others: asked whenever the work looks, from any thread.
    package init(asking isSet: @escaping @Sendable () -> Bool) { source = .asked(isSet) }

    /// The signal that is never given.
    package static let never = StopSignal(.never)

    /// The signal that Ctrl-C gives, or a request to terminate.
    package static let interruption = StopSignal(.interruption)

    /// Whether work is to end.
    package var isSet: Bool {
        switch source {
        case .never: false
        case .flag(let flag): flag.isSet.load(ordering: .acquiring)
        case .interruption: Interruption.isRequested
        case .asked(let isSet): isSet()
        }
    }

    /// Lets work end. Changes nothing of a signal that others give.
    package func set() {
        if case .flag(let flag) = source { flag.isSet.store(true, ordering: .releasing) }
    }
}
