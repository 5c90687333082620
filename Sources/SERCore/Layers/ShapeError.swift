// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A network whose layers do not fit together, found before any data is read.
public struct ShapeError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// Where in the network, such as `dense2`; empty until the network adds it.
    public var path: String
    /// What kind of layer.
    public var layer: String
    /// What the layer needs.
    public var expected: String
    /// What it was given.
    public var got: String
    /// What to do about it.
    public var hint: String

    /// An error that names what a layer needs, what came and what to do.
    public init(path: String = "", layer: String, expected: String, got: String, hint: String) {
        self.path = path
        self.layer = layer
        self.expected = expected
        self.got = got
        self.hint = hint
    }

    public var description: String {
        let place = path.isEmpty || path == layer ? layer : "\(path) (\(layer))"
        return "\(place) expects \(expected), but gets \(got). \(hint)"
    }

    public var errorDescription: String? { description }
}
