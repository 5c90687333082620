// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What can be wrong with the settings of an optimiser, a schedule or gradient clipping, or with saved state.
public enum OptimizerError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// A setting that makes no sense.
    case setting(name: String, value: Double, expected: String)
    /// Saved state that belongs to other parameters or to another optimiser.
    case state(expected: String, got: String)

    public var description: String {
        switch self {
        case .setting(let name, let value, let expected):
            return "\(name) is \(value), but must be \(expected). Change this setting."
        case .state(let expected, let got):
            return "The saved state of the optimiser does not fit: expected \(expected), got \(got). "
                + "Use the network and the optimiser that it was saved with."
        }
    }

    public var errorDescription: String? { description }
}

/// Throws an error that names the setting unless its value is finite and fits.
func require(
    _ value: Double, _ name: String, _ range: String, _ holds: (Double) -> Bool
) throws(OptimizerError) {
    guard value.isFinite, holds(value) else { throw OptimizerError.setting(name: name, value: value, expected: range) }
}
