// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Synchronization

/// The features of many files, and what could not be had.
public struct FeatureBatch: Sendable {
    /// A file that gave no features.
    public struct Failure: Sendable, Equatable {
        /// The file's place in the list that was asked for.
        public var index: Int
        /// The file.
        public var file: URL
        /// Why; what is wrong with the file itself comes as ``FeatureError/audio(_:)``.
        public var error: FeatureError
    }

    /// In the order of the files; nil where a file failed or was not reached.
    public var features: [FeatureMatrix?]
    /// In the order of the files.
    public var failures: [Failure]
    /// Whether work was stopped before the last file.
    public var wasCancelled: Bool
}

extension FeatureExtractor {
    /// The features of many files, several at a time; each is decoded, resampled and extracted by one thread, so that
    /// results do not depend on the number of threads.
    ///
    /// - Parameters:
    ///   - files: Sound files; the result is in their order.
    ///   - duration: Seconds to which each clip is cut or padded with zeros before features; nil leaves lengths alone.
    ///   - truncated: What is done with files whose end is missing.
    ///   - threads: Files in work at once; nil for `Parallelism.threads`.
    ///   - progress: Called after each file, one call at a time, from any thread: files done, files in all, files
    ///     a second.
    /// - Throws: ``FeatureError/invalidSetting(_:)``, before any file; files that fail are listed in the result.
    public func extractAll(
        _ files: [URL], duration: Double? = nil, truncated: TruncatedFiles = .refuse, threads: Int? = nil,
        progress: (@Sendable (_ done: Int, _ total: Int, _ rate: Double) -> Void)? = nil
    ) throws(FeatureError) -> FeatureBatch {
        try extractAll(
            files, duration: duration, truncated: truncated, threads: threads, progress: progress, stop: .never)
    }

    /// The same without blocking a thread of the concurrency pool. When the task is cancelled, the work ends after the
    /// files begun, and ``FeatureBatch/wasCancelled`` says so.
    /// - Throws: ``FeatureError/invalidSetting(_:)``, before any file; files that fail are listed in the result.
    public func extractAll(
        _ files: [URL], duration: Double? = nil, truncated: TruncatedFiles = .refuse, threads: Int? = nil,
        progress: (@Sendable (_ done: Int, _ total: Int, _ rate: Double) -> Void)? = nil
    ) async throws(FeatureError) -> FeatureBatch {
        try await onOwnThread { stop throws(FeatureError) in
            try self.extractAll(
                files, duration: duration, truncated: truncated, threads: threads, progress: progress, stop: stop)
        }
    }

    /// The same, until it is to stop, which ends the work after the files begun.
    package func extractAll(
        _ files: [URL], duration: Double? = nil, truncated: TruncatedFiles = .refuse, threads: Int? = nil,
        progress: (@Sendable (_ done: Int, _ total: Int, _ rate: Double) -> Void)? = nil, stop: StopSignal
    ) throws(FeatureError) -> FeatureBatch {
        try validate()
        if let duration {
            try require(
                duration > 0 && duration * sampleRate <= Double(SoundBounds.mostFrames),
                "duration \(duration) s: must be above 0 and at most \(SoundBounds.mostFrames) samples")
        }
        let state = BatchState(count: files.count)
        let lanes = min(max(1, threads ?? Parallelism.threads), max(1, files.count))
        parallelFor(lanes) { _ in
            while !stop.isSet, let index = state.next() {
                state.finish(index, file(files[index], duration, truncated), progress)
            }
        }
        return state.batch(files)
    }

    private func file(
        _ url: URL, _ duration: Double?, _ truncated: TruncatedFiles
    ) -> Result<FeatureMatrix, FeatureError> {
        do throws(FeatureError) {
            guard let duration else { return .success(try extract(from: url, truncated: truncated)) }
            let clip: AudioClip
            do {
                clip = try AudioFile.read(at: url, sampleRate: sampleRate, duration: duration, truncated: truncated)
            } catch {
                throw .audio(error)
            }
            return .success(try checkedFeatures(of: clip.fitted(to: duration)))
        } catch {
            return .failure(error)
        }
    }
}

/// What the threads of a batch share.
private final class BatchState: Sendable {
    private struct State {
        var begun = 0
        var done = 0
        var results: [Result<FeatureMatrix, FeatureError>?]
    }

    private let began = DispatchTime.now().uptimeNanoseconds
    private let count: Int
    private let state: Mutex<State>

    init(count: Int) {
        self.count = count
        state = Mutex(State(results: [Result<FeatureMatrix, FeatureError>?](repeating: nil, count: count)))
    }

    func next() -> Int? {
        state.withLock { state in
            guard state.begun < count else { return nil }
            state.begun += 1
            return state.begun - 1
        }
    }

    func finish(
        _ index: Int, _ result: Result<FeatureMatrix, FeatureError>, _ progress: (@Sendable (Int, Int, Double) -> Void)?
    ) {
        state.withLock { state in
            state.results[index] = result
            state.done += 1
            let seconds = Double(DispatchTime.now().uptimeNanoseconds - began) * 1e-9
            progress?(state.done, count, Double(state.done) / max(seconds, 1e-9))
        }
    }

    func batch(_ files: [URL]) -> FeatureBatch {
        let state = state.withLock { $0 }
        var batch = FeatureBatch(features: [], failures: [], wasCancelled: state.done < count)
        for (index, result) in state.results.enumerated() {
            switch result {
            case .success(let features): batch.features.append(features)
            case .failure(let error):
                batch.features.append(nil)
                batch.failures.append(.init(index: index, file: files[index], error: error))
            case nil: batch.features.append(nil)
            }
        }
        return batch
    }
}
