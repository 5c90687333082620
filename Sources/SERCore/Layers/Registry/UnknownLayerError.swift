// SPDX-License-Identifier: Apache-2.0

/// A kind of layer in a file that the reader's ``LayerRegistry`` does not know.
package struct UnknownLayerError: Error {
    /// The kind that the file names.
    package let kind: String
    /// The kinds that the reader knows.
    package let known: [String]
    /// Where the layer, or the one it is inside of, stands in the network.
    package var place = ""

    package init(kind: String, known: [String]) {
        self.kind = kind
        self.known = known
    }

    /// The error as decoders throw it, with this one beneath.
    package func decodingError(at path: [any CodingKey]) -> DecodingError {
        let prefix = place.isEmpty ? "" : "\(place): "
        return .dataCorrupted(
            .init(
                codingPath: path,
                debugDescription: "\(prefix)no layer of kind '\(kind)' is registered; known are "
                    + known.joined(separator: ", "),
                underlyingError: self))
    }
}
