// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Runs `body` with each instruction set that this machine has, the best last, and its name.
func withEachInstructionSet(_ body: (String) throws -> Void) rethrows {
    defer { ser_use_instruction_set(-1) }
    for set in 0..<ser_instruction_sets() {
        ser_use_instruction_set(set)
        try body(String(cString: ser_instruction_set_name(set)))
    }
}
