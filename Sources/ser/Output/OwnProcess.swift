// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// How a process of this program ended that was to measure something.
struct OwnProcessError: Error, CustomStringConvertible {
    /// Such as "ended with status 1".
    let ending: String
    /// What it wrote to standard error.
    let complaint: String

    var description: String {
        "the process that measures \(ending)" + (complaint.isEmpty ? "" : ": \(complaint)")
    }
}

/// What this program prints in a process of its own, so that nothing else has a share in its memory; nil when somebody
/// asks to stop meanwhile, which ends the process too.
func outputOfSelf(_ arguments: [String]) throws(OwnProcessError) -> Data? {
    let program = Bundle.main.executableURL?.path ?? CommandLine.arguments[0]
    var data = Data()
    let run = ChildProgram(path: program, arguments: arguments).run(
        limits: .init(bytes: 1 << 20, silence: .infinity, seconds: .infinity),
        isCancelled: { Interruption.isRequested }
    ) {
        data.append(contentsOf: $0)
        return true
    }
    if Interruption.isRequested { return nil }
    switch run.ending {
    case .exited(code: 0): return data
    case .exited(let code): throw OwnProcessError(ending: "ended with status \(code)", complaint: run.errors)
    case .signalled(let signal): throw OwnProcessError(ending: "was ended by signal \(signal)", complaint: run.errors)
    default: throw OwnProcessError(ending: "could not be run (\(run.ending))", complaint: run.errors)
    }
}
