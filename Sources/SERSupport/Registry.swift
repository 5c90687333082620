// SPDX-License-Identifier: Apache-2.0

/// Types by the names they go by in files, such as `any Layer.Type` by kind.
package struct Registry<Kind: Sendable>: Sendable {
    private var types: [String: Kind] = [:]

    package init() {}

    /// Types of which each has a name of its own.
    package init(_ types: [Kind], kind: (Kind) -> String) {
        for type in types { self.types[kind(type)] = type }
    }

    /// Takes one more type in.
    /// - Throws: ``KindTakenError`` when another type has its name.
    package mutating func add(_ type: Kind, kind: String) throws(KindTakenError) {
        if let owner = types[kind], Self.metatype(owner) != Self.metatype(type) {
            throw KindTakenError(kind: kind, owner: Self.metatype(owner), newcomer: Self.metatype(type))
        }
        types[kind] = type
    }

    /// The names known, in order.
    package var kinds: [String] { types.keys.sorted() }

    package subscript(kind: String) -> Kind? { types[kind] }

    private static func metatype(_ type: Kind) -> Any.Type {
        guard let type = type as? Any.Type else { stop("Registry: \(type) is no type") }
        return type
    }
}

/// Where a decoder keeps a value that it decodes with.
package struct DecodingKey<Value: Sendable>: Sendable {
    private let key: CodingUserInfoKey?

    package init(_ name: String) { key = CodingUserInfoKey(rawValue: name) }

    /// The `userInfo` of a decoder that is to have the value.
    package func userInfo(_ value: Value) -> [CodingUserInfoKey: any Sendable] { key.map { [$0: value] } ?? [:] }

    /// The value that a decoder was given; nil where it was given none.
    package func value(of decoder: any Decoder) -> Value? { key.flatMap { decoder.userInfo[$0] as? Value } }
}
