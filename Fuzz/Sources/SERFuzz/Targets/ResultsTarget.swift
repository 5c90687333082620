// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERReports
import SERTraining

/// Files of results, of every kind.
struct ResultsTarget: FuzzTarget {
    private let file: InputFile

    init() throws { file = try InputFile("results.json") }

    func read(_ bytes: UnsafeRawBufferPointer) {
        file.fill(bytes)
        do throws(ResultsError) {
            let results = try ExperimentResults(contentsOf: file.url)
            expect(results.header.version == ExperimentResults.currentVersion, "another version")
        } catch { expect(!error.description.isEmpty, "an error without words") }
        do throws(ResultsError) {
            let results = try TuningResults(contentsOf: file.url)
            expect(results.trials.count <= results.plannedTrials, "more trials than were drawn")
            expect(!results.description.isEmpty, "results without words")
        } catch { expect(!error.description.isEmpty, "an error without words") }
        // A page takes a thousand times as long as the reading.
        guard bytes.reduce(0, { $0 &+ Int($1) }) % 32 == 0 else { return }
        do throws(ReportError) {
            let report = try Report(contentsOf: [file.url])
            expect(!report.summary.isEmpty, "a report without words")
        } catch { expect(!error.description.isEmpty, "an error without words") }
    }
}
