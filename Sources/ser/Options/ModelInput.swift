// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERPretrained

/// The model that a command is given: a file, or the name of a recognizer that comes with the library.
struct ModelInput: ExpressibleByArgument, Sendable {
    /// What it was called by.
    let name: String
    /// The file; nil for a recognizer that comes with the library.
    let file: URL?
    private let own: PretrainedModel?
    /// Whether somebody typed the name of a recognizer that comes with the library.
    private var isNamed = false

    /// What answers where no model is named.
    static let standard = ModelInput(.english)

    private init(_ own: PretrainedModel) {
        name = own.rawValue
        file = nil
        self.own = own
    }

    private init(file name: String) {
        self.name = name
        file = URL(fileURLWithPath: name)
        own = nil
    }

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        if let own = PretrainedModel(rawValue: argument) {
            self.init(own)
            isNamed = true
        } else {
            self.init(file: argument)
        }
    }

    /// The model, read; where its name is a file's too, it is told which was taken.
    func recognizer() throws -> Recognizer {
        if isNamed, FileManager.default.fileExists(atPath: name) {
            note("\(name) is taken for the recognizer that comes with the library; the file of that name is ./\(name)")
        }
        if let own { return try .pretrained(own) }
        return try Recognizer(contentsOf: file ?? URL(fileURLWithPath: name))
    }

    /// Of files with a model before them perhaps the model, or else the library's own, and the sound.
    static func first(of files: [SoundInput]) throws -> (ModelInput, sound: [SoundInput]) {
        guard let first = files.first, let file = first.file, let model = ModelInput(argument: first.argument),
            model.file == nil || file.modelOrSound == .model
        else { return (.standard, files) }
        return (model, Array(files.dropFirst()))
    }

    /// The same without folders.
    var lastName: String { file?.lastPathComponent.onOneLine ?? name }

    /// What results call it.
    var title: String { file?.relativePath ?? name }

    /// What is said of such arguments.
    static let help =
        "A model file that `ser train` wrote, or `\(PretrainedModel.english.rawValue)`, which comes with the library and "
        + "is taken where none is named."
}

extension URL {
    /// What a file is taken for that stands where a model or sound may stand.
    enum ModelOrSound {
        case model, sound
        /// Neither: no sound begins so, and no model.
        case neither
    }

    /// A model is what is named as one, what is read as one, and what is a model of another program; a file that is not
    /// there may have been meant as one, unless it is named as sound.
    var modelOrSound: ModelOrSound {
        if pathExtension.lowercased() == "safetensors" { return .model }
        guard !SoundFileNames.endings.contains(pathExtension.lowercased()) else { return .sound }
        do {
            _ = try SafetensorsReader(at: self)
            return .model
        } catch {
            switch error {
            case .otherKind(_, .sound): return .sound
            case .otherKind(_, .onnx), .torchArchive, .unreadable, .foreign: return .model
            case .damaged: return beginsLikeAModel ? .model : .neither
            case .otherKind: return .neither
            default: return .model
            }
        }
    }

    /// Whether a length of few bytes and JSON stand first, as in a model file that was cut.
    private var beginsLikeAModel: Bool {
        guard let handle = try? FileHandle(forReadingFrom: self), let bytes = try? handle.read(upToCount: 9) else {
            return false
        }
        return bytes.count == 9 && bytes[4..<8].allSatisfy { $0 == 0 } && bytes[8] == UInt8(ascii: "{")
    }
}
