import Foundation
import SERModels

/// Reads a corpus, and tells on standard error what decides which clips it is made of.
func readCorpus(_ url: URL, strict: Bool) throws -> Corpus {
    let corpus = try Corpus(detecting: url, strict: strict)
    for problem in corpus.problems where problem.concernsReading { note("\(problem)") }
    return corpus
}
