// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The folder of an experiment: `runs/`, in which finished runs are kept, and `results.json`.
struct ExperimentFolder: Sendable {
    private struct Content: KeptContent {
        static let currentVersion = 1
        var version: Int
        var identity: RunIdentity
        var tested: ExperimentResults.TestedRun
    }

    private let kept: KeptWork

    init(at url: URL) throws(ExperimentError) { kept = try KeptWork(at: url, in: "runs") }

    /// Lets another experiment have the folder.
    func unlock() { kept.unlock() }

    private func file(of task: ExperimentPlan.Task) -> URL {
        let name = task.inner.isEmpty ? fileName(for: task.network) : "chosen"
        return kept.file("\(name)-seed-\(task.seed)-fold-\(task.fold).json")
    }

    /// A run that an earlier experiment finished, found to be of this very experiment; nil where there is none.
    func run(
        of task: ExperimentPlan.Task, identity: RunIdentity
    ) throws(ExperimentError) -> ExperimentResults.TestedRun? {
        let file = file(of: task)
        guard let content: Content = try kept.content(of: file) else { return nil }
        guard content.identity == identity else {
            throw .differs(path: file.path, differences: identity.differences(from: content.identity))
        }
        if let fault = content.tested.fault(asOf: task) { throw .unreadable(path: file.path, reason: fault) }
        return content.tested
    }

    func write(
        _ tested: ExperimentResults.TestedRun, of task: ExperimentPlan.Task, identity: RunIdentity
    ) throws(ExperimentError) {
        try kept.write(
            Content(version: Content.currentVersion, identity: identity, tested: tested), to: file(of: task))
    }

    func write(_ results: ExperimentResults) throws(ExperimentError) { try kept.write(results) }
}

extension ExperimentResults.TestedRun {
    /// What speaks against a kept run being the task's, in words; nil where nothing does.
    fileprivate func fault(asOf task: ExperimentPlan.Task) -> String? {
        guard run.network == task.network, run.seed == task.seed, run.fold == task.fold else {
            return "it holds another run than its name says"
        }
        let labels = task.split.labels, part = task.split.test
        let expected = TestedClip.list(part.clips, targets: part.targets, in: task.split.corpus)
        let here = Set(clips), left = Set(skipped)
        guard expected.filter(here.contains) == clips,
            expected.allSatisfy({ here.contains($0) || left.contains($0.clip) })
        else { return "its clips are not those of the fold" }
        do throws(EvaluationError) {
            let evaluation = try TestedClip.evaluation(
                of: clips, logits: run.logits, temperature: run.temperature, labels: labels)
            return evaluation.metrics == run.metrics ? nil : "its figures do not follow from its outputs"
        } catch { return "its outputs cannot be: \(error)" }
    }
}
