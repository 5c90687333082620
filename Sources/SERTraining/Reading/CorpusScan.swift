// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

/// Reads the files that a layout recognises, and audits them.
struct CorpusScan {
    private let root: URL
    private let name: String
    private let rule: String
    private let layoutName: String
    private let expectations: [String: CorpusExpectation]
    private let audioFiles: [FolderWalk.File]
    private let otherFiles: Int
    private var named: [(file: FolderWalk.File, clip: ClipName)] = []
    private var problems: [CorpusProblem] = []
    private var unreadable: [UnreadableFile] = []

    init(_ walk: FolderWalk, at root: URL, layout: some CorpusLayout, name: String) {
        self.root = root
        self.name = name
        rule = layout.rule
        layoutName = layout.name
        expectations = layout.expectations
        audioFiles = walk.audio
        otherFiles = walk.otherFiles
        unreadable = walk.closedFolders
        if let mixed = layout as? MixedLayout {
            problems = [.severalCorpora(mixed.parts.map { $0.trial(on: walk.audio) })]
        }
        for file in walk.audio {
            switch layout.read(file) {
            case .clip(let clip):
                if let fault = NameRule.fault(of: clip.emotion) {
                    problems.append(
                        .unexpectedName(
                            path: file.relativePath, reason: "it is left out, since the name of its label \(fault)"))
                    continue
                }
                named.append((file, clip))
                if let remark = clip.remark {
                    problems.append(.unexpectedName(path: file.relativePath, reason: remark))
                }
            case .passedOver(let reason):
                problems.append(.unexpectedName(path: file.relativePath, reason: reason))
            case .unknown:
                let reason = "it is left out, since it is not named as in \(layout.name): \(layout.rule)"
                problems.append(.unexpectedName(path: file.relativePath, reason: reason))
            }
        }
    }

    /// Reads headers and contents on all cores; the result's order is that of the paths.
    func corpus(strict: Bool, truncated: TruncatedFiles) throws(CorpusError) -> Corpus {
        guard !audioFiles.isEmpty else { throw CorpusError.noAudio(root, files: otherFiles) }
        guard !named.isEmpty else {
            throw CorpusError.nothingRecognised(
                root, layout: layoutName, rule: rule, examples: audioFiles.prefix(3).map(\.relativePath))
        }
        let files = named.map(\.file)
        let facts = parallelMap(files.count) { AudioFacts.read(files[$0], truncated) }
        var clips: [(path: String, clip: Clip)] = []
        var failed = unreadable
        for ((file, name), fact) in zip(named, facts) {
            switch fact {
            case .success(let fact): clips.append((file.relativePath, clip(file, name, fact, truncated)))
            case .failure(let reason): failed.append(UnreadableFile(path: file.relativePath, reason: reason.text))
            }
        }
        if strict && !failed.isEmpty { throw CorpusError.unreadable(failed) }
        guard !clips.isEmpty else {
            throw CorpusError.nothingReadable(root, failed)
        }
        let copies = CopySearch(clips)
        let kept = copies.kept.map(\.clip)
        return Corpus(
            name: name, clips: kept,
            problems: failed.map(CorpusProblem.unreadable) + copies.problems + problems
                + Corpus.countProblems(in: kept, against: expectations) + CorpusProblem.similarLabels(of: kept)
                + CorpusProblem.remarks(on: kept),
            expectations: expectations)
    }

    private func clip(
        _ file: FolderWalk.File, _ name: ClipName, _ fact: AudioFacts, _ truncated: TruncatedFiles
    ) -> Clip {
        Clip(
            path: file.url, emotion: name.emotion, speaker: name.speaker, sentence: name.sentence,
            duration: fact.info.duration, sampleRate: fact.info.sampleRate, channels: fact.info.channels,
            corpus: name.corpus ?? self.name, content: fact.content, truncated: truncated, remarks: fact.info.remarks)
    }
}

/// What reading one file yields: its header, and the fingerprint of its bytes.
struct AudioFacts: Sendable {
    let info: AudioFileInfo
    let content: ContentDigest

    /// What is wrong with a file; lists of problems name the file themselves.
    struct Failure: Error {
        let text: String
    }

    static func read(_ file: FolderWalk.File, _ truncated: TruncatedFiles) -> Result<AudioFacts, Failure> {
        if let obstacle = file.obstacle { return .failure(Failure(text: obstacle)) }
        do throws(AudioError) {
            let info = try AudioFile.info(at: file.url, truncated: truncated)
            guard info.frames > 0 else { return .failure(Failure(text: "it holds no samples")) }
            guard let content = KnownFiles.content(of: file.url) else {
                return .failure(Failure(text: "its bytes cannot be read"))
            }
            return .success(AudioFacts(info: info, content: content))
        } catch {
            return .failure(Failure(text: error.fault))
        }
    }
}
