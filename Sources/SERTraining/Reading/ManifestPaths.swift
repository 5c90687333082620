// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Finds the files that a manifest names, as written or nearly so, and says of those that are not there what is.
struct ManifestPaths {
    /// What became of one path.
    struct Resolution {
        let url: URL
        /// Why there is no such file to be read, or nil.
        let obstacle: String?
        /// How the path was read, where not as it is written.
        var reading = Reading.asWritten
    }

    enum Reading {
        case asWritten, windowsSeparators, otherUnicodeForm, oneOfTwoUnicodeForms
    }

    /// What a folder holds.
    private struct Listing {
        let names: [String]
        /// The first of the names that are one but for capital letters and the form of Unicode.
        let folded: [String: String]

        init(_ folder: URL) {
            names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
            folded = Dictionary(names.map { (ManifestPaths.folded($0), $0) }) { first, _ in first }
        }
    }

    private let folder: URL
    private var listings: [String: Listing] = [:]
    /// How many names may still be compared letter by letter: where thousands of files are missing from a folder of
    /// thousands, all of them would take hours.
    private var comparisons = 100_000
    /// The files below the manifest's folder by name; nil until somebody asks.
    private var below: [String: [String]]?

    /// - Parameter folder: Where relative paths start.
    init(from folder: URL) { self.folder = folder.standardizedFileURL }

    /// The file that a path means.
    mutating func resolve(_ path: String) -> Resolution {
        let written = url(path)
        if Self.exists(written) {
            let twin = Self.forms(of: path).contains { !$0.utf8.elementsEqual(path.utf8) && isTwin($0, written) }
            return Resolution(
                url: written, obstacle: FolderWalk.obstacle(at: written),
                reading: twin ? .oneOfTwoUnicodeForms : .asWritten)
        }
        let unix = path.replacing("\\", with: "/")
        if unix != path, Self.exists(url(unix)) {
            return Resolution(
                url: url(unix), obstacle: FolderWalk.obstacle(at: url(unix)), reading: .windowsSeparators)
        }
        if let found = inOtherForm(unix) {
            return Resolution(url: found, obstacle: FolderWalk.obstacle(at: found), reading: .otherUnicodeForm)
        }
        return Resolution(url: written, obstacle: "there is no file \(written.path)" + nearest(to: unix))
    }

    private func url(_ path: String) -> URL {
        (path.hasPrefix("/") ? URL(fileURLWithPath: path) : folder.appendingPathComponent(path, isDirectory: false))
            .standardizedFileURL
    }

    private static func exists(_ url: URL) -> Bool {
        var status = stat()
        return lstat(url.path, &status) == 0
    }

    /// Whether another form of a path leads to another file than the given one: some file systems take them for one.
    private func isTwin(_ path: String, _ other: URL) -> Bool {
        var a = stat(), b = stat()
        return stat(url(path).path, &a) == 0 && stat(other.path, &b) == 0
            && (a.st_ino != b.st_ino || a.st_dev != b.st_dev)
    }

    /// A path with each accent as one character, and as two.
    private static func forms(of path: String) -> [String] {
        path.utf8.allSatisfy { $0 < 0x80 }
            ? [] : [path.precomposedStringWithCanonicalMapping, path.decomposedStringWithCanonicalMapping]
    }

    /// The file whose path differs in its form of Unicode only, name by name.
    private mutating func inOtherForm(_ path: String) -> URL? {
        guard !Self.forms(of: path).isEmpty else { return nil }
        var place = path.hasPrefix("/") ? URL(fileURLWithPath: "/") : folder
        for name in path.split(separator: "/").map(String.init) {
            let next = ([name] + Self.forms(of: name)).map { place.appendingPathComponent($0, isDirectory: false) }
            guard let found = next.first(where: Self.exists) else { return nil }
            place = found
        }
        return place.standardizedFileURL
    }
}

extension ManifestPaths {
    /// What there is that comes nearest to a path at which there is nothing, as the end of a sentence.
    private mutating func nearest(to path: String) -> String {
        if let drive = path.utf8.first, path.utf8.dropFirst().first == 0x3a, (0x41...0x7a).contains(drive) {
            return "; it begins with a drive of Windows. Write paths from the manifest's folder" + sameName(as: path)
        }
        var place = path.hasPrefix("/") ? URL(fileURLWithPath: "/") : folder
        var isExact = true
        for name in path.split(separator: "/").map(String.init) {
            let next = place.appendingPathComponent(name).standardizedFileURL
            if Self.exists(next) {
                place = next
            } else if let other = listing(of: place).folded[Self.folded(name)] {
                place = place.appendingPathComponent(other)
                isExact = false
            } else {
                let same = sameName(as: path)
                if !same.isEmpty { return same }
                let names = listing(of: place).names
                guard names.count <= comparisons else { return "" }
                comparisons -= names.count
                let near = nearMatches(of: name, among: names).names.first.map { "'\($0)'" }
                return "; \(place.path) has \(near ?? "nothing of a similar name")"
            }
        }
        return isExact ? "" : "; there is \(place.path), with other capital letters"
    }

    /// Where a file of the same name lies, with a few words before it; empty where there is none.
    private mutating func sameName(as path: String) -> String {
        guard let name = path.split(separator: "/").last.map(String.init), let found = filesBelow[name] else {
            return ""
        }
        let more = found.count > 1 ? " (and \(found.count - 1) more)" : ""
        return "; a file of that name is \(folder.appendingPathComponent(found[0]).path)\(more)"
    }

    private static func folded(_ name: String) -> String { name.precomposedStringWithCanonicalMapping.lowercased() }

    private mutating func listing(of folder: URL) -> Listing {
        if let known = listings[folder.path] { return known }
        let listing = Listing(folder)
        listings[folder.path] = listing
        return listing
    }

    /// So many files are looked through at most.
    private static let mostFiles = 100_000

    private var filesBelow: [String: [String]] {
        mutating get {
            if let below { return below }
            var found: [String: [String]] = [:]
            let entries = FileManager.default.enumerator(atPath: folder.path)?.makeIterator()
            for _ in 0..<Self.mostFiles {
                guard let path = entries?.next() as? String else { break }
                if let name = path.split(separator: "/").last { found[String(name), default: []].append(path) }
            }
            let sorted = found.mapValues { $0.sorted() }
            below = sorted
            return sorted
        }
    }
}
