// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Two types go by one name in files: what one of them wrote would be read as the other.
public struct KindTakenError: Error, Sendable, Equatable, LocalizedError, CustomStringConvertible {
    /// The name that both go by.
    public let kind: String
    /// The type that has it, and the one that was to have it too.
    public let owner, newcomer: String

    package init(kind: String, owner: Any.Type, newcomer: Any.Type) {
        self.kind = kind
        self.owner = String(reflecting: owner)
        self.newcomer = String(reflecting: newcomer)
    }

    public var description: String {
        "the kind '\(kind)' of \(newcomer) is that of \(owner): give \(newcomer) a static 'kind' of its own"
    }

    public var errorDescription: String? { description }
}
