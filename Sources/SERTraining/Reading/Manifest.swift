// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

extension Corpus {
    /// Reads a corpus that a table lists, in the order of its lines.
    ///
    /// The first line names the columns, in any order: `path` (or `file`, `filename`) and `label` (or `emotion`), and if
    /// wanted `start` and `end` of a part of the file, `speaker`, `sentence` and `corpus`. Columns of another name with 2 to
    /// 12 different values, such as `sex`, are ``Clip/groups``, whether written with small or capital letters, and so is
    /// `age` by decades; others are passed over, so that ``CorpusTable/csv()`` can be read back. Relative paths start from
    /// the manifest's folder.
    ///
    /// Times are seconds or pandas' timedeltas (`0 days 00:00:01.5`), so that the tables of audformat and nkululeko can be
    /// read. Without an end (`NaT`) a segment reaches to the end of the file; an end that is later than that by rounding
    /// alone, less than a hundredth of a second, means it.
    ///
    /// Quoting is that of RFC 4180. The text is UTF-8, UTF-16 or, in Western European letters, Latin-1, and between its
    /// fields stand commas, semicolons, tabs or bars; what is not UTF-8 with commas is told in ``problems``.
    /// - Parameters:
    ///   - file: The table.
    ///   - strict: Whether a clip that cannot be read is an error; else it is listed and left out.
    ///   - truncated: What is done with sound files whose end is missing.
    /// - Throws: ``CorpusError``, with the line's number where a line is wrong.
    public static func manifest(
        at file: URL, strict: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(CorpusError) -> Corpus {
        let manifest = try ManifestEntries(contentsOf: file)
        let name = file.deletingPathExtension().lastPathComponent
        var listing = ManifestListing(file, manifest.entries)
        try listing.removeRepetitions()
        let files = listing.lines.map(\.file)
        let facts = parallelMap(files.count) { AudioFacts.read(files[$0], truncated) }
        var clips: [(path: String, clip: Clip)] = []
        var failed: [UnreadableFile] = []
        for (line, fact) in zip(listing.lines, facts) {
            let entry = line.entry
            do throws(AudioFacts.Failure) {
                let clip = try Clip(
                    entry, at: line.file.url, try fact.get(), corpus: entry.corpus ?? name, truncated)
                clips.append((entry.path + (clip.segment.map { "#\($0)" } ?? ""), clip))
            } catch {
                failed.append(UnreadableFile(path: entry.path, reason: "\(error.text) (line \(entry.line))"))
            }
        }
        if strict && !failed.isEmpty { throw CorpusError.unreadable(failed) }
        guard !clips.isEmpty else {
            throw CorpusError.nothingReadable(file, failed)
        }
        let copies = CopySearch(clips)
        let kept = copies.kept.map(\.clip), corpora = Set(kept.map(\.corpus))
        let remarks = manifest.remarks + listing.remarks + listing.overlaps
        return Corpus(
            name: corpora.count == 1 ? corpora.first ?? name : name, clips: kept,
            problems: failed.map(CorpusProblem.unreadable) + remarks.map(CorpusProblem.manifest) + copies.problems
                + CorpusProblem.similarLabels(of: kept) + CorpusProblem.remarks(on: kept))
    }
}

extension Clip {
    /// How much later than the end of the file a segment's end may be by rounding, in seconds.
    private static let tolerance = 0.01

    fileprivate init(
        _ entry: ManifestEntries.Entry, at url: URL, _ fact: AudioFacts, corpus: String, _ truncated: TruncatedFiles
    ) throws(AudioFacts.Failure) {
        self.init(
            path: url, emotion: entry.label, speaker: entry.speaker, sentence: entry.sentence, groups: entry.groups,
            duration: fact.info.duration, sampleRate: fact.info.sampleRate, channels: fact.info.channels,
            corpus: corpus,
            content: fact.content, truncated: truncated, remarks: fact.info.remarks)
        guard let times = entry.times else { return }
        let length = fact.info.duration, end = times.end ?? length
        do {
            guard times.start < length, end < length + Self.tolerance else {
                throw SegmentError.beyondTheEnd(start: times.start, end: end, fileDuration: length)
            }
            let segment = try Segment(start: times.start, end: min(end, length))
            let rate = fact.info.sampleRate
            guard Int(saturating: segment.end * rate) > Int(saturating: segment.start * rate) else {
                throw AudioFacts.Failure(text: "the segment from \(times.start) to \(end) s holds no sample")
            }
            // All of a file is the file, however it is written.
            guard !segment.frames(at: sampleRate).elementsEqual(0..<fact.info.frames) else { return }
            self.segment = segment
            duration = segment.duration
            content = fact.content.part(segment)
        } catch let error as AudioFacts.Failure { throw error } catch {
            throw AudioFacts.Failure(text: "\(error)")
        }
    }
}
