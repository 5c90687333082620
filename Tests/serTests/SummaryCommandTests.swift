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

    @Test func networkThatCannotBeIsOneClearError() async throws {
        let small = try await Command.run(["summary", "--model", "cnn", "--frames", "4"])
        #expect(small.code == 1 && small.errors.hasPrefix("Error: ") && small.errors.contains("MaxPool") == false)
        #expect(small.errors.contains("expects") && small.output.isEmpty, "\(small.errors)")
        let unknown = try await Command.run(["summary", "--model", "transformer"])
        #expect(unknown.code == 64 && unknown.errors.contains("gru"))
        #expect(try await Command.run(["summary", "--model", "gru", "--classes", "0"]).code == 64)
    }
}
