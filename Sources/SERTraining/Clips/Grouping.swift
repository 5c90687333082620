// SPDX-License-Identifier: Apache-2.0

/// What clips can have in common so that they must not be torn apart.
public enum Grouping: String, Sendable, Codable, CaseIterable {
    /// The same voice.
    case speaker
    /// The same words.
    case sentence
}
