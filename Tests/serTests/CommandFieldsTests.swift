// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What every command's JSON holds, by Docs/API/ser-json.txt: scripts read it, so no field may go or change its kind
/// unnoticed. With SER_ACCEPT_FIELDS set, the file is written instead.
@Suite struct CommandFieldsTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Docs/API/ser-json.txt")

    @Test func theFieldsOfEveryCommandAreThoseCommitted() async throws {
        try await withFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let (corpus, model, sound) = (path("corpus"), path("ann.safetensors"), path("a.wav"))
            try tone().write(to: URL(fileURLWithPath: sound))
            let commands = [
                ["synthesize", corpus, "--words", "4"], ["inspect", corpus], ["features", sound],
                ["summary", "--model", "ann"], ["train", corpus, "--model", "ann", "--output", model, "--epochs", "2"],
                ["evaluate", model, corpus], ["predict", model, sound],
                ["explain", model, sound, "--method", "all"],
                ["export", model, "--format", "onnx", "--output", path("ann.onnx")],
                ["import", path("ann.onnx"), "--output", path("back.safetensors")],
                ["compare", corpus, "--models", "ann", "--epochs", "2", "--output", path("results")],
                [
                    "crossvalidate", corpus, "--model", "ann", "--by", "sentence", "--folds", "2", "--epochs", "2",
                    "--calibrate", "--output", path("folds"),
                ],
                [
                    "tune", corpus, "--model", "ann", "--search", "learning-rate=1e-3..1e-2,schedule=constant/cosine",
                    "--rungs", "1,2", "--reduction", "2", "--trials", "6", "--output", path("tuned"),
                ],
                ["report", path("folds/results.json"), "--output", path("report")],
                ["scale", "--quick", "--models", "ann", "--output", path("scaling")],
                ["completions", "bash"],
                ["benchmark", "--seconds", "0.01", "--only", "step/ann,gemm"],
            ]
            var text =
                "// What --json prints, and what compare, crossvalidate and evaluate write to results.json: see CommandFieldsTests.\n"
            for arguments in commands {
                let run = try await Command.run(arguments + ["--json"])
                try #require(run.code == 0, "\(arguments): \(run.errors)")
                let fields = try Self.values(of: run.output).reduce(into: Set<String>()) { $0.formUnion($1.fields()) }
                text += "\nser \(arguments[0])\n" + fields.sorted().map { "    \($0)\n" }.joined()
            }
            if ProcessInfo.processInfo.environment["SER_ACCEPT_FIELDS"] != nil {
                return try text.write(to: Self.file, atomically: true, encoding: .utf8)
            }
            let committed = try? String(contentsOf: Self.file, encoding: .utf8)
            let (before, now) = (Set((committed ?? "").split(separator: "\n")), Set(text.split(separator: "\n")))
            let (gone, new) = (before.subtracting(now).sorted(), now.subtracting(before).sorted())
            #expect(
                committed == text,
                "gone: \(gone), new: \(new); if that is meant, run this test with SER_ACCEPT_FIELDS=1, commit Docs/API")
        }
    }

    /// One value, or one a line.
    private static func values(of output: String) throws -> [JSONShape] {
        if let whole = try? JSONDecoder().decode(JSONShape.self, from: Data(output.utf8)) { return [whole] }
        return try output.split(separator: "\n").map { try JSONDecoder().decode(JSONShape.self, from: Data($0.utf8)) }
    }
}

/// What is told apart in JSON.
private indirect enum JSONShape: Decodable {
    case null, truth, number, text
    case array([JSONShape])
    case object([String: JSONShape])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if (try? container.decode(Bool.self)) != nil {
            self = .truth
        } else if (try? container.decode(Double.self)) != nil {
            self = .number
        } else if (try? container.decode(String.self)) != nil {
            self = .text
        } else if let elements = try? container.decode([JSONShape].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSONShape].self))
        }
    }

    /// The paths of all values below, each with its kind; labels of a corpus stand as LABEL.
    func fields(_ path: String = "") -> Set<String> {
        switch self {
        case .null: return ["\(path): null"]
        case .truth: return ["\(path): true or false"]
        case .number: return ["\(path): number"]
        case .text: return ["\(path): text"]
        case .array(let elements):
            guard !elements.isEmpty else { return ["\(path)[]"] }
            return elements.reduce(into: []) { $0.formUnion($1.fields(path + "[]")) }
        case .object(let values):
            let isByLabel = values["angry"] != nil
            return values.reduce(into: []) {
                $0.formUnion($1.value.fields((path.isEmpty ? "" : path + ".") + (isByLabel ? "LABEL" : $1.key)))
            }
        }
    }
}
