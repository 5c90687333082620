// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The folder of an experiment: `runs/`, in which finished runs are kept, and `results.json`.
///
/// Every file appears whole or not at all.
struct ExperimentFolder: Sendable {
    /// The version of a kept run that is written, and the only one that is read.
    private static let version = 1

    private struct Content: Codable {
        var version: Int
        var identity: RunIdentity
        var tested: ExperimentResults.TestedRun
    }

    private struct Beginning: Decodable { var version: Int }

    private let url: URL
    private let lock: WorkLock
    private var runs: URL { url.appendingPathComponent("runs") }

    init(at url: URL) throws(ExperimentError) {
        self.url = url
        do throws(FileWriteError) {
            try AtomicFile.prepare(folder: url)
            try AtomicFile.prepare(folder: url.appendingPathComponent("runs"))
        } catch { throw .file(error) }
        guard let lock = WorkLock(folder: url.appendingPathComponent("runs")) else { throw .inUse(path: url.path) }
        self.lock = lock
    }

    /// Lets another experiment have the folder.
    func unlock() { lock.unlock() }

    private func file(of task: ExperimentPlan.Task) -> URL {
        let name = task.inner.isEmpty ? fileName(for: task.network) : "chosen"
        return runs.appendingPathComponent("\(name)-seed-\(task.seed)-fold-\(task.fold).json")
    }

    /// A run that an earlier experiment finished, found to be of this very experiment; nil where there is none.
    func run(
        of task: ExperimentPlan.Task, identity: RunIdentity
    ) throws(ExperimentError) -> ExperimentResults.TestedRun? {
        let file = file(of: task)
        AtomicFile.removeRemains(of: file)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let content = try content(of: file)
        guard content.identity == identity else {
            throw .differs(path: file.path, differences: identity.differences(from: content.identity))
        }
        if let fault = content.tested.fault(asOf: task) { throw .unreadable(path: file.path, reason: fault) }
        return content.tested
    }

    private func content(of file: URL) throws(ExperimentError) -> Content {
        let data: Data
        do throws(FileReadError) { data = try Data(ofFile: file, most: ResultsFile.mostBytes) } catch {
            throw .unreadable(path: file.path, reason: error.reason)
        }
        do {
            let found = try ResultsCoding.decoder.decode(Beginning.self, from: data).version
            guard found == Self.version else {
                throw ExperimentError.version(path: file.path, found: found, known: Self.version)
            }
            return try ResultsCoding.decoder.decode(Content.self, from: data)
        } catch let error as ExperimentError { throw error } catch {
            throw .unreadable(path: file.path, reason: ResultsCoding.reason(error, in: data))
        }
    }

    func write(
        _ tested: ExperimentResults.TestedRun, of task: ExperimentPlan.Task, identity: RunIdentity
    ) throws(ExperimentError) {
        let file = file(of: task), content = Content(version: Self.version, identity: identity, tested: tested)
        let data: Data
        do { data = try ResultsCoding.encoder.encode(content) } catch {
            throw .file(FileWriteError(path: file.path, reason: "\(error)"))
        }
        do throws(FileWriteError) { try AtomicFile.write(data + Data("\n".utf8), to: file) } catch {
            throw .file(error)
        }
    }

    func write(_ results: ExperimentResults) throws(ExperimentError) {
        do throws(FileWriteError) { try results.write(to: url.appendingPathComponent("results.json")) } catch {
            throw .file(error)
        }
    }
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
