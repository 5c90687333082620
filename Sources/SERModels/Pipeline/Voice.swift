// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore

/// What has been heard of one speaker, without any labels: mean and deviation of each coefficient of the features, and of
/// what a network that normalises by speaker (`SpeakerNorm`) makes of each clip.
///
/// It grows with every clip, and costs as much memory as some rows of features. Two that heard parts of the same speaker
/// join into one.
///
/// ```swift
/// var voice = Voice()
/// for recording in recordings { try voice.hear(contentsOf: recording, by: recognizer) }
/// print(try recognizer.adapted(to: voice).recognize(contentsOf: recordings[0]))
/// ```
/// What a voice says is worth as much as its clips are like life: one that was heard in anger alone is taken for one that
/// always sounds so, and its anger for what is usual.
public struct Voice: Sendable, Hashable {
    /// Of the features' rows.
    package private(set) var features = Moments()
    /// Of what each layer that normalises by speaker was given, a row a clip, by the layers' paths.
    package private(set) var embeddings: [String: Moments] = [:]
    /// A fingerprint of the network that made them; nil where none was heard.
    package private(set) var network: UInt64?

    /// A voice of which nothing has been heard.
    public init() {}

    /// Rows of features that have been heard: frames, or clips where a clip is one vector.
    public var count: Int { features.count }
    /// The mean of each coefficient; empty before anything was heard.
    public var mean: [Double] { features.mean }
    /// The variance of each coefficient over the rows that were heard (of the population).
    public var variance: [Double] { features.variance }

    /// Hears features, [frames, coefficients]: of a clip, or of a piece of one. A network that normalises by speaker hears
    /// whole clips, by a recognizer. Stops the program at another number of coefficients than were heard before, and at
    /// values that are not finite.
    public mutating func hear(_ features: FeatureMatrix) { self.features.add(features) }

    /// Hears what another has heard of the same speaker. Stops the program unless both heard the same number of
    /// coefficients, and by the same network where that counts.
    public mutating func hear(_ other: Voice) {
        require(
            network == nil || other.network == nil || network == other.network,
            "Voice.hear: the two were heard by different networks")
        network = network ?? other.network
        features.add(other.features)
        embeddings.merge(other.embeddings) { own, added in
            var sum = own
            sum.add(added)
            return sum
        }
    }

    /// Hears what layers that normalise by speaker were given, [clips, features] each, by their paths.
    /// - Parameter network: A fingerprint of the network that they are layers of.
    package mutating func hear(embeddings: [String: Tensor], of network: UInt64? = nil) {
        self.network = network
        for (path, rows) in embeddings {
            self.embeddings[path, default: Moments()].add(
                FeatureMatrix(frames: rows.shape[0], coefficients: rows.shape[1], values: rows.scalars))
        }
    }
}

extension Voice: Codable {
    private enum Keys: String, CodingKey { case embeddings, network }

    /// The features' numbers stand where they stood before there were others.
    public func encode(to encoder: any Encoder) throws {
        try features.encode(to: encoder)
        guard !embeddings.isEmpty else { return }
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(embeddings, forKey: .embeddings)
        try container.encodeIfPresent(network, forKey: .network)
    }

    /// - Throws: `DecodingError` when the numbers cannot be of a voice.
    public init(from decoder: any Decoder) throws {
        features = try Moments(from: decoder)
        let container = try decoder.container(keyedBy: Keys.self)
        embeddings = try container.decodeIfPresent([String: Moments].self, forKey: .embeddings) ?? [:]
        network = try container.decodeIfPresent(UInt64.self, forKey: .network)
    }
}
