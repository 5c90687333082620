import Foundation

#if canImport(FoundationXML)
    import FoundationXML
    import SERTraining
#endif

/// What strangers may call things.
let hostileName = "<script>alert(\"x\")</script>&'\u{1}]]>"

/// Clips of two speakers with logits that lean to the true class, the same for the same seed.
struct MadeUpClips {
    var clips: [TestedClip]
    var logits: [[Float]]

    init(_ count: Int, labels: [String], seed: Int = 1, speakers: [String?] = ["a", "b"]) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
        func next() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 24)
        }
        clips = (0..<count).map { index in
            TestedClip(
                clip: "folder/\(hostileName) \(index).wav", corpus: "TESS", speaker: speakers[index % speakers.count],
                sentence: "word \(index / labels.count)", target: index % labels.count)
        }
        logits = clips.map { clip in labels.indices.map { next() * 3 + ($0 == clip.target ? 1.2 : 0) } }
    }
}

func madeUpHistory(epochs: Int, best: Int) -> History {
    let records = (1...epochs).map { epoch in
        let t = Double(epoch)
        return EpochRecord(
            epoch: epoch, trainLoss: 1.9 * exp(-t / 12) + 0.01, trainAccuracy: 1 - 0.8 * exp(-t / 10),
            validationLoss: 1.8 * exp(-t / 10) + 0.08 + 0.02 * sin(t), validationAccuracy: 0.98 - 0.7 * exp(-t / 9),
            learningRate: 0.001, seconds: 0.5)
    }
    return History(epochs: records, bestEpoch: best)
}

/// Networks over made-up clips of one split; where `isRun` is false, none was trained to its end.
func madeUpExperiment(
    clips count: Int, labels: [String] = ["angry", "happy", "sad"], networks: [String] = ["ann", "gru"],
    epochs: Int = 10, shared: [String] = ["a", "b"], speakers: [String?] = ["a", "b"], diverged: [String: Int] = [:],
    isRun: Bool = true
) throws -> ExperimentResults {
    let made = MadeUpClips(count, labels: labels, speakers: speakers)
    var results = ExperimentResults(
        corpus: "TESS \(hostileName)", synthetic: false, labels: labels,
        cut: .init(summary: "stratified 80/10/10, seed 1", hasFolds: false),
        folds: [
            .init(
                name: "stratified 80/10/10, seed 1", train: count * 8, validation: count, test: count,
                audit: try madeUpAudit(sharing: shared))
        ], seeds: [1], networks: networks, candidates: [], command: ["ser", "compare", "it's \(hostileName)"])
    for (index, name) in networks.enumerated() where isRun {
        let logits = MadeUpClips(count, labels: labels, seed: index + 2).logits
        let temperature = index == 0 ? 1 : 1.5
        let test = try ClassificationMetrics(
            logits: logits, targets: made.clips.map(\.target), labels: labels, temperature: temperature)
        let run = ExperimentResults.Run(
            network: name, candidate: name, seed: 1, fold: 1, parameters: 199_175, metrics: test,
            history: madeUpHistory(epochs: epochs, best: epochs / 2 + 1), divergedInEpoch: diverged[name],
            temperature: temperature, logits: logits)
        try results.add(.init(run: run, clips: made.clips))
    }
    return results
}

/// What the training and the test part of a split share.
func madeUpAudit(sharing speakers: [String]) throws -> SplitAudit {
    let overlap: [String: Any] = [
        "first": "training", "second": "test", "speakers": speakers, "sentences": [String](),
        "identicalAudio": [[String]](),
    ]
    let warnings = speakers.isEmpty ? [] : ["All \(speakers.count) test speakers were heard."]
    let data = try JSONSerialization.data(withJSONObject: ["overlaps": [overlap], "warnings": warnings])
    return try JSONDecoder().decode(SplitAudit.self, from: data)
}

/// Counts elements and gathers texts and attributes of a document.
final class Elements: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]
    var text = ""
    var points: [String] = []
    var identifiers: [String] = []
    /// Texts of title and desc elements, in their order.
    var alternatives: [String: [String]] = [:]
    private var inside: String?

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        counts[name, default: 0] += 1
        if let list = attributes["points"] { points.append(list) }
        if let identifier = attributes["id"] { identifiers.append(identifier) }
        if name == "title" || name == "desc" {
            inside = name
            alternatives[name, default: []].append("")
        }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == inside { inside = nil }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        text += string + " "
        if let inside, let last = alternatives[inside]?.indices.last { alternatives[inside]?[last] += string }
    }

    /// The elements of a document; nil where it is not well-formed.
    static func of(_ document: String) -> Elements? {
        let elements = Elements()
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = elements
        return parser.parse() ? elements : nil
    }
}
