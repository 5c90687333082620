import ArgumentParser
import Foundation
import SERModels
import SERSupport

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a saved model on a whole corpus.",
        discussion: """
            Every clip of the corpus is tested, those that the model was trained on included: name a corpus that it has \
            not seen.

            EXAMPLE:
              ser evaluate gru.safetensors ~/EMO-DB
            """)

    @Argument(help: "A model file that `ser train` wrote.")
    var model: URL

    @Argument(help: "The corpus's folder, or a CSV manifest.")
    var data: URL

    @Flag(help: "Take a file that cannot be read for an error.")
    var strict = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        common.apply()
        let recognizer = try Recognizer(contentsOf: model)
        let corpus = try Corpus(detecting: data, strict: strict)
        for problem in corpus.problems {
            if case .unreadable = problem { note("\(problem)") }
        }
        let evaluation = try stoppable {
            try recognizer.evaluate(
                Partition(.test, of: corpus), isCancelled: { Interruption.isRequested },
                observe: TrainingProgress.standard())
        }
        if common.json {
            try printJSON(Report(evaluation, corpus))
        } else {
            print("\(corpus.name): \(evaluation)")
        }
    }

    private struct Report: Encodable {
        let corpus: String
        let synthetic: Bool
        let metrics: ClassificationMetrics

        init(_ evaluation: Evaluation, _ corpus: Corpus) {
            self.corpus = corpus.name
            synthetic = corpus.isSynthetic
            metrics = evaluation.metrics
        }
    }
}
