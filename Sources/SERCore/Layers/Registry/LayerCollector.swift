// SPDX-License-Identifier: Apache-2.0

import SERSupport
import Synchronization

/// Gathers the types of all layers that are written, those inside others included: what a reader must know.
package final class LayerCollector: Sendable {
    private let types = Mutex<[any Layer.Type]>([])

    package init() {}

    /// For the `userInfo` of the encoder that is watched.
    package var userInfo: [CodingUserInfoKey: any Sendable] { Self.key.map { [$0: self] } ?? [:] }

    private static let key = CodingUserInfoKey(rawValue: "ser.layerCollector")

    /// Tells the collector of an encoder, where it has one, of a layer that is written.
    package static func note(_ type: any Layer.Type, in encoder: any Encoder) {
        guard let collector = key.flatMap({ encoder.userInfo[$0] as? LayerCollector }) else { return }
        collector.types.withLock { $0.append(type) }
    }

    /// The library's layers and all that were written.
    /// - Throws: `KindTakenError` where two of them have one kind.
    package func registry() throws(KindTakenError) -> LayerRegistry {
        var registry = LayerRegistry.standard
        for type in types.withLock({ $0 }) { registry = try registry.adding(type) }
        return registry
    }
}
