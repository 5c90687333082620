// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

extension Corpus {
    /// The corpus after somebody listened to all of every clip, each once, on all cores.
    ///
    /// Clips that cannot be decoded to their end, which a training would have to leave out, are left out and stand among
    /// the ``problems``; so do clips that are nearly silent or without speech, and what is to be known of files that could
    /// be decoded all the same: those are kept.
    /// - Parameters:
    ///   - strict: Whether a clip that cannot be decoded, or could not be read before, is an error.
    ///   - progress: Told how many clips have been listened to, from several threads.
    /// - Throws: ``CorpusError/unreadable(_:)`` when reading strictly, ``CorpusError/nothingReadable(_:_:)``
    ///   where no clip is left.
    public func audited(
        strict: Bool = false, progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(CorpusError) -> Corpus {
        try audited(strict: strict, progress: progress, stop: .never)
    }

    /// The same without blocking a thread of the concurrency pool.
    /// - Throws: ``CorpusError``; ``CorpusError/cancelled`` where the task is cancelled.
    public func audited(
        strict: Bool = false, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws(CorpusError) -> Corpus {
        try await onOwnThread { stop throws(CorpusError) in
            let corpus = try self.audited(strict: strict, progress: progress, stop: stop)
            if stop.isSet { throw .cancelled }
            return corpus
        }
    }

    /// The same, until it is to stop; the clips not listened to are taken to be sound.
    package func audited(
        strict: Bool = false, progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }, stop: StopSignal
    ) throws(CorpusError) -> Corpus {
        let clips = clips, done = Counter()
        let heard = parallelMap(clips.count) { index -> Result<ClipHearing, AudioFacts.Failure>? in
            guard !stop.isSet else { return nil }
            defer { progress(done.increment(), clips.count) }
            return ClipHearing.of(clips[index])
        }
        var kept: [Clip] = [], failed: [UnreadableFile] = [], silent: [String] = [], speechless: [String] = []
        for (clip, result) in zip(clips, heard) {
            switch result {
            case .failure(let failure): failed.append(UnreadableFile(path: clip.name, reason: failure.text))
            case .success(let hearing):
                var clip = clip
                clip.remarks = hearing.remarks
                kept.append(clip)
                if hearing.isNearlySilent {
                    silent.append(clip.name)
                } else if !hearing.hasSpeech {
                    speechless.append(clip.name)
                }
            case nil: kept.append(clip)
            }
        }
        let unreadable = problems.compactMap(\.unreadable) + failed
        if strict, !unreadable.isEmpty { throw .unreadable(unreadable) }
        if kept.isEmpty, !failed.isEmpty {
            throw .nothingReadable(clips[0].path.deletingLastPathComponent(), unreadable)
        }
        return Corpus(
            name: name, clips: kept,
            problems: failed.map(CorpusProblem.unreadable) + problems(whereLeft: kept)
                + (silent.isEmpty ? [] : [.nearlySilent(paths: silent)])
                + (speechless.isEmpty ? [] : [.withoutSpeech(paths: speechless)])
                + CorpusProblem.remarks(on: kept),
            expectations: expectations)
    }

    /// The problems but for remarks on files, with counts of the clips that are left.
    private func problems(whereLeft kept: [Clip]) -> [CorpusProblem] {
        let isCountedAnew = kept.count < clips.count
        let others = problems.filter {
            switch $0 {
            case .remarked: false
            case .count: !isCountedAnew
            default: true
            }
        }
        return others + (isCountedAnew ? Self.countProblems(in: kept, against: expectations) : [])
    }
}

extension ClipHearing {
    fileprivate static func of(_ clip: Clip) -> Result<ClipHearing, AudioFacts.Failure> {
        do throws(AudioError) { return .success(try ClipHearing(of: clip)) } catch {
            return .failure(AudioFacts.Failure(text: error.fault))
        }
    }
}
