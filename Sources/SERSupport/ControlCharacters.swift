// SPDX-License-Identifier: Apache-2.0

extension Unicode.Scalar {
    /// Whether it moves a terminal's cursor, colours its text or does nothing that can be seen; ends of lines and tabs are
    /// none of these.
    package var isTerminalControl: Bool {
        properties.generalCategory == .control && self != "\n" && self != "\r" && self != "\t"
    }
}
