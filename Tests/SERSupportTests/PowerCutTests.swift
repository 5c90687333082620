// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Testing

/// A disk that keeps for certain only what was flushed: a file's bytes by flushing it, a folder's names by flushing the
/// folder.
private final class LossyDisk {
    private final class File {
        var bytes: [UInt8] = []
        var flushed: [UInt8] = []
    }

    private enum Handle { case file(File), folder }

    /// What a power cut may leave under a name.
    enum Remains: Hashable { case nothing, bytes([UInt8]) }

    private var names: [String: File] = [:]
    private var flushedNames: [String: File] = [:]
    private var handles: [Int32: Handle] = [:]
    private var next: Int32 = 100
    /// What was called, in order.
    private(set) var log: [String] = []
    /// Called after each call with what had been written.
    var afterEach: () -> Void = {}

    init(_ path: String, _ bytes: [UInt8]) {
        let file = File()
        (file.bytes, file.flushed) = (bytes, bytes)
        names[path] = file
        flushedNames[path] = file
    }

    /// All that may be found at a path if the power fails now: the system may have brought anything to the disk early.
    func remains(of path: String) -> Set<Remains> {
        var remains: Set<Remains> = []
        for file in [names[path], flushedNames[path]] {
            guard let file else {
                remains.insert(.nothing)
                continue
            }
            for bytes in [file.bytes, file.flushed] { remains.insert(.bytes(bytes)) }
        }
        return remains
    }

    private func call<Result>(_ name: String, _ body: () -> Result) -> Result {
        log.append(name)
        let result = body()
        afterEach()
        return result
    }

    var calls: FileCalls {
        FileCalls(
            open: { [self] path, flags in
                call("open") {
                    next += 1
                    if flags & O_DIRECTORY != 0 {
                        handles[next] = .folder
                    } else {
                        let file = File()
                        names[path] = file
                        handles[next] = .file(file)
                    }
                    return next
                }
            },
            write: { [self] handle, bytes in
                // Never all at once, as pipes and full disks do.
                call("write") {
                    guard case .file(let file)? = handles[handle] else { return -1 }
                    let part = bytes.prefix(max(1, bytes.count / 2))
                    file.bytes += part
                    return part.count
                }
            },
            flush: { [self] handle in
                call("flush") {
                    switch handles[handle] {
                    case .file(let file)?: file.flushed = file.bytes
                    case .folder?: flushedNames = names
                    case nil: return -1
                    }
                    return 0
                }
            },
            close: { [self] handle in call("close") { handles.removeValue(forKey: handle) == nil ? -1 : 0 } },
            rename: { [self] from, to in
                call("rename") {
                    names[to] = names.removeValue(forKey: from)
                    return 0
                }
            },
            remove: { [self] path in call("remove") { names.removeValue(forKey: path) == nil ? -1 : 0 } })
    }
}

@Suite struct PowerCutTests {
    private static let target = FileManager.default.temporaryDirectory
        .appendingPathComponent("ser-no-such-folder-\(UUID().uuidString)/results.json")
    private static let old = Array("old".utf8), new = Array("something new".utf8)

    /// What may be found after power cuts at every moment of a writing, and after its end.
    private func writing(
        _ durability: AtomicFile.Durability
    ) throws -> (during: Set<LossyDisk.Remains>, after: Set<LossyDisk.Remains>, log: [String]) {
        let path = Self.target.path
        let disk = LossyDisk(path, Self.old)
        var during: Set<LossyDisk.Remains> = []
        disk.afterEach = { during.formUnion(disk.remains(of: path)) }
        try AtomicFile.write(Data(Self.new), to: Self.target, durability, calls: disk.calls)
        return (during, disk.remains(of: path), disk.log)
    }

    @Test func aPowerCutAtAnyMomentLeavesTheOldFileOrTheNew() throws {
        let (during, after, log) = try writing(.flushed)
        #expect(during == [.bytes(Self.old), .bytes(Self.new)])
        #expect(after == [.bytes(Self.new)])
        #expect(log.filter { $0 != "write" } == ["open", "flush", "close", "rename", "open", "flush", "close"])
    }

    /// The disk of these tests tells the difference.
    @Test func withoutFlushingTheNewFileMayBeEmpty() throws {
        let (during, after, _) = try writing(.unflushed)
        #expect(during.contains(.bytes([])) && after.contains(.bytes(Self.old)) && after.contains(.bytes([])))
    }

    @Test func aFlushThatFailsIsAnErrorAndLeavesTheOldFile() throws {
        for failing in 0..<2 {
            let disk = LossyDisk(Self.target.path, Self.old)
            var calls = disk.calls
            var flushes = 0
            calls.flush = { handle in
                flushes += 1
                guard flushes == failing + 1 else { return disk.calls.flush(handle) }
                errno = EIO
                return -1
            }
            let error = #expect(throws: FileWriteError.self) {
                try AtomicFile.write(Data(Self.new), to: Self.target, calls: calls)
            }
            #expect(error?.path == Self.target.path)
            #expect(failing == 1 || disk.remains(of: Self.target.path) == [.bytes(Self.old)])
            #expect(failing == 1 || disk.log.last == "remove")
        }
    }

    @Test func fileSystemsThatKnowNoFlushingAreWrittenTo() throws {
        for code in [EINVAL, ENOTSUP] {
            let disk = LossyDisk(Self.target.path, Self.old)
            var calls = disk.calls
            calls.flush = { _ in
                errno = code
                return -1
            }
            try AtomicFile.write(Data(Self.new), to: Self.target, calls: calls)
            #expect(disk.remains(of: Self.target.path).contains(.bytes(Self.new)))
        }
    }
}
