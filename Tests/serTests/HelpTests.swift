import Testing

@Suite struct HelpTests {
    @Test func helpNamesTheTool() async throws {
        let result = try await Command.run(["--help"])
        #expect(result.code == 0)
        #expect(result.output.contains("USAGE: ser"))
    }
}
