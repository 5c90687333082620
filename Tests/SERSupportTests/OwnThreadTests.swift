// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Testing

/// Blocking work that tasks wait for.
@Suite struct OwnThreadTests {
    private struct Failure: Error, Equatable {
        var number: Int
    }

    @Test func resultsAndErrorsComeBack() async throws {
        #expect(await onOwnThread { _ in 7 } == 7)
        let error = await #expect(throws: Failure.self) {
            try await onOwnThread { _ throws(Failure) -> Int in throw Failure(number: 3) }
        }
        #expect(error == Failure(number: 3))
    }

    @Test func theThreadHasRoomAndTheTasksPriority() async {
        let expected: [(TaskPriority, QualityOfService)] = [
            (.high, .userInitiated), (.medium, .default), (.utility, .utility), (.background, .background),
        ]
        for (priority, quality) in expected {
            // Who waits for a task raises its priority; who reads a stream does not.
            let (found, continuation) = AsyncStream<(QualityOfService, Int, Bool)>.makeStream()
            Task.detached(priority: priority) {
                await onOwnThread { _ in
                    let thread = Thread.current
                    continuation.yield((thread.qualityOfService, thread.stackSize, thread.isMainThread))
                    continuation.finish()
                }
            }
            for await (given, stack, isMain) in found {
                #expect(given == quality && stack == 8 << 20 && !isMain, "\(priority)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func cancellingSetsTheSignal() async {
        let task = Task {
            await onOwnThread { stop in
                while !stop.isSet { usleep(1000) }
                return "stopped"
            }
        }
        task.cancel()
        #expect(await task.value == "stopped")
    }

    @Test func signalsAreGivenOnce() {
        let stop = StopSignal(), copy = stop
        #expect(!stop.isSet && !StopSignal.never.isSet && !StopSignal.interruption.isSet)
        copy.set()
        StopSignal.never.set()
        #expect(stop.isSet && !StopSignal.never.isSet)
        #expect(StopSignal(asking: { stop.isSet }).isSet && !StopSignal(asking: { StopSignal().isSet }).isSet)
    }
}
