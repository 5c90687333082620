import Foundation
import SERAudio
import SERCore
import SERInterchange
import SERModels
import Testing

private let environment = ProcessInfo.processInfo.environment

/// Writes what Scripts/check-interchange compares with onnxruntime and PyTorch: inputs and logits of trained models on
/// real clips, and of the random graphs. SER_INTERCHANGE names the folder, which holds the models.
@Suite(.enabled(if: environment["SER_INTERCHANGE"] != nil, "run by Scripts/check-interchange"))
struct ReferenceFiles {
    let folder = URL(fileURLWithPath: environment["SER_INTERCHANGE"] ?? "")

    @Test func randomGraphs() throws {
        for index in 0..<RandomGraphs.count {
            let (model, values, lengths) = try RandomGraphs.example(index)
            let name = "random\(index)"
            try write(name, values, lengths, model(values, lengths: lengths), in: folder)
            for isFolding in [true, false] {
                let file = folder.appendingPathComponent("\(name)\(isFolding ? "" : "-unfolded").onnx")
                try model.onnx(foldingBatchNorm: isFolding).write(to: file)
            }
        }
    }

    @Test(arguments: Architecture.allCases) func trainedModels(_ architecture: Architecture) throws {
        let name = architecture.rawValue
        let recognizer = try Recognizer(contentsOf: folder.appendingPathComponent("\(name).safetensors"))
        try recognizer.exportONNX(to: folder.appendingPathComponent("\(name).onnx"))
        try recognizer.exportONNX(
            to: folder.appendingPathComponent("\(name)-features.onnx"), ONNXOptions(includesFeatures: true))
        let files = try String(contentsOf: folder.appendingPathComponent("clips.txt"), encoding: .utf8)
            .split(separator: "\n").map { URL(fileURLWithPath: String($0)) }
        let extractor = recognizer.pipeline.extractor
        let clips = try files.map { try AudioFile.read(at: $0, sampleRate: extractor.sampleRate) }
        let matrices = try clips.map { try recognizer.pipeline.matrix(of: $0) }
        let examples = Examples(
            matrices, targets: clips.map { _ in 0 }, arrangement: recognizer.pipeline.arrangement,
            standardization: recognizer.standardization)
        let batch = examples.batch(Array(clips.indices))
        try write(name, batch.values, batch.lengths, recognizer.model(batch.values, lengths: batch.lengths), in: folder)
        let probabilities = try clips.map { clip in
            let prediction = try recognizer.recognize(clip)
            return recognizer.labels.map { prediction[$0] ?? 0 }
        }
        try write(
            "\(name)-probabilities", Tensor(clips.flatMap(\.samples)), clips.map(\.samples.count),
            Tensor(probabilities.flatMap { $0 }, shape: [clips.count, recognizer.labels.count]), in: folder)
    }
}

/// A batch and what comes of it as float32 in a file, with the shapes beside it.
private func write(_ name: String, _ values: Tensor, _ lengths: [Int]?, _ results: Tensor, in folder: URL) throws {
    let numbers = values.scalars + results.scalars
    try numbers.withUnsafeBytes { Data($0) }.write(to: folder.appendingPathComponent("\(name).bin"))
    var shapes: [String: Any] = ["values": values.shape, "results": results.shape]
    shapes["lengths"] = lengths
    try JSONSerialization.data(withJSONObject: shapes).write(to: folder.appendingPathComponent("\(name).json"))
}
