// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import SERTraining
import Testing

/// The report's networks at their full size give the same bits however many threads share the work, and however late or
/// rarely those threads get a core.
@Suite(.serialized) struct ThreadCountTests {
    private static let key = RandomKey(seed: 5)

    private func example(_ architecture: Architecture, batch: Int) -> Tensor {
        let shape = architecture.input().dimensions.map { $0.length ?? 130 }
        return .normal([batch] + shape, key: Self.key.derived("example"))
    }

    private func lengths(_ architecture: Architecture, batch: Int) -> [Int]? {
        switch architecture {
        case .ann, .cnn, .linearSVM, .logisticRegression: nil
        case .lstm, .gru, .rnn, .serNet: (0..<batch).map { 130 - $0 * 37 % 90 }
        }
    }

    /// Logits of 1, 2, 9 and 32 clips, then the weights after two training steps.
    private func results(_ architecture: Architecture) throws -> [[Float]] {
        var step = try TrainingStep(model: try architecture.model(classes: 7), optimizer: .adam())
        let model = step.model
        var results = [1, 2, 9, 32].map { batch in
            model(example(architecture, batch: batch), lengths: lengths(architecture, batch: batch)).scalars
        }
        let size = architecture.batchSize
        let batch = Batch(
            values: example(architecture, batch: size), lengths: lengths(architecture, batch: size),
            targets: (0..<size).map { $0 % 7 })
        for count in 0..<2 { _ = step(batch, key: Self.key.derived(count)) }
        results += step.model.parameters.tensors.map(\.scalars) + step.model.state.tensors.map(\.scalars)
        return results
    }

    @Test(arguments: Architecture.allCases)
    func bitsDoNotDependOnTheNumberOfThreads(_ architecture: Architecture) throws {
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        Parallelism.threads = 1
        let one = try results(architecture)
        #expect(one.allSatisfy { $0.allSatisfy(\.isFinite) })
        for threads in [2, 4] {
            Parallelism.threads = threads
            #expect(try results(architecture) == one, "\(threads) threads")
        }
    }

    /// The threads that share a sequence lose their cores to others again and again.
    @Test(arguments: [Architecture.rnn, .lstm, .gru])
    func bitsDoNotDependOnOtherWorkOfTheMachine(_ architecture: Architecture) throws {
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        let model = try architecture.model(classes: 7)
        let clip = example(architecture, batch: 1)
        Parallelism.threads = 1
        let expected = model(clip).scalars
        Parallelism.threads = 2
        let end = Date().addingTimeInterval(1)
        for _ in 0..<3 {
            Thread { while Date() < end {} }.start()
        }
        var runs = 0
        while Date() < end {
            #expect(model(clip).scalars == expected, "run \(runs)")
            runs += 1
        }
        #expect(runs > 0)
    }
}
