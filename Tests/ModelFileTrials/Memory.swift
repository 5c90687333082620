// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The most memory that this process has held.
struct Memory {
    /// Bytes in real memory.
    var resident: Int
    /// Bytes of address space, reserved ones included; 0 where the system does not tell.
    var address: Int

    static func peak() -> Memory {
        #if os(Linux)
            // Not getrusage: it also counts what the parent held before this program was started.
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            func bytes(_ name: String) -> Int {
                let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
                return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
            }
            return Memory(resident: bytes("VmHWM:"), address: bytes("VmPeak:"))
        #else
            var usage = rusage()
            getrusage(RUSAGE_SELF, &usage)
            return Memory(resident: Int(usage.ru_maxrss), address: 0)
        #endif
    }
}
