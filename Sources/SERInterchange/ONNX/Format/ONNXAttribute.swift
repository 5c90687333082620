// SPDX-License-Identifier: Apache-2.0

/// A setting of an ONNX node.
public enum ONNXAttribute: Sendable {
    /// A whole number.
    case int(Int)
    /// Whole numbers.
    case ints([Int])
    /// A number.
    case float(Float)
    /// A word.
    case string(String)
    /// Words.
    case strings([String])
}
