// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// The update rules that a file may name: the library's own, and those a user adds.
///
/// ```swift
/// let decoder = JSONDecoder()
/// decoder.userInfo = try UpdateRuleRegistry.standard.adding(SignDescent.self).userInfo
/// let optimizer = try decoder.decode(OptimizerConfiguration.self, from: json)
/// ```
/// A training that goes on from a checkpoint needs none: its ``OptimizerConfiguration`` is given.
public struct UpdateRuleRegistry: Sendable {
    private var registry: Registry<any UpdateRule.Type>

    private init(_ registry: Registry<any UpdateRule.Type>) { self.registry = registry }

    /// The library's own rules.
    public static let standard = UpdateRuleRegistry(
        Registry<any UpdateRule.Type>([SGD.self, Adam.self, RMSprop.self], kind: { $0.kind }))

    /// This registry and one more rule.
    /// - Throws: `KindTakenError` when another rule has its kind.
    public func adding(_ type: any UpdateRule.Type) throws(KindTakenError) -> UpdateRuleRegistry {
        var copy = self
        try copy.registry.add(type, kind: type.kind)
        return copy
    }

    /// The kinds of rules known, in order.
    public var kinds: [String] { registry.kinds }

    /// For the `userInfo` of a decoder that is to read an ``OptimizerConfiguration`` with these rules.
    public var userInfo: [CodingUserInfoKey: any Sendable] { Self.key.userInfo(self) }

    private static let key = DecodingKey<UpdateRuleRegistry>("ser.updateRuleRegistry")

    /// The registry that a decoder was given; the library's own rules where it was given none.
    init(of decoder: any Decoder) { self = Self.key.value(of: decoder) ?? .standard }

    subscript(kind: String) -> (any UpdateRule.Type)? { registry[kind] }
}
