// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Why a model file could not be read or written; each message names the file, the part of it and what to do.
public enum ModelFileError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// The file cannot be opened or read.
    case unreadable(path: String, reason: String)
    /// The file is no safetensors file, or was damaged or cut short; `part` is where.
    case damaged(path: String, part: String, reason: String)
    /// The file is of another kind altogether.
    case otherKind(path: String, FileKind)
    /// The file is one of `torch.save`; the message holds the Python that makes a safetensors file of it.
    case torchArchive(path: String)
    /// The file is a whole safetensors file, but holds no model of this library.
    case foreign(path: String, missing: String)
    /// The model in the file cannot be built: `part` does not fit the rest.
    case inconsistent(path: String, part: String, reason: String)
    /// The network holds a layer that is not registered.
    case unknownLayer(path: String, layer: String, kind: String, known: [String])
    /// The file names features that are not registered.
    case unknownFeatures(path: String, kind: String, known: [String])
    /// The file was written by a newer version of the library, which is named where the file names it.
    case newerFormat(path: String, version: Int, known: Int, library: String?)
    /// The file cannot be written.
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): return "\(path): cannot be read (\(reason))"
        case .damaged(let path, let part, let reason):
            return "\(path): not a model file, or damaged; \(part): \(reason). Get the file again from where it came."
        case .otherKind(let path, let kind): return "\(path): \(kind.advice)"
        case .torchArchive(let path): return TorchArchive.message(path: path)
        case .foreign(let path, let missing):
            return "\(path): a safetensors file without \(missing), so not a model that this library wrote. Weights "
                + "alone do not tell features and labels; give a file that 'ser train' or Recognizer.save wrote."
        case .inconsistent(let path, let part, let reason):
            return "\(path): \(part): \(reason). Somebody or something changed the file; get it again from where it "
                + "came."
        case .unknownLayer(let path, let layer, let kind, let known):
            return "\(path): ser.graph: \(quoted(layer)) is a layer of kind \(quoted(kind)), which is not registered. "
                + "Read the file with layers: .standard.adding(...) of that layer. Known are "
                + "\(known.joined(separator: ", "))."
        case .unknownFeatures(let path, let kind, let known):
            return "\(path): ser.features: features of kind \(quoted(kind)) are not registered. "
                + "Read the file with features: .standard.adding(...) of that type. Known are "
                + "\(known.joined(separator: ", "))."
        case .newerFormat(let path, let version, let known, let library):
            return "\(path): written in format \(version)\(library.map { " by SER \($0)" } ?? ""), and this is SER "
                + "\(LibraryVersion.current), which reads up to format \(known). "
                + "Get SER \(library.map { "\($0) or later" } ?? "in a newer version")."
        case .unwritable(let path, let reason): return "\(path): cannot be written (\(reason))"
        }
    }

    public var errorDescription: String? { description }
}
