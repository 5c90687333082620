import ArgumentParser
import SERCore
import SERModels

struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Show the layers of one of the report's networks.",
        discussion: """
            EXAMPLE:
              ser summary --model gru
            """)

    @Option(help: "The network.")
    var model: Architecture

    @Option(help: ArgumentHelp("Number of emotions.", valueName: "count"))
    var classes = 7

    @Option(help: ArgumentHelp("Number of MFCCs.", valueName: "count"))
    var coefficients = 40

    @Option(help: ArgumentHelp("Number of frames, for the CNN.", valueName: "count"))
    var frames = 130

    @OptionGroup var common: CommonOptions

    func validate() throws {
        for (name, value, limit) in [("classes", classes, 10_000), ("coefficients", coefficients, 4096),
            ("frames", frames, 10_000)] where !(1...limit).contains(value) {
            throw ValidationError("--\(name) \(value): must be from 1 to \(limit).")
        }
    }

    func run() throws {
        common.apply()
        let network = try model.model(classes: classes, coefficients: coefficients, frames: frames)
        guard common.json else { return print("\(model.title)\n\(network.summary())") }
        try printJSON(Report(model, network))
    }

    private struct Report: Encodable {
        struct Layer: Encodable {
            let path, kind, output: String
        }
        let name: String
        let input, output: String
        let parameters: Int
        let layers: [Layer]

        init(_ architecture: Architecture, _ network: Model) {
            name = architecture.rawValue
            input = "\(network.graph.input)"
            output = "\(network.graph.output)"
            parameters = network.parameterCount
            layers = network.graph.nodes.map {
                Layer(path: $0.path, kind: type(of: $0.layer).kind, output: "\($0.shape)")
            }
        }
    }
}
