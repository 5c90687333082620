// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERModels
import SERReports
import SERTraining

/// Options of commands that can be watched in a browser.
struct LiveOptions: ParsableArguments {
    @Flag(help: "Show the training in a browser while it runs, on this machine only.")
    var live = false

    @Option(
        help: ArgumentHelp(
            "Port of the live view, 0 for any that is free. (default: 8035, or the next that is free)",
            valueName: "number"))
    var port: UInt16?

    func validate() throws {
        if port != nil, !live { throw ValidationError("--port is for the live view: add --live.") }
    }

    /// The page, served, where it is asked for; its address is told on standard error.
    func report(on split: DataSplit, audit: SplitAudit) throws -> LiveReport? {
        guard live else { return nil }
        let report = LiveReport(on: split, audit: audit)
        let server = try LiveServer(port: port, page: report)
        note("live view: \(server.address)")
        return report
    }
}
