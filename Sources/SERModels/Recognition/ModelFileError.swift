import Foundation

/// Why a model file could not be read or written.
public enum ModelFileError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// The file cannot be opened or read.
    case unreadable(path: String, reason: String)
    /// The file is not a model file, or is damaged.
    case malformed(path: String, reason: String)
    /// The file was written by a newer version of the library.
    case newerFormat(path: String, version: Int, known: Int)
    /// The file cannot be written.
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): return "\(path): cannot be read (\(reason))"
        case .malformed(let path, let reason):
            return "\(path): not a model of this library, or damaged: \(reason)"
        case .newerFormat(let path, let version, let known):
            return "\(path): written in format \(version), and this version of SER reads up to \(known). Update SER."
        case .unwritable(let path, let reason): return "\(path): cannot be written (\(reason))"
        }
    }

    public var errorDescription: String? { description }
}
