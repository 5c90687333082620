// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One reader of the library under attack.
///
/// Whatever the bytes are, the reader gives a value that holds what its documentation promises, or throws its error.
protocol FuzzTarget: Sendable {
    /// All that is made once for a process.
    init() throws
    /// Reads one input.
    func read(_ bytes: UnsafeRawBufferPointer)
    /// Inputs to begin with that the library itself can make, by name; others lie in Fuzz/Seeds.
    func seeds() throws -> [String: Data]
}

extension FuzzTarget {
    func seeds() throws -> [String: Data] { [:] }
}

/// The targets by name.
enum FuzzTargets {
    static let all: [String: any FuzzTarget.Type] = [
        "sound-wav": WAVTarget.self, "sound-aiff": AIFFTarget.self, "sound-flac": FLACTarget.self,
        "sound-ogg": OggTarget.self, "sound-mpeg": MPEGTarget.self, "model": ModelFileTarget.self,
        "onnx": ONNXTarget.self, "weights": WeightsTarget.self, "manifest": ManifestTarget.self,
        "results": ResultsTarget.self, "checkpoint": CheckpointTarget.self,
    ]
}

/// Why a target cannot begin.
struct FuzzFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Ends the process, so that libFuzzer keeps the input, where a reader breaks a promise.
func expect(_ holds: Bool, _ promise: @autoclosure () -> String) {
    if holds { return }
    FileHandle.standardError.write(Data("broken: \(promise())\n".utf8))
    abort()
}
