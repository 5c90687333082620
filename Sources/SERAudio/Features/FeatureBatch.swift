// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

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
    ///   - isCancelled: Asked before each file, from any thread; true ends the work after the files begun.
    /// - Throws: ``FeatureError/invalidSetting(_:)``, before any file; files that fail are listed in the result.
    public func extractAll(
        _ files: [URL], duration: Double? = nil, truncated: TruncatedFiles = .refuse, threads: Int? = nil,
        progress: (@Sendable (_ done: Int, _ total: Int, _ rate: Double) -> Void)? = nil,
        isCancelled: @Sendable () -> Bool = { false }
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
            while !isCancelled(), let index = state.next() {
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
private final class BatchState: @unchecked Sendable {
    private let lock = NSLock()
    private let began = DispatchTime.now().uptimeNanoseconds
    private var begun = 0
    private var done = 0
    private var results: [Result<FeatureMatrix, FeatureError>?]

    init(count: Int) { results = [Result<FeatureMatrix, FeatureError>?](repeating: nil, count: count) }

    func next() -> Int? {
        lock.lock()
        defer { lock.unlock() }
        guard begun < results.count else { return nil }
        begun += 1
        return begun - 1
    }

    func finish(
        _ index: Int, _ result: Result<FeatureMatrix, FeatureError>, _ progress: (@Sendable (Int, Int, Double) -> Void)?
    ) {
        lock.lock()
        defer { lock.unlock() }
        results[index] = result
        done += 1
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - began) * 1e-9
        progress?(done, results.count, Double(done) / max(seconds, 1e-9))
    }

    func batch(_ files: [URL]) -> FeatureBatch {
        var batch = FeatureBatch(features: [], failures: [], wasCancelled: done < results.count)
        for (index, result) in results.enumerated() {
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
