// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct SummaryCommandTests {
    /// Counts that PyTorch gives for the same networks.
    @Test(arguments: [("ann", 209_671), ("cnn", 1_404_871), ("rnn", 22_663), ("lstm", 87_943), ("gru", 199_175)])
    func countsParametersAsPyTorch(_ name: String, parameters: Int) async throws {
        let report = try object(try await Command.run(["summary", "--model", name, "--json"]).output)
        #expect(report["parameters"] as? Int == parameters)
        #expect(report["output"] as? String == "[7]")
        let text = try await Command.run(["summary", "--model", name])
        #expect(text.code == 0 && text.output.contains("\(name.uppercased())\n"))
    }

    @Test func drawsNetworksForOtherPrograms() async throws {
        let dot = try await Command.run(["summary", "--model", "cnn", "--format", "dot"])
        #expect(dot.code == 0 && dot.output.hasPrefix("digraph network {") && dot.output.contains("1 -> n2"))
        let mermaid = try await Command.run(["summary", "--model", "cnn", "--format", "mermaid"])
        #expect(mermaid.code == 0 && mermaid.output.hasPrefix("flowchart TD") && mermaid.output.contains("n1 --> n2"))
        let report = try object(try await Command.run(["summary", "--model", "gru", "--format", "json"]).output)
        #expect((report["layers"] as? [[String: Any]])?.first?["reads"] as? [String] == ["input"])
        #expect(try await Command.run(["summary", "--model", "gru", "--format", "pdf"]).code == 64)
        #expect(try await Command.run(["summary", "--model", "gru", "--format", "dot", "--json"]).code == 64)
    }

    @Test func showsAModelFile() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("speech").path
            #expect(try await Command.run(["synthesize", corpus, "--words", "5"]).code == 0)
            let file = folder.appendingPathComponent("rnn.safetensors").path
            let trained = try await Command.run(
                ["train", corpus, "--model", "rnn", "--epochs", "1", "--output", file])
            #expect(trained.code == 0, "\(trained.errors)")
            let shown = try await Command.run(["summary", file])
            let named = try await Command.run(["summary", "--model", "rnn"])
            #expect(shown.code == 0 && named.output == "RNN\n" + shown.output, "\(shown.output)\(shown.errors)")
            #expect(try await Command.run(["summary", file, "--model", "gru"]).code == 64)
            #expect(try await Command.run(["summary", file, "--classes", "4"]).code == 64)
            #expect(try await Command.run(["summary"]).code == 64)
            let missing = try await Command.run(["summary", folder.path + "/none.safetensors"])
            #expect(missing.code == 1 && missing.errors.contains("none.safetensors"))
        }
    }

    @Test func networkThatCannotBeIsOneClearError() async throws {
        let small = try await Command.run(["summary", "--model", "cnn", "--frames", "4"])
        #expect(small.code == 1 && small.errors.hasPrefix("Error: ") && small.errors.contains("MaxPool") == false)
        #expect(small.errors.contains("expects") && small.output.isEmpty, "\(small.errors)")
        let unknown = try await Command.run(["summary", "--model", "transformer"])
        #expect(unknown.code == 64 && unknown.errors.contains("gru"))
        #expect(try await Command.run(["summary", "--model", "gru", "--classes", "0"]).code == 64)
    }
}
