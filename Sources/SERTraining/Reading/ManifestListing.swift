// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The entries of a manifest with the files that they mean, each clip once.
struct ManifestListing {
    typealias Line = (entry: ManifestEntries.Entry, file: FolderWalk.File)

    private let manifest: URL
    private(set) var lines: [Line] = []
    private(set) var remarks: [ManifestRemark] = []

    /// What is listened to.
    private struct Place: Hashable {
        let url: URL
        let times: ManifestEntries.Times?
    }

    /// What a line says of a file, whatever it is called: links of one file that say the same are one clip.
    private struct Statement: Hashable {
        let file: FileIdentity
        let times: ManifestEntries.Times?
        let label: String
        let speaker, sentence, corpus: String?
    }

    init(_ manifest: URL, _ entries: [ManifestEntries.Entry]) {
        self.manifest = manifest
        var paths = ManifestPaths(from: manifest.deletingLastPathComponent())
        var windows = 0
        for entry in entries {
            let found = paths.resolve(entry.path)
            switch found.reading {
            case .asWritten: break
            case .windowsSeparators: windows += 1
            case .otherUnicodeForm: remarks.append(.otherUnicodeForm(path: entry.path, line: entry.line))
            case .oneOfTwoUnicodeForms: remarks.append(.twoUnicodeForms(path: entry.path, line: entry.line))
            }
            lines.append(
                (entry, FolderWalk.File(url: found.url, relativePath: entry.path, obstacle: found.obstacle)))
        }
        if windows > 0 { remarks.append(.windowsPaths(entries: windows)) }
    }

    /// Leaves of clips that stand on several lines the first.
    /// - Throws: ``CorpusError/manifest(_:line:reason:)`` where lines contradict each other.
    mutating func removeRepetitions() throws(CorpusError) {
        var first: [Place: Int] = [:], said: [Statement: Int] = [:], kept: [Line] = [], repeated: [Int: [Int]] = [:]
        for (entry, file) in lines {
            let place = Place(url: file.url, times: entry.times)
            guard let earlier = first[place] else {
                if let identity = FileIdentity(file.url) {
                    let statement = Statement(
                        file: identity, times: entry.times, label: entry.label, speaker: entry.speaker,
                        sentence: entry.sentence, corpus: entry.corpus)
                    if let same = said[statement] {
                        repeated[same, default: [kept[same].entry.line]].append(entry.line)
                        continue
                    }
                    said[statement] = kept.count
                }
                first[place] = kept.count
                kept.append((entry, file))
                continue
            }
            let other = kept[earlier].entry
            guard other.label == entry.label else {
                throw .manifest(
                    manifest, line: entry.line,
                    reason: "\(entry.path) is labelled \(entry.label) here and \(other.label) on line \(other.line)")
            }
            if let own = entry.speaker, let others = other.speaker, own != others {
                throw .manifest(
                    manifest, line: entry.line,
                    reason: "the speaker of \(entry.path) is \(own) here and \(others) on line \(other.line)")
            }
            repeated[earlier, default: [other.line]].append(entry.line)
        }
        lines = kept
        remarks += repeated.sorted { $0.key < $1.key }
            .map { .listedTwice(path: kept[$0.key].entry.path, lines: $0.value) }
    }

    /// Segments that share sound and have different labels.
    var overlaps: [ManifestRemark] {
        guard lines.contains(where: { $0.entry.times != nil }) else { return [] }
        let files = Dictionary(grouping: lines, by: \.file.url).values.filter { $0.count > 1 }
        return files.flatMap { Self.overlaps(in: $0.map(\.entry)) }
            .sorted { ($0.line, $0.remark.description) < ($1.line, $1.remark.description) }.map(\.remark)
    }

    /// Each segment with the one before it that reaches furthest into it under another label, if one does: never more
    /// than there are segments, where pairs could be as many as their square.
    private static func overlaps(in entries: [ManifestEntries.Entry]) -> [(line: Int, remark: ManifestRemark)] {
        func start(_ entry: ManifestEntries.Entry) -> Double { entry.times?.start ?? 0 }
        func end(_ entry: ManifestEntries.Entry) -> Double { entry.times?.end ?? .infinity }
        var found: [(line: Int, remark: ManifestRemark)] = []
        // Of the label whose segments reach furthest, and of the next: one of them is not the label in hand.
        var furthest: [ManifestEntries.Entry] = []
        for entry in entries.sorted(by: { (start($0), $0.line) < (start($1), $1.line) }) {
            if let other = furthest.first(where: { $0.label != entry.label }), start(entry) < end(other) {
                let pair = [entry, other].sorted { $0.line < $1.line }
                found.append(
                    (
                        pair[0].line,
                        .overlap(path: entry.path, lines: pair.map(\.line), labels: pair.map(\.label))
                    ))
            }
            let rivals = furthest.filter { $0.label != entry.label }
            let own = furthest.first { $0.label == entry.label }
            let kept = own.map { end($0) >= end(entry) ? $0 : entry } ?? entry
            furthest = (rivals + [kept]).sorted { (end($0), $1.line) > (end($1), $0.line) }
            if furthest.count > 2 { furthest.removeLast() }
        }
        return found
    }
}
