// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERAudio

/// How the commands that read sound take files that are not as they should be.
struct SoundReadingOptions: ParsableArguments {
    @Option(help: "What to do with sound files whose end is missing: refuse them, or accept what is there.")
    var truncated = TruncatedFiles.refuse
}

extension TruncatedFiles: ExpressibleByArgument {}

/// Tells what was wrong with a sound file that was read all the same.
func note(_ remarks: [AudioRemark], about title: String) {
    for remark in remarks { note("\(title): \(remark)") }
}
