// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// Why a corpus cannot be read.
public enum CorpusError: Error, Sendable, Equatable {
    /// Nothing is there.
    case notFound(URL)
    /// A folder was expected.
    case notAFolder(URL)
    /// The folder cannot be listed.
    case cannotOpen(URL, reason: String)
    /// The folder holds no audio files, among this many files altogether.
    case noAudio(URL, files: Int)
    /// No file name follows the rule of the layout; some of the names.
    case nothingRecognised(URL, layout: String, rule: String, examples: [String])
    /// No known layout fits: each with its rule, and how many of the audio files follow it.
    case unknownLayout(URL, audioFiles: Int, tried: [LayoutTrial])
    /// Not one of the files can be read.
    case nothingReadable(URL, [UnreadableFile])
    /// Files that cannot be read, when reading strictly.
    case unreadable([UnreadableFile])
    /// A line of a manifest is wrong; lines count from 1.
    case manifest(URL, line: Int, reason: String)
    /// The times on a line of a manifest are no part of a file; lines count from 1.
    case segment(URL, line: Int, SegmentError)
    /// Somebody stopped the search before its end.
    case cancelled
}

/// A layout that was tried on a folder.
public struct LayoutTrial: Sendable, Hashable {
    /// The layout's name.
    public let layout: String
    /// What its files are called.
    public let rule: String
    /// How many of the folder's audio files follow the rule.
    public let matching: Int
}

/// A file that cannot be read, and why.
public struct UnreadableFile: Sendable, Hashable, Codable {
    /// The path within the corpus.
    public let path: String
    /// What is wrong with it.
    public let reason: String

    /// A file with what is wrong with it.
    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// The first of some files with what is wrong with them, and how many more there are: whole sentences.
    package static func list(_ files: [UnreadableFile]) -> String {
        files.prefix(5).map { "\($0.path): \($0.reason)" }.joined(separator: "; ")
            + (files.count > 5 ? "; and \(files.count - 5) more. " : ". ")
    }
}

extension CorpusError {
    /// What is said of a folder that stands where a file is read.
    static let isAFolder = "it is a folder"

    /// What helps against a reason for which something cannot be opened.
    private static func remedy(forClosed reason: String) -> String {
        func isOf(_ code: Int32) -> Bool { reason == String(cString: strerror(code)) }
        if isOf(EMFILE) { return "Allow this program more open files, as by ulimit -n 1024 before it is run." }
        if isOf(EACCES) || isOf(EPERM) { return "Check its permissions." }
        return reason == isAFolder ? "Name a file." : "Name another."
    }
}

extension CorpusError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .cancelled: "The corpus was not read to the end: it was stopped."
        case .notFound(let url):
            "There is nothing at \(url.path). "
                + (url.path.contains("\u{fffd}")
                    ? "A name that is not UTF-8 must be changed, as by convmv -f latin1 -t utf8 --notest NAME."
                    : "Check the path.")
        case .notAFolder(let url):
            "\(url.path) is not a folder. Name the folder that holds the corpus, or a manifest whose name ends in .csv or .tsv."
        case .cannotOpen(let url, let reason):
            "\(url.path) cannot be opened: \(reason). "
                + Self.remedy(forClosed: reason)
        case .noAudio(let url, let files):
            "\(url.path) holds no audio files (\(files == 0 ? "it is empty" : "\(files) other files")). "
                + "Looked for \(SoundFileNames.listed) in it and in the folders below."
        case .nothingRecognised(let url, let layout, let rule, let examples):
            "No audio file in \(url.path) is named as in \(layout): \(rule). "
                + "Found, for example, \(examples.joined(separator: ", "))."
        case .unknownLayout(let url, let audioFiles, let tried):
            ([
                (audioFiles == 1
                    ? "The one audio file in \(url.path) follows"
                    : "The \(audioFiles) audio files in "
                        + "\(url.path) follow") + " no layout that is known. Tried:"
            ]
                + tried.map { "  \($0.layout): \($0.rule) (\($0.matching) of \(audioFiles) files)" }
                + [
                    "Put each emotion's files into a folder named by it (angry, happy, sad and the like), or list them "
                        + "in a CSV manifest: path,label[,start,end,speaker,sentence,corpus]."
                ]).joined(separator: "\n")
        case .nothingReadable(let url, let files):
            "Not one of \(files.count) audio \(files.count == 1 ? "file" : "files") in \(url.path) can be read: "
                + UnreadableFile.list(files)
                + (url.hasDirectoryPath
                    ? "Mend them, or name another folder."
                    : "Mend them; paths of a table start from the folder that it lies in.")
        case .unreadable(let files):
            "\(files.count) \(files.count == 1 ? "file" : "files") cannot be read: "
                + UnreadableFile.list(files) + "Mend or remove them, or do not read strictly."
        case .manifest(let url, let line, let reason):
            "\(url.path), line \(line): \(reason)"
        case .segment(let url, let line, let error):
            "\(url.path), line \(line): \(error)"
        }
    }
}
