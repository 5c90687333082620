// SPDX-License-Identifier: Apache-2.0

/// The version of the library, as model files and checkpoints name it.
public enum LibraryVersion {
    /// The version that is running (https://semver.org).
    public static let current = "0.2.0"
}
