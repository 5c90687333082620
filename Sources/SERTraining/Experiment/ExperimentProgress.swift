// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the threads of an experiment have reached together.
final class ExperimentProgress: Sendable {
    private struct State {
        var results: ExperimentResults
        var failure: ExperimentError?
    }

    private let state: Mutex<State>

    init(_ results: ExperimentResults) { state = Mutex(State(results: results)) }

    /// The results so far.
    var results: ExperimentResults { state.withLock { $0.results } }
    /// The first failure.
    var failure: ExperimentError? { state.withLock { $0.failure } }

    /// Keeps the first failure; what others report when they are stopped because of it says nothing.
    func fail(_ failure: ExperimentError) { state.withLock { $0.failure = $0.failure ?? failure } }

    /// Adds a run to the results.
    func add(_ run: ExperimentResults.TestedRun) throws(ExperimentError) {
        _ = try add(run) { (_: ExperimentResults) throws(ExperimentError) in }
    }

    /// Adds a run to the results, and lets nobody add another before `then` has seen them.
    /// - Throws: ``ExperimentError`` where the run is of other clips than those before it.
    func add(
        _ run: ExperimentResults.TestedRun, then: (ExperimentResults) throws(ExperimentError) -> Void
    ) throws(ExperimentError) -> ExperimentResults {
        let result = state.withLock { state -> Result<ExperimentResults, ExperimentError> in
            do throws(ExperimentError) {
                // Features that some clips do not have would make the networks answer for different clips.
                if let misfit = state.results.misfit(of: run) {
                    throw .differentClips(first: run.run.candidate, second: misfit.network, clips: misfit.clips)
                }
                do throws(EvaluationError) { try state.results.add(run) } catch {
                    throw .training(.evaluation(error), run: run.run.candidate)
                }
                try then(state.results)
                return .success(state.results)
            } catch { return .failure(error) }
        }
        return try result.get()
    }
}
