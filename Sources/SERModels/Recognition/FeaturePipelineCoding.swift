import Foundation
import SERAudio
import SERCore
import SERSupport

extension FeaturePipeline: Codable {
    private enum Keys: String, CodingKey { case kind, settings, span, arrangement, window }

    /// The features a file may name.
    private static let kinds: [String: any FeatureExtractor.Type] = ["mfcc": MFCC.self, "logMel": LogMel.self]

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        let type = type(of: extractor)
        guard let kind = FeaturePipeline.kinds.first(where: { $0.value == type })?.key else {
            throw EncodingError.invalidValue(
                extractor, .init(codingPath: [], debugDescription: "features of type \(type) cannot be saved"))
        }
        try container.encode(kind, forKey: .kind)
        try extractor.encode(to: container.superEncoder(forKey: .settings))
        try container.encode(span, forKey: .span)
        try container.encode(arrangement, forKey: .arrangement)
        try container.encode(window, forKey: .window)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        guard let type = FeaturePipeline.kinds[kind] else {
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container, debugDescription: "unknown features \(quoted(kind))")
        }
        let extractor = try type.init(from: container.superDecoder(forKey: .settings))
        // Before anything is computed from the settings.
        try extractor.validate()
        self.init(
            extractor: extractor, span: try container.decode(Span.self, forKey: .span),
            arrangement: try container.decode(Arrangement.self, forKey: .arrangement),
            // Files from before there was a choice were trained on beginnings.
            window: try container.decodeIfPresent(ListeningWindow.self, forKey: .window) ?? .beginning)
    }

    /// Makes sure that a network with this input reads what the pipeline gives.
    func check(for input: Shape) throws(RecognizerError) {
        do throws(FeatureError) { try extractor.validate() } catch { throw .features(error) }
        guard span.seconds > 0, span.seconds <= 3600 else { throw .seconds(span.seconds) }
        let fitting: [Shape]
        switch (arrangement, span) {
        case (.sequence, _): fitting = [[.time, .fixed(columns)], [.any, .fixed(columns)]]
        case (.vector, _): fitting = [[.fixed(columns)]]
        case (.image, .exactly(let seconds)):
            let frames = extractor.frames(forSamples: Int(saturating: seconds * extractor.sampleRate))
            fitting = [.fixed(frames), .any, .time].map { Shape([1, .fixed(columns), $0]) }
        case (.image, .atMost): throw .imageOfAnyLength
        }
        guard fitting.contains(input) else { throw .input(features: fitting[0], network: input) }
    }

    /// What tells apart extractions: clips' matrices before any statistics depend on this alone.
    var extractionKey: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let settings = (try? encoder.encode(extractor)).map { String(decoding: $0, as: UTF8.self) }
        let seconds = (try? encoder.encode(span)).map { String(decoding: $0, as: UTF8.self) }
        return "\(type(of: extractor)) \(settings ?? "\(extractor)") \(seconds ?? "\(span)") \(window)"
    }

    /// Columns of the matrices the network is fed from.
    package var columns: Int {
        if case .vector(let summaries) = arrangement { return summaries.count * extractor.coefficients }
        return extractor.coefficients
    }
}
