// SPDX-License-Identifier: Apache-2.0

/// Why ffmpeg did not decode a file.
public enum FFmpegFailure: Error, Equatable, Sendable {
    /// The environment variable that names the program.
    static let variable = "SER_FFMPEG"

    /// The program could not be started; the system's reason.
    case notStarted(reason: String)
    /// What the program said.
    case complained(of: String)
    /// The sound takes more than four gigabytes.
    case tooLong
    /// Nothing came for half a minute, or not all in an hour.
    case tooSlow
    /// The task that reads the file was cancelled.
    case cancelled
    /// The decoded sound could not be kept; the system's reason.
    case noRoom(reason: String)
}

extension FFmpegFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notStarted(let reason):
            "it cannot be started: \(reason); check the program, and the variable \(Self.variable) where it is set"
        case .complained(let text): "it says: \(text); copy, download or export the file again"
        case .tooLong: "more than 4 GB of sound; cut the file into parts"
        case .tooSlow: "it took too long; convert the file by hand"
        case .cancelled: "the task was cancelled"
        case .noRoom(let reason):
            "the sound cannot be kept in the folder for temporary files: \(reason); make room there"
        }
    }
}
