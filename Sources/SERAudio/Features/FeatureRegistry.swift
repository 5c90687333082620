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
    private var types: [String: any FeatureExtractor.Type] = [:]

    private init() {}

    /// The library's own features.
    public static let standard: FeatureRegistry = {
        var registry = FeatureRegistry()
        for type in builtIn { registry.types[type.kind] = type }
        return registry
    }()

    private static let builtIn: [any FeatureExtractor.Type] = [
        MFCC.self, LogMel.self, RMSEnergy.self, ZeroCrossingRate.self,
    ]

    /// This registry and one more type of features.
    /// - Throws: `KindTakenError` when another type has its kind.
    public func adding(_ type: any FeatureExtractor.Type) throws(KindTakenError) -> FeatureRegistry {
        if let owner = types[type.kind], owner != type {
            throw KindTakenError(kind: type.kind, owner: owner, newcomer: type)
        }
        var copy = self
        copy.types[type.kind] = type
        return copy
    }

    /// The kinds of features known, in order.
    public var kinds: [String] { types.keys.sorted() }

    /// For the `userInfo` of a decoder that is to read a pipeline with these features.
    public var userInfo: [CodingUserInfoKey: any Sendable] { Self.key.map { [$0: self] } ?? [:] }

    private static let key = CodingUserInfoKey(rawValue: "ser.featureRegistry")

    /// The registry that a decoder was given; the library's own features where it was given none.
    package init(of decoder: any Decoder) {
        self = Self.key.flatMap { decoder.userInfo[$0] as? FeatureRegistry } ?? .standard
    }

    package subscript(kind: String) -> (any FeatureExtractor.Type)? { types[kind] }
}
