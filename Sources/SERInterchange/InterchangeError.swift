// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels

/// Why a model could not be moved to or from another program.
public enum InterchangeError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// A layer has no counterpart in ONNX, or none for its settings.
    case layer(path: String, kind: String, reason: String, hint: String)
    /// Features that cannot be put into an ONNX graph.
    case features(reason: String, hint: String)
    /// A node of an ONNX file that has no counterpart here; `path` is the file's.
    case node(path: String, name: String, operation: String, reason: String)
    /// A file that cannot be opened or read.
    case unreadable(path: String, reason: String)
    /// A file that is not of the expected format, or is damaged.
    case malformed(path: String, reason: String)
    /// A file of `torch.save` where a safetensors file is expected; the message holds the Python that makes one of it.
    case torchArchive(path: String)
    /// Weights that do not fit the network they are to be loaded into.
    case weights(path: String, WeightsMismatch)
    /// A file that cannot be written.
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .layer(let path, let kind, let reason, let hint):
            return "\(path) (\(kind)) cannot be exported to ONNX: \(reason). \(hint)"
        case .features(let reason, let hint): return "The features cannot be exported to ONNX: \(reason). \(hint)"
        case .node(let path, let name, let operation, let reason):
            return "\(path): node '\(name)' (\(operation)) cannot be read: \(reason)."
        case .unreadable(let path, let reason): return "\(path): cannot be read (\(reason))"
        case .malformed(let path, let reason): return "\(path): \(reason)"
        case .torchArchive(let path): return TorchArchive.message(path: path)
        case .weights(let path, let mismatch): return "\(path): \(mismatch)"
        case .unwritable(let path, let reason): return "\(path): cannot be written (\(reason))"
        }
    }

    public var errorDescription: String? { description }
}
