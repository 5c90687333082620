// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels

/// The recognizers that come with the library.
///
/// ```swift
/// let recognizer = try Recognizer.pretrained()
/// print(try recognizer.recognize(contentsOf: recording).answer ?? "not sure")
/// ```
/// What each was trained on, how well it does on voices it has never heard, and what it cannot tell, its model card says:
/// Docs/PretrainedModels.md.
public enum PretrainedModel: String, Sendable, CaseIterable {
    /// Six emotions (anger, disgust, fear, happiness, neutral, sadness) in acted English of many voices, with some German.
    case english

    /// The model's file.
    /// - Throws: ``PretrainedModelError`` where the program was moved without the library's resources.
    public func file() throws(PretrainedModelError) -> URL {
        let name = "\(rawValue).safetensors"
        let places = Self.bundles.map { $0.appendingPathComponent(name) }
        guard let file = places.first(where: { FileManager.default.isReadableFile(atPath: $0.path) }) else {
            throw PretrainedModelError(model: self, looked: places.map(\.path))
        }
        return file
    }

    /// The folders in which the build tool or the program's installer may have put the resources: beside the program, and
    /// in an app's own resources. `Bundle.module` would end a program that was moved.
    private static var bundles: [URL] {
        let places = [
            Bundle.main.resourceURL, Bundle.main.bundleURL, Bundle.main.executableURL?.deletingLastPathComponent(),
            Bundle(for: Anchor.self).resourceURL, Bundle(for: Anchor.self).bundleURL.deletingLastPathComponent(),
        ]
        var seen: Set<String> = []
        return places.compactMap { $0?.resolvingSymlinksInPath() }.filter { seen.insert($0.path).inserted }
            .flatMap { place in
                ["resources", "bundle"].map { place.appendingPathComponent("SER_SERPretrained.\($0)") }
            }
    }

    /// Stands for the file of machine code that this library was linked into.
    private final class Anchor {}
}

/// The file of a recognizer that comes with the library is not where it should be.
public struct PretrainedModelError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// The recognizer.
    public let model: PretrainedModel
    /// The paths that were tried.
    public let looked: [String]

    public var errorDescription: String? { description }

    public var description: String {
        "The recognizer '\(model.rawValue)' that comes with the library was not found; it stands in the folder "
            + "SER_SERPretrained.resources (on Apple's systems .bundle) that the build puts beside the program. Copy that "
            + "folder along with the program. Looked for: \(looked.joined(separator: ", "))."
    }
}

extension Recognizer {
    /// A recognizer that comes with the library, ready to be used.
    ///
    /// ```swift
    /// let prediction = try Recognizer.pretrained(.english).recognize(contentsOf: recording)
    /// ```
    /// - Parameter model: Which of them.
    /// - Throws: ``PretrainedModelError`` where its file is missing, and `ModelFileError` where it is damaged.
    public static func pretrained(_ model: PretrainedModel = .english) throws -> Recognizer {
        try Recognizer(contentsOf: try model.file())
    }
}
