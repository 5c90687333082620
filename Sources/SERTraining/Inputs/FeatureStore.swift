// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERSupport
import Synchronization

/// Features of clips, computed once and kept in memory, so that several networks can be trained on them.
public final class FeatureStore: Sendable {
    /// A clip without features, and why.
    public struct Failure: Sendable, Hashable {
        /// The clip.
        public var clip: Clip
        /// What is wrong with it.
        public var reason: String
        /// The file.
        public var path: URL { clip.path }
    }

    private let known = Mutex<[String: [Clip.Source: Result<Extracted, Reason>]]>([:])

    /// The features of a clip before any statistics over time, and which part of it they are of.
    private struct Extracted: Sendable {
        let matrix: FeatureMatrix
        let part: HeardPart
    }

    private struct Reason: Error, CustomStringConvertible {
        var text: String
        var description: String { text }
    }

    /// An empty store.
    public init() {}

    /// The features of clips, in their order; nil for clips that have none, which stand in the list of failures.
    /// - Parameters:
    ///   - clips: Whose features are wanted.
    ///   - pipeline: How features come of a file.
    ///   - progress: Told how many of the files that must be read are done, from several threads.
    /// - Throws: ``TrainingError/setting(_:)`` for an extractor whose settings cannot be written.
    public func matrices(
        of clips: [Clip], pipeline: FeaturePipeline,
        progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(TrainingError) -> (matrices: [FeatureMatrix?], failures: [Failure]) {
        try matrices(of: clips, pipeline: pipeline, progress: progress, stop: .never)
    }

    /// The same without blocking a thread of the concurrency pool; a task that is cancelled ends it.
    /// - Throws: ``TrainingError/cancelled``; ``TrainingError/setting(_:)`` for an extractor whose settings cannot be
    ///   written.
    public func matrices(
        of clips: [Clip], pipeline: FeaturePipeline,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws(TrainingError) -> (matrices: [FeatureMatrix?], failures: [Failure]) {
        try await onOwnThread { stop throws(TrainingError) in
            try self.matrices(of: clips, pipeline: pipeline, progress: progress, stop: stop)
        }
    }

    /// The same, until it is to stop: asked before each file.
    package func matrices(
        of clips: [Clip], pipeline: FeaturePipeline, progress: @Sendable (_ done: Int, _ total: Int) -> Void,
        stop: StopSignal
    ) throws(TrainingError) -> (matrices: [FeatureMatrix?], failures: [Failure]) {
        let key = try pipeline.extractionKey
        let present = known.withLock { $0[key] ?? [:] }
        let missing = clips.filter { present[$0.source] == nil }
        let done = Counter()
        let fresh = parallelMap(missing.count) { index -> Result<Extracted, Reason>? in
            guard !stop.isSet else { return nil }
            defer { progress(done.increment(), missing.count) }
            return extract(missing[index], pipeline)
        }
        if stop.isSet { throw .cancelled }
        let all = known.withLock { known in
            for (index, clip) in missing.enumerated() { known[key, default: [:]][clip.source] = fresh[index] }
            return known[key] ?? [:]
        }
        var failures: [Failure] = []
        let matrices = clips.map { clip -> FeatureMatrix? in
            do throws(Reason) {
                guard let result = all[clip.source] else { throw Reason(text: "not read") }
                do { return try pipeline.summarized(try result.get().matrix) } catch { throw Reason(text: "\(error)") }
            } catch {
                failures.append(Failure(clip: clip, reason: error.text))
                return nil
            }
        }
        return (matrices, failures)
    }

    /// Which part was heard of each clip; nil for clips whose features by that pipeline are not in the store.
    func heardParts(of clips: [Clip], pipeline: FeaturePipeline) throws(TrainingError) -> [HeardPart?] {
        let key = try pipeline.extractionKey
        let present = known.withLock { $0[key] ?? [:] }
        return clips.map { (try? present[$0.source]?.get())?.part }
    }

    private func extract(_ clip: Clip, _ pipeline: FeaturePipeline) -> Result<Extracted, Reason> {
        do {
            let heard = try pipeline.hear(clip)
            return .success(Extracted(matrix: try pipeline.features(of: heard.clip), part: heard.part))
        } catch {
            return .failure(Reason(text: "\(error)"))
        }
    }
}
