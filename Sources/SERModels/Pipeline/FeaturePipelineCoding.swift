// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport

extension FeaturePipeline: Codable {
    private enum Keys: String, CodingKey { case kind, settings, span, arrangement, window, trimming }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(type(of: extractor).kind, forKey: .kind)
        try extractor.encode(to: container.superEncoder(forKey: .settings))
        try container.encode(span, forKey: .span)
        try container.encode(arrangement, forKey: .arrangement)
        try container.encode(window, forKey: .window)
        try container.encodeIfPresent(trimming, forKey: .trimming)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        let registry = FeatureRegistry(of: decoder)
        guard let type = registry[kind] else {
            throw UnknownFeaturesError(kind: kind, known: registry.kinds).decodingError(at: container.codingPath)
        }
        let extractor = try type.init(from: container.superDecoder(forKey: .settings))
        // Before anything is computed from the settings.
        try extractor.validate()
        self.init(
            extractor: extractor, span: try container.decode(Span.self, forKey: .span),
            arrangement: try container.decode(Arrangement.self, forKey: .arrangement),
            // Files from before there was a choice were trained on beginnings.
            window: try container.decodeIfPresent(ListeningWindow.self, forKey: .window) ?? .beginning,
            trimming: try container.decodeIfPresent(SilenceTrimming.self, forKey: .trimming))
        if let trimming, !(0...200).contains(trimming.decibels) || !(0...60).contains(trimming.margin) {
            throw DecodingError.dataCorruptedError(
                forKey: .trimming, in: container, debugDescription: "silence cannot be left out so")
        }
    }

    /// Makes sure that what is written of the pipeline can be read back, by a registry that knows its features.
    /// - Throws: `KindTakenError` where another type of features has their kind; errors of coding.
    package func checkCoding() throws {
        let registry = try FeatureRegistry.standard.adding(type(of: extractor))
        try MetadataPart.check(self, userInfo: registry.userInfo)
    }

    /// Columns of the matrices the network is fed from.
    package var columns: Int {
        if case .vector(let summaries) = arrangement { return summaries.count * extractor.coefficients }
        return extractor.coefficients
    }
}
