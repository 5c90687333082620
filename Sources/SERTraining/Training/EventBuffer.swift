// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Events of a training between the thread that trains and the task that reads them.
final class EventBuffer: Sendable {
    /// An epoch's event holds the model as it stood, so that not every one is kept.
    private static let capacity = 32

    private struct State {
        var events: [Trainer.Event] = []
        var readers: [CheckedContinuation<Void, Never>] = []
        var isFinished = false
    }

    private let state = Mutex(State())

    /// Takes an event in; of progress in a row the last alone is kept.
    func add(_ event: Trainer.Event) {
        state.withLock { state in
            if let last = state.events.last, event.replaces(last) { state.events.removeLast() }
            state.events.append(event)
            if state.events.count > Self.capacity { state.events.removeFirst() }
        }
        wake()
    }

    /// No more events come.
    func finish() {
        state.withLock { $0.isFinished = true }
        wake()
    }

    /// Lets readers look again whether there is anything to wait for.
    func wake() {
        let readers = state.withLock { state in
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.resume() }
    }

    /// The next event; nil when there are no more, or the reader's task is cancelled.
    func next() async -> Trainer.Event? {
        while !Task.isCancelled {
            let (event, isFinished) = state.withLock { state in
                (state.events.isEmpty ? nil : state.events.removeFirst(), state.isFinished)
            }
            if event != nil || isFinished { return event }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.events.isEmpty, !state.isFinished, !Task.isCancelled else { return true }
                    state.readers.append(continuation)
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
        return nil
    }
}

extension Trainer.Event {
    /// Whether the event makes an earlier one of no interest that nobody has seen.
    fileprivate func replaces(_ earlier: Trainer.Event) -> Bool {
        switch (self, earlier) {
        case (.extracting, .extracting), (.step, .step): true
        default: false
        }
    }
}
