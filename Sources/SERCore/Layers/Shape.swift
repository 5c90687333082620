// SPDX-License-Identifier: Apache-2.0

/// The shape of what flows between layers, without the batch axis: `[.time, 40]`, `[1, 40, 130]`.
public struct Shape: Sendable, Hashable, Codable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// One axis of a ``Shape``.
    public enum Dimension: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
        /// A length known when the network is built.
        case fixed(Int)
        /// Time: differs from clip to clip, and batches are padded along it.
        case time
        /// Unknown until data comes, the same for all rows of a batch.
        case any

        public init(integerLiteral value: Int) { self = .fixed(value) }

        /// The length, where it is known.
        public var length: Int? {
            if case .fixed(let length) = self { return length }
            return nil
        }

        public var description: String {
            switch self {
            case .fixed(let length): return "\(length)"
            case .time: return "time"
            case .any: return "any"
            }
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let length = try? container.decode(Int.self) {
                guard length > 0 else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "a length of \(length)")
                }
                self = .fixed(length)
                return
            }
            switch try container.decode(String.self) {
            case "time": self = .time
            case "any": self = .any
            case let word:
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "unknown dimension '\(word)'")
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if let length { try container.encode(length) } else { try container.encode(description) }
        }
    }

    /// The axes after the batch axis.
    public var dimensions: [Dimension]

    /// A shape of the given axes.
    public init(_ dimensions: [Dimension]) { self.dimensions = dimensions }

    /// A shape of known lengths.
    public init(_ lengths: [Int]) { dimensions = lengths.map { .fixed($0) } }

    public init(arrayLiteral elements: Dimension...) { dimensions = elements }

    /// How many axes there are, the batch axis left out.
    public var rank: Int { dimensions.count }

    /// The last axis.
    public var last: Dimension? { dimensions.last }

    /// Which axis is time, the batch axis left out.
    public var timeAxis: Int? { dimensions.firstIndex(of: .time) }

    /// All lengths, where all are known.
    public var lengths: [Int]? {
        let known = dimensions.compactMap(\.length)
        return known.count == rank ? known : nil
    }

    /// The product of the lengths, where all are known.
    public var count: Int? { lengths.map { $0.reduce(1, *) } }

    /// The dimension at a place, counted from 0 without the batch axis.
    public subscript(axis: Int) -> Dimension {
        get { dimensions[axis] }
        set { dimensions[axis] = newValue }
    }

    /// Whether the axes after the first of a batch tensor's shape fit this shape.
    public func accepts(_ shape: [Int]) -> Bool {
        shape.count == rank + 1
            && zip(dimensions, shape.dropFirst()).allSatisfy { $0.length == nil || $0.length == $1 }
    }

    public var description: String { "[\(dimensions.map(\.description).joined(separator: ", "))]" }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        dimensions = try container.decode([Dimension].self)
        // Layers multiply lengths, which must not overflow.
        let size = dimensions.reduce(1.0) { $0 * Double($1.length ?? 1) }
        guard size <= 0x1p40 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "the shape \(self) is too large")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(dimensions)
    }
}
