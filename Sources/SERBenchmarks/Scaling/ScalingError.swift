// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore

/// Why growth could not be measured.
public enum ScalingError: Error, Sendable, Equatable {
    /// A network that cannot be built.
    case shape(ShapeError)
    /// A setting or a process that does not work; the text says which.
    case setting(String)
}

extension ScalingError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .shape(let error): error.description
        case .setting(let text): text
        }
    }
}
