// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport

/// Why parts do not make a recognizer.
public enum RecognizerError: Error, Sendable, Equatable {
    /// The network has several inputs.
    case inputs(Int)
    /// The network has no output of this name.
    case output(String, outputs: [String])
    /// The network does not give one number for each label.
    case labels(count: Int, output: Shape)
    /// Two outputs have the same label.
    case repeatedLabel(String)
    /// A label holds no character that is seen.
    case blankLabel
    /// The settings of the features cannot work.
    case features(FeatureError)
    /// More or less sound than can be used, in seconds.
    case seconds(Double)
    /// Images need clips of one length: a span of `exactly` so many seconds.
    case imageOfAnyLength
    /// The features are of another shape than the network reads.
    case input(features: Shape, network: Shape)
    /// The standardisation was measured on another number of columns than the features have.
    case standardization(columns: Int, features: Int)
    /// The features are to be standardised by clip, and a clip is one row of them.
    case oneRowByClip
}

extension RecognizerError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String { "These parts make no recognizer: \(reason). \(remedy)" }

    /// What does not fit, without what to do.
    package var reason: String {
        switch self {
        case .inputs(let count): "a recognizer has one input, and this network has \(count)"
        case .output(let name, let outputs):
            "the network has no output \(quoted(name)), but \(outputs.map(quoted).joined(separator: ", "))"
        case .labels(let count, let output): "\(count) labels for a network that gives \(output)"
        case .repeatedLabel(let label): "the label \(quoted(label)) stands twice"
        case .blankLabel: "a label is empty"
        case .features(let error): "\(error)"
        case .seconds(let seconds): "\(seconds) s of sound"
        case .imageOfAnyLength: "images of clips of unknown length"
        case .input(let features, let network): "the features give \(features), and the network reads \(network)"
        case .standardization(let columns, let features): "\(columns) means for \(features) columns of features"
        case .oneRowByClip: "features of one row a clip, which has no deviation of its own to be standardised by"
        }
    }

    /// What a programmer can do.
    private var remedy: String {
        switch self {
        case .inputs: "Run a network of several with Model(_:lengths:) itself."
        case .output: "Name the one that gives the emotions' logits, or none for the first."
        case .labels(let count, let output):
            output.timeAxis == nil
                ? "End the network in Dense(\(count)), or give a label for each output."
                : "Pool over time, such as with GlobalAveragePool, before the last dense layer."
        case .repeatedLabel, .blankLabel: "Give each output a label of its own."
        case .features: "Correct the settings."
        case .seconds: "Use from a fraction of a second to 3600 s."
        case .imageOfAnyLength: "Use a span of exactly so many seconds."
        case .input: "Make the pipeline with FeaturePipeline(for: network.graph.input, ...)."
        case .oneRowByClip: "Standardise them by corpus or by speaker."
        case .standardization: "Measure the standardisation on features of this pipeline."
        }
    }

    /// The part of a model file that does not fit the rest.
    var part: String {
        switch self {
        case .inputs: MetadataKey.graph
        case .output: MetadataKey.output
        case .labels, .repeatedLabel, .blankLabel: MetadataKey.labels
        case .features, .seconds, .imageOfAnyLength, .input: MetadataKey.features
        case .standardization, .oneRowByClip: MetadataKey.standardization
        }
    }
}
