import Foundation
import SERCore

/// Why growth could not be measured or read.
public enum ScalingError: Error, Sendable, Equatable {
    /// A network that cannot be built.
    case shape(ShapeError)
    /// A setting, a file or a process that does not work; the text says which.
    case setting(String)
    /// A results file of another version, or of another kind.
    case version(path: String, found: String)
}

extension ScalingError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .shape(let error): error.description
        case .setting(let text): text
        case .version(let path, let found):
            "\(path): holds \(found), not \(ScalingResults.kind) of version \(ScalingResults.currentVersion); measure again "
                + "with this version of ser"
        }
    }
}
