// SPDX-License-Identifier: Apache-2.0

/// A kind of features in a file that the reader's ``FeatureRegistry`` does not know.
package struct UnknownFeaturesError: Error {
    /// The kind that the file names.
    package let kind: String
    /// The kinds that the reader knows.
    package let known: [String]

    package init(kind: String, known: [String]) {
        self.kind = kind
        self.known = known
    }

    /// The error as decoders throw it, with this one beneath.
    package func decodingError(at path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(
            .init(
                codingPath: path,
                debugDescription: "no features of kind '\(kind)' are registered; known are "
                    + known.joined(separator: ", "),
                underlyingError: self))
    }
}
