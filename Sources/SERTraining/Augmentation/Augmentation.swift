// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

/// A change to a training clip's features, drawn anew for each clip and epoch, so that a network hears no clip twice the
/// same way.
///
/// ```swift
/// let trainer = Trainer(features: LogMel.speech(), augmentation: [TimeStretch(), FrequencyMasks(), Crop(frames: 256)])
/// ```
/// Only the training stream is changed: what validates and tests is made of other types, which take no augmentation.
/// What is drawn depends on the trainer's seed, the epoch and the clip alone. A type of one's own conforms like the
/// library's.
public protocol Augmentation: Encodable, Sendable {
    /// What settings and checkpoints call it, such as `gain`.
    static var kind: String { get }

    /// Says what is wrong with the settings, or why such features cannot be changed this way.
    /// - Throws: ``AugmentationError``.
    func validate(for features: any FeatureExtractor) throws(AugmentationError)

    /// Changes a clip.
    func apply(to clip: inout AugmentedClip)

    /// How many frames come out of a clip of so many; by default as many.
    func frames(after frames: Int) -> Int
}

extension Augmentation {
    public func frames(after frames: Int) -> Int { frames }
}

/// Why features cannot be changed by an augmentation.
public struct AugmentationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of the augmentation.
    public let kind: String
    /// What is wrong, and what to do.
    public let reason: String

    /// An error of an augmentation.
    public init(kind: String, reason: String) {
        self.kind = kind
        self.reason = reason
    }

    public var description: String { "the augmentation '\(kind)': \(reason)" }
}

/// An augmentation with a probability: most clips may stay as they are.
public struct Sometimes: Augmentation {
    public static let kind = "sometimes"

    /// How often it is applied, 0...1.
    public var probability: Double
    /// What is applied.
    public var augmentation: any Augmentation

    /// An augmentation that is applied to a share of the clips.
    public init(_ probability: Double, _ augmentation: any Augmentation) {
        self.probability = probability
        self.augmentation = augmentation
    }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(probability, 0...1, "probability")
        try augmentation.validate(for: features)
    }

    public func apply(to clip: inout AugmentedClip) {
        if clip.random.drawFraction() < probability { augmentation.apply(to: &clip) }
    }

    public func frames(after frames: Int) -> Int { augmentation.frames(after: frames) }

    private enum Keys: String, CodingKey { case probability, augmentation }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(probability, forKey: .probability)
        try container.encode(AugmentationSettings(augmentation), forKey: .augmentation)
    }
}

/// An augmentation as settings and checkpoints hold it: its kind and what it is made of.
struct AugmentationSettings: Encodable {
    private let augmentation: any Augmentation

    init(_ augmentation: any Augmentation) { self.augmentation = augmentation }

    private enum Keys: String, CodingKey { case kind, settings }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(type(of: augmentation).kind, forKey: .kind)
        try augmentation.encode(to: container.superEncoder(forKey: .settings))
    }
}

extension Augmentation {
    /// Makes sure that a setting lies in its range.
    static func check(
        _ value: Double, _ range: ClosedRange<Double>, _ name: String
    ) throws(AugmentationError) {
        guard range.contains(value) else {
            throw AugmentationError(
                kind: kind, reason: "\(name) \(value): must be from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    /// Makes sure that features are log-mel bands.
    static func checkLogMel(_ features: any FeatureExtractor) throws(AugmentationError) {
        guard let mel = features as? LogMel, mel.decibel != nil, mel.quantity == .power else {
            throw AugmentationError(
                kind: kind,
                reason:
                    "it changes log-mel bands of powers, and the features are of the kind "
                    + "'\(type(of: features).kind)'; train on LogMel (--features logmel), or leave it out (--augmentation none)"
            )
        }
    }
}

extension LogMel {
    /// A decibel on the natural scale: ln(10) / 10.
    static let naturalDecibel: Float = 0.230_258_51

    /// The least value that these features have; nil where they are not on a logarithmic scale, or where it depends on
    /// the clip.
    var floor: Float? {
        switch compression {
        case .decibels(let decibels):
            guard case .power(let reference) = decibels.reference else { return nil }
            return Float(10 * (log10(decibels.least) - log10(max(reference, decibels.least))))
        case .natural(let least): return Float(log(least))
        case .none: return nil
        }
    }

    /// What 1 dB of power is in these features; nil where they are not on a logarithmic scale.
    var decibel: Float? {
        switch compression {
        case .decibels: 1
        case .natural: Self.naturalDecibel
        case .none: nil
        }
    }
}
