// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

/// Where the sound of tested clips is, for spectrograms and players in a report.
public struct ReportSounds: Sendable {
    /// The folder that the clips lie in.
    public var folder: URL
    /// Whether the page holds the sound itself, to be played.
    public var includesAudio: Bool
    /// How many bytes of sound a page holds at most.
    public var mostBytes: Int

    /// Whether clips that are not where their names say are looked for below the folder.
    private var searches = true

    /// The sound below a folder, searched for by the files' names where it has moved.
    public init(in folder: URL, includesAudio: Bool = false, mostBytes: Int = 8 << 20) {
        self.folder = folder
        self.includesAudio = includesAudio
        self.mostBytes = mostBytes
    }

    /// The sound of a corpus that is being tested.
    public init(of corpus: Corpus, includesAudio: Bool = false) {
        self.init(
            in: URL(fileURLWithPath: commonFolder(of: corpus.clips.map(\.path.path))),
            includesAudio: includesAudio)
        searches = false
    }

    /// What browsers play, by the extension of a file's name.
    private static let types = [
        "wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg",
        "flac": "audio/flac", "m4a": "audio/mp4",
    ]

    /// A page's sound while it is put together.
    struct Spending {
        private let sounds: ReportSounds
        private lazy var names: [String: [String]] = {
            let below = sounds.searches ? FileManager.default.subpaths(atPath: sounds.folder.path) ?? [] : []
            return Dictionary(grouping: below) { $0.split(separator: "/").last.map(String.init) ?? $0 }
        }()
        private var spent = 0
        private var leftOut: [String: Int] = [:]
        private var undrawn: [String: Int] = [:]

        package init(_ sounds: ReportSounds) { self.sounds = sounds }

        /// The file of a clip: its path below the folder, or, below that, the one file whose path ends in it.
        mutating func file(of clip: TestedClip) -> URL? {
            let parts = clip.file.split(separator: "/")
            // Results are strangers' too: nothing above the folder is read.
            guard let last = parts.last, !parts.contains("..") else { return nil }
            let expected = sounds.folder.appendingPathComponent(clip.file)
            if FileManager.default.fileExists(atPath: expected.path) { return expected }
            let candidates = names[String(last)] ?? []
            let found = only(candidates.filter { $0.hasSuffix("/\(clip.file)") }) ?? only(candidates)
            return found.map { sounds.folder.appendingPathComponent($0) }
        }

        private func only(_ paths: [String]) -> String? { paths.count == 1 ? paths[0] : nil }

        /// The player of a clip, where the page is to hold sound and has room for it.
        mutating func sound(of clip: TestedClip, at file: URL) -> ReportPage.Piece? {
            guard sounds.includesAudio else { return nil }
            if let segment = clip.segment { return excerpt(of: clip, segment, at: file) }
            guard let type = ReportSounds.types[file.pathExtension.lowercased()] else {
                leftOut["browsers do not play .\(file.pathExtension)", default: 0] += 1
                return nil
            }
            let data: Data
            do {
                guard let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize, hasRoom(for: size) else {
                    return nil
                }
                data = try Data(ofFile: file, most: size)
            } catch {
                leftOut["its file cannot be read", default: 0] += 1
                return nil
            }
            spent += data.count
            return .sound(name: clip.clip, type: type, data: data)
        }

        /// The player of a part of a file.
        private mutating func excerpt(of clip: TestedClip, _ segment: Segment, at file: URL) -> ReportPage.Piece? {
            guard let data = SoundExcerpt(of: file, segment)?.data else {
                leftOut["its file cannot be read", default: 0] += 1
                return nil
            }
            guard hasRoom(for: data.count) else { return nil }
            spent += data.count
            return .sound(name: clip.clip, type: "audio/wav", data: data)
        }

        private mutating func hasRoom(for bytes: Int) -> Bool {
            if spent + bytes <= sounds.mostBytes { return true }
            leftOut["the page would hold more than \(sounds.mostBytes >> 20) MB of it", default: 0] += 1
            return false
        }

        /// Notes that a clip has no spectrogram, and why.
        mutating func leaveUndrawn(_ reason: String) { undrawn[reason, default: 0] += 1 }

        /// What is not there to be seen or heard, and why.
        var notes: [String] {
            func reasons(_ counts: [String: Int]) -> String {
                counts.sorted { $0.key < $1.key }.map { "\($0.value) because \($0.key)" }.joined(separator: ", ")
            }
            return (undrawn.isEmpty ? [] : ["Some clips are not drawn: \(reasons(undrawn))."])
                + (leftOut.isEmpty ? [] : ["Some sound was left out: \(reasons(leftOut))."])
        }
    }
}
