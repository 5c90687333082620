// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import SERTraining
import Synchronization

/// A TESS-shaped corpus that the library makes itself, for machines that have no recordings: two made-up voices say
/// "Say the word ..." in seven emotions, with folders, file names and rate as in TESS.
///
/// It is no substitute for speech: it shows that everything works, and results on it are called synthetic.
public struct SyntheticCorpus: Sendable, Hashable {
    /// What `Corpus` calls such a corpus.
    public static let corpusName = SyntheticMarker.corpusName
    /// The rate of the files, in Hz, as in TESS.
    public static let sampleRate = 24_414.0
    /// The most words that the inventory of sounds spells.
    public static let mostWords = PseudoWord.all.count

    /// Words said by each voice in each emotion: the corpus has 14 clips a word.
    public let words: Int
    /// Where all chance in it comes from.
    public let seed: UInt64
    /// Changes when the synthesiser does, so that corpora of two versions are not mixed.
    private static let version = 1

    /// A corpus of so many words (1 to ``mostWords``); the same seed makes the same files.
    public init(words: Int = 100, seed: UInt64 = 1) {
        self.words = words
        self.seed = seed
    }

    private var marker: SyntheticMarker { SyntheticMarker(words: words, seed: seed, version: Self.version) }

    /// Number of clips.
    public var clipCount: Int { words * SyntheticVoice.all.count * SyntheticEmotion.allCases.count }

    /// Writes the corpus into a folder, which is made if need be; files that are there already are kept.
    ///
    /// Each file appears whole or not at all, so that writing may be stopped and taken up again.
    /// - Parameters:
    ///   - folder: Where to write.
    ///   - progress: Called now and then with the number of clips done and their total.
    /// - Throws: ``SyntheticCorpusError``, also where the folder holds anything but this very corpus.
    public func write(
        to folder: URL, progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil
    ) throws(SyntheticCorpusError) {
        try write(to: folder, progress: progress, stop: .never)
    }

    /// The same, until it is to stop, which ends the writing after the clips begun.
    package func write(
        to folder: URL, progress: (@Sendable (_ done: Int, _ of: Int) -> Void)?, stop: StopSignal
    ) throws(SyntheticCorpusError) {
        guard (1...Self.mostWords).contains(words) else {
            throw .wordCount(words, most: Self.mostWords)
        }
        try prepare(folder)
        let takes = takes()
        let counter = ProgressCounter(total: takes.count, report: progress)
        let failures = parallelMap(takes.count) { i -> SyntheticCorpusError? in
            if counter.hasFailed || stop.isSet { return nil }
            defer { counter.advance() }
            let failure = write(takes[i], to: folder)
            if failure != nil { counter.fail() }
            return failure
        }
        if let failure = failures.compactMap({ $0 }).first { throw failure }
    }

    /// One clip to be made.
    struct Take: Sendable {
        let voice: SyntheticVoice
        let emotion: SyntheticEmotion
        let word: PseudoWord
        let key: RandomKey

        var folder: String { "\(voice.name)_\(emotion.folder)" }
        var file: String { "\(voice.name)_\(word.spelling)_\(emotion.rawValue).wav" }

        /// The clip's sound.
        func speak() -> AudioClip {
            FormantSynthesizer(sampleRate: SyntheticCorpus.sampleRate).speak(word, as: emotion, by: voice, key: key)
        }
    }

    func takes() -> [Take] {
        let key = RandomKey(seed: seed)
        let chosen = key.derived("words").shuffled(PseudoWord.all).prefix(words)
        return SyntheticVoice.all.flatMap { voice in
            SyntheticEmotion.allCases.flatMap { emotion in
                let part = key.derived(voice.name).derived(emotion.rawValue)
                return chosen.map { Take(voice: voice, emotion: emotion, word: $0, key: part.derived($0.spelling)) }
            }
        }
    }

    private func write(_ take: Take, to folder: URL) -> SyntheticCorpusError? {
        let file = folder.appendingPathComponent(take.folder).appendingPathComponent(take.file)
        // Clips are not flushed to the disk one by one; what a power cut left of one does not read, and is made again.
        if (try? AudioFile.info(at: file)) != nil { return nil }
        do throws(AudioError) {
            try AudioFile.write(take.speak(), to: file, format: .wav16, .unflushed)
            return nil
        } catch {
            return .cannotWrite(file, reason: error.description)
        }
    }

    /// Makes the folders and says what they are before the first sound is in them.
    private func prepare(_ folder: URL) throws(SyntheticCorpusError) {
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        if manager.fileExists(atPath: folder.path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { throw .notAFolder(folder) }
            guard let listing = opendir(folder.path) else {
                throw .cannotRead(folder, reason: String(cString: strerror(errno)))
            }
            closedir(listing)
            let content = (try? manager.contentsOfDirectory(atPath: folder.path)) ?? []
            if content.contains(where: { !$0.hasPrefix(".") }) {
                guard let other = SyntheticMarker(of: folder) else { throw .notEmpty(folder) }
                guard other == marker else { throw .otherSettings(folder, words: other.words, seed: other.seed) }
            }
        }
        do {
            for voice in SyntheticVoice.all {
                for emotion in SyntheticEmotion.allCases {
                    let part = folder.appendingPathComponent("\(voice.name)_\(emotion.folder)")
                    try AtomicFile.prepare(folder: part)
                }
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try AtomicFile.write(
                try encoder.encode(marker), to: folder.appendingPathComponent(SyntheticMarker.fileName))
            try AtomicFile.write(Data(note.utf8), to: folder.appendingPathComponent("README.txt"))
        } catch {
            throw .cannotWrite(folder, reason: error.localizedDescription)
        }
    }

    private var note: String {
        """
        SYNTHETIC SPEECH, made by the SER library. Nobody was recorded.

        \(clipCount) clips: two made-up voices (OAF, YAF) say "Say the word ..." with \(words) pseudo-words in seven
        emotions. Folders, file names and rate follow TESS, the Toronto emotional speech set, so that what reads TESS
        reads this; it is not TESS, and results on it say nothing about human speech.

        Words: \(words). Seed: \(seed). The same words and seed make the same files.

        """
    }
}

/// Why a synthetic corpus cannot be written.
public enum SyntheticCorpusError: Error, Sendable, Equatable {
    /// More or fewer words than the inventory of sounds can spell.
    case wordCount(Int, most: Int)
    /// A file stands where the folder should be.
    case notAFolder(URL)
    /// The folder holds something else.
    case notEmpty(URL)
    /// The folder holds a synthetic corpus of other settings or of another version.
    case otherSettings(URL, words: Int, seed: UInt64)
    /// What a folder holds cannot be seen.
    case cannotRead(URL, reason: String)
    /// A folder or file cannot be written.
    case cannotWrite(URL, reason: String)
}

extension SyntheticCorpusError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .wordCount(let words, let most):
            "A synthetic corpus of \(words) words cannot be made. Ask for 1 to \(most)."
        case .notAFolder(let url):
            "\(url.path) is a file. Name a folder for the synthetic corpus."
        case .notEmpty(let url):
            "\(url.path) is not empty and holds no synthetic corpus. Name a new folder; nothing was changed."
        case .otherSettings(let url, let words, let seed):
            "\(url.path) holds another synthetic corpus (\(words) words, seed \(seed)). "
                + "Name a new folder or remove this one; nothing was changed."
        case .cannotRead(let url, let reason):
            "What \(url.path) holds cannot be seen: \(reason) Check its permissions, or name a new folder; nothing was "
                + "changed."
        case .cannotWrite(let url, let reason):
            "\(url.path) cannot be written: \(reason)"
        }
    }
}

/// Counts what threads have done, and tells it now and then.
private final class ProgressCounter: Sendable {
    private let total: Int
    private let report: (@Sendable (Int, Int) -> Void)?
    private let done = Mutex(0)
    private let failed = Atomic(false)

    init(total: Int, report: (@Sendable (Int, Int) -> Void)?) {
        self.total = total
        self.report = report
    }

    var hasFailed: Bool { failed.load(ordering: .relaxed) }

    func fail() { failed.store(true, ordering: .relaxed) }

    func advance() {
        done.withLock { done in
            done += 1
            if done % 50 == 0 || done == total { report?(done, total) }
        }
    }
}
