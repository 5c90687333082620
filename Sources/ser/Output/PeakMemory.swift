// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The most memory that this process has had, in bytes; nil where the system does not tell.
var peakBytes: Int? {
    #if canImport(Darwin)
        var usage = rusage()
        getrusage(RUSAGE_SELF, &usage)
        return Int(usage.ru_maxrss)
    #else
        // ru_maxrss counts what the parent had when it started this process.
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 }
    #endif
}
