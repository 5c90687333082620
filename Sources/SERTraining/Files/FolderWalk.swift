// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files in a folder and the folders below it, each once.
///
/// Links to folders are followed after the folders themselves, and a folder is entered once whatever leads to it, so
/// that loops end. Names that begin with a dot are passed over: hidden files, and the `._` halves that macOS leaves behind.
package struct FolderWalk {
    /// A file that may hold audio.
    struct File {
        let url: URL
        /// The path within the folder, with `/` between names.
        let relativePath: String
        /// What keeps the file from being opened at all, such as its being a pipe.
        package let obstacle: String?

        var name: String { components.last ?? relativePath }
        var components: [String] { relativePath.split(separator: "/").map(String.init) }
        /// The name without its ending.
        var stem: String { String(name.prefix(upTo: name.lastIndex(of: ".") ?? name.endIndex)) }
    }

    private(set) var audio: [File] = []
    /// The endings of tables that list a corpus.
    static let manifestEndings: Set<String> = ["csv", "tsv"]

    /// Manifests, that is, such tables in the folder itself.
    private(set) var manifests: [URL] = []
    private(set) var otherFiles = 0
    private(set) var closedFolders: [UnreadableFile] = []

    private struct Identity: Hashable {
        let device: UInt64, inode: UInt64

        init(_ status: stat) {
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
        }
    }

    private var entered: Set<Identity> = []
    private let root: Identity
    /// The folders that the walk's lies in, up to the file system's root: what leads there leads to anything.
    private let above: Set<Identity>
    private var links: [(url: URL, relativePath: String)] = []

    init(_ root: URL) throws(CorpusError) {
        var status = stat()
        guard stat(root.path, &status) == 0 else { throw CorpusError.notFound(root) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw CorpusError.notAFolder(root) }
        self.root = Identity(status)
        above = Self.folders(above: root)
        guard let listing = opendir(root.path) else {
            throw CorpusError.cannotOpen(root, reason: String(cString: strerror(errno)))
        }
        closedir(listing)
        enter(root, relativePath: "")
        while !links.isEmpty {
            let next = links.removeFirst()
            enter(next.url, relativePath: next.relativePath)
        }
        audio.sort { $0.relativePath < $1.relativePath }
        manifests.sort { $0.path < $1.path }
    }

    private static func folders(above root: URL) -> Set<Identity> {
        var found: Set<Identity> = []
        var path = root.path
        while true {
            path += "/.."
            var status = stat()
            // The file system's root lies in itself.
            guard stat(path, &status) == 0, found.insert(Identity(status)).inserted else { return found }
        }
    }

    /// Lists a folder and those below it; a list of what is still to be entered takes the place of recursion.
    private mutating func enter(_ url: URL, relativePath: String) {
        var waiting = [(url: url, relativePath: relativePath)]
        while let folder = waiting.popLast() {
            var status = stat()
            guard stat(folder.url.path, &status) == 0 else { continue }
            guard entered.insert(Identity(status)).inserted else { continue }
            let names: [String]
            do throws(FolderError) { names = try Self.names(in: folder.url) } catch {
                closedFolders.append(
                    UnreadableFile(path: folder.relativePath, reason: "the folder cannot be opened (\(error.reason))"))
                continue
            }
            for name in names where !name.hasPrefix(".") {
                let item = folder.url.appendingPathComponent(name, isDirectory: false)
                let path = folder.relativePath.isEmpty ? name : folder.relativePath + "/" + name
                if let below = sort(item, relativePath: path) { waiting.append(below) }
            }
        }
    }

    private struct FolderError: Error {
        let reason: String
    }

    /// The names in a folder, in order.
    private static func names(in url: URL) throws(FolderError) -> [String] {
        // Asked first, since it tells why not.
        guard let listing = opendir(url.path) else { throw FolderError(reason: String(cString: strerror(errno))) }
        closedir(listing)
        do { return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() } catch {
            throw FolderError(reason: error.localizedDescription)
        }
    }

    /// Files what is at one path; answers the folder that remains to be entered.
    private mutating func sort(_ url: URL, relativePath: String) -> (url: URL, relativePath: String)? {
        var own = stat(), target = stat()
        let isLink = lstat(url.path, &own) == 0 && own.st_mode & S_IFMT == S_IFLNK
        let exists = stat(url.path, &target) == 0
        if exists && target.st_mode & S_IFMT == S_IFDIR {
            guard isLink else { return (url, relativePath) }
            let identity = Identity(target)
            if above.contains(identity), identity != root {
                closedFolders.append(
                    UnreadableFile(
                        path: relativePath,
                        reason: "it is a link to a folder that this one lies in, and is not followed"))
            } else {
                links.append((url, relativePath))
            }
            return nil
        }
        let ending = url.pathExtension.lowercased()
        if !exists, !isLink, relativePath.contains("\u{fffd}"), !SoundFileNames.endings.contains(ending) {
            // It may be a folder of sounds.
            closedFolders.append(UnreadableFile(path: relativePath, reason: Self.obstacle(at: url) ?? ""))
            return nil
        }
        guard SoundFileNames.endings.contains(ending) else {
            otherFiles += 1
            if Self.manifestEndings.contains(ending) && !relativePath.contains("/") { manifests.append(url) }
            return nil
        }
        audio.append(File(url: url, relativePath: relativePath, obstacle: Self.obstacle(at: url)))
        return nil
    }

    /// Why a path cannot be opened as a file, or nil: a pipe, for one, would be waited for without end.
    package static func obstacle(at url: URL) -> String? {
        var own = stat(), target = stat()
        guard lstat(url.path, &own) == 0 else {
            return "it cannot be found under this name; a name that is not UTF-8 must be changed, as by "
                + "convmv -f latin1 -t utf8 -r --notest . in its folder"
        }
        guard stat(url.path, &target) == 0 else { return "it is a link to nothing" }
        if target.st_mode & S_IFMT == S_IFDIR { return CorpusError.isAFolder }
        return target.st_mode & S_IFMT == S_IFREG ? nil : "it is not a regular file"
    }
}
