// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Two types go by one name in files.
public typealias KindTakenError = SERSupport.KindTakenError

/// The features that a file may name: the library's own, and those a user adds.
///
/// ```swift
/// let features = try FeatureRegistry.standard.adding(SpectralTilt.self)
/// let recognizer = try Recognizer(contentsOf: file, features: features)
/// ```
public struct FeatureRegistry: Sendable {
    private var registry: Registry<any FeatureExtractor.Type>

    private init(_ registry: Registry<any FeatureExtractor.Type>) { self.registry = registry }

    /// The library's own features.
    public static let standard = FeatureRegistry(Registry(builtIn, kind: { $0.kind }))

    private static let builtIn: [any FeatureExtractor.Type] = [
        MFCC.self, LogMel.self, RMSEnergy.self, ZeroCrossingRate.self, EGeMAPS.self, EGeMAPSDescriptors.self,
        SpectralCentroid.self, SpectralBandwidth.self, SpectralContrast.self, SpectralFlatness.self,
        SpectralRollOff.self,
    ]

    /// This registry and one more type of features.
    /// - Throws: `KindTakenError` when another type has its kind.
    public func adding(_ type: any FeatureExtractor.Type) throws(KindTakenError) -> FeatureRegistry {
        var copy = self
        try copy.registry.add(type, kind: type.kind)
        return copy
    }

    /// The kinds of features known, in order.
    public var kinds: [String] { registry.kinds }

    /// For the `userInfo` of a decoder that is to read a pipeline with these features.
    public var userInfo: [CodingUserInfoKey: any Sendable] { Self.key.userInfo(self) }

    private static let key = DecodingKey<FeatureRegistry>("ser.featureRegistry")

    /// The registry that a decoder was given; the library's own features where it was given none.
    package init(of decoder: any Decoder) {
        self = Self.key.value(of: decoder) ?? .standard
    }

    package subscript(kind: String) -> (any FeatureExtractor.Type)? { registry[kind] }
}
