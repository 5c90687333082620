// SPDX-License-Identifier: Apache-2.0

import CSERSignals

/// A request to stop, from Ctrl-C, a closed terminal or a termination signal. Long work looks at it between its steps.
package enum Interruption {
    /// From now on the first SIGINT, SIGTERM or SIGHUP sets ``isRequested``; a second one ends the process at once.
    package static func watch() { ser_interrupt_install() }

    /// Whether somebody asked to stop since ``watch()``.
    package static var isRequested: Bool { ser_interrupt_signal() != 0 }

    /// The exit code that tells a shell which signal it was: 130 for Ctrl-C, 143 for termination, 129 for a
    /// closed terminal.
    package static var exitCode: Int32 { 128 + ser_interrupt_signal() }
}
