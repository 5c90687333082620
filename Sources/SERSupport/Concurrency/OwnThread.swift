// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs long, blocking work on a thread of its own and waits for it without holding one of the concurrency pool's, of
/// which there are as many as cores. The task's priority becomes the thread's quality of service.
///
/// - Parameter body: The work. It is given a signal that is set when the task is cancelled, and ends soon after.
package func onOwnThread<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (StopSignal) throws(Failure) -> Value
) async throws(Failure) -> Value {
    let stop = StopSignal()
    let result: Result<Value, Failure> = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                continuation.resume(returning: Result { () throws(Failure) in try body(stop) })
            }
            thread.name = "ser"
            // As much as a main thread has; other threads of Darwin have 512 KB.
            thread.stackSize = 8 << 20
            thread.qualityOfService = Task.currentPriority.qualityOfService
            thread.start()
        }
    } onCancel: {
        stop.set()
    }
    return try result.get()
}

extension TaskPriority {
    fileprivate var qualityOfService: QualityOfService {
        if self >= .high { return .userInitiated }
        if self >= .medium { return .default }
        return self >= .utility ? .utility : .background
    }
}
