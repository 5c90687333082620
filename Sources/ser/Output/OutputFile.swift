// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERSupport

/// Makes sure that a file can be written, and that it is none of those that are read: what is read would be lost.
/// - Parameters:
///   - output: The file to write.
///   - option: The option that names it.
///   - inputs: The files that the command reads.
/// - Throws: `ValidationError` or ``FileWriteError``, before anything is done.
func prepare(output: URL, option: String = "--output", besides inputs: [URL?]) throws {
    for input in inputs.compactMap({ $0 }) where isSameFile(input, output) {
        throw ValidationError(
            "\(option) \(output.relativePath): that is \(input.relativePath), which is read; name another file.")
    }
    try AtomicFile.prepare(file: output)
}

/// Whether two names are of one file, whatever links lead to it; a file that is not there yet is known by its path.
private func isSameFile(_ first: URL, _ second: URL) -> Bool {
    let paths = [first, second].map { $0.standardizedFileURL.resolvingSymlinksInPath().path }
    if paths[0] == paths[1] {
        return (try? FileManager.default.attributesOfItem(atPath: paths[0]))?.isRegularFile ?? true
    }
    let known = paths.compactMap { try? FileManager.default.attributesOfItem(atPath: $0) }
    guard known.count == 2, known.allSatisfy(\.isRegularFile) else { return false }
    return known[0].place == known[1].place
}

extension [FileAttributeKey: Any] {
    fileprivate var isRegularFile: Bool { self[.type] as? FileAttributeType == .typeRegular }

    /// The file system and the file's number in it.
    fileprivate var place: [UInt64] {
        [.systemNumber, .systemFileNumber].map { (self[$0] as? NSNumber)?.uint64Value ?? 0 }
    }
}
