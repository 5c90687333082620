// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERInterchange
import SERModels
import SERSupport
import SERTraining

/// An error of the library with what can be done about it here, by options and not by calls.
struct Told: Error, CustomStringConvertible {
    let description: String
}

/// An error in words that help somebody who types commands; those that do so by themselves stay as they are.
func inWordsOfCommands(_ error: any Error, cutsFolds: Bool = false) -> any Error {
    remedy(for: error, isFolds: cutsFolds).map { Told(description: $0) } ?? error
}

private func remedy(for error: any Error, isFolds: Bool) -> String? {
    switch error {
    case let error as SplitError: remedyOfCorpora(error) ?? (isFolds ? remedyOfFolds(error) : remedy(error))
    case ExperimentError.split(let error): remedyOfFolds(error)
    case let error as TrainingError: remedy(error)
    case ExperimentError.training(let error, let run):
        remedy(error).map { text in run.map { "\(text) (\($0))" } ?? text }
    case let error as CorpusError: remedy(error)
    case let error as ModelFileError: remedy(error)
    case let error as InterchangeError: remedy(error)
    case let error as FeatureError: tooShort(error)
    case RecognitionError.features(let error), ExplanationError.features(let error): tooShort(error)
    default: nil
    }
}

private func tooFew(_ label: String, _ clips: Int, _ needed: Int) -> String {
    "The class \"\(label)\" has \(counted(clips, "clip")), too few for \(needed) parts that each hold "
        + "every class."
}

/// Of reading corpora together.
private func remedyOfCorpora(_ error: SplitError) -> String? {
    switch error {
    case .sameCorpus(let name):
        "Two of the corpora are called \(name), so that their speakers could not be told apart. Write one as a table, by "
            + "ser inspect FOLDER --csv > other.csv, change the name in its column corpus, and name other.csv in the place of "
            + "the folder."
    case .unknownLabel: "\(error) A name that a --map makes is known to the --map after it."
    default: nil
    }
}

/// Of cutting a corpus into a training, a validation and a test part.
private func remedy(_ error: SplitError) -> String? {
    switch error {
    case .tooFewClips(let label, let clips, let needed):
        tooFew(label, clips, needed) + " Add clips of it, or leave it out: list the other clips in a CSV manifest."
    case .emptyPart(let role, let clips):
        "The \(role.rawValue) part would have no clips (the corpus has \(clips)). Add clips."
    case .tooFewGroups(let grouping, let groups, let parts):
        "The corpus has \(counted(groups, grouping.rawValue)), too few for \(parts) parts that share none. Leave out --by, or "
            + "test on each \(grouping.rawValue) in turn: ser crossvalidate --by \(grouping.rawValue)."
    case .ungrouped(let grouping, let clips, let first):
        "\(counted(clips, "clip has", plural: "clips have")) no known \(grouping.rawValue), \(first) for one, so that the "
            + "corpus cannot be grouped by it. State it in a CSV manifest (path,label,speaker,sentence; ser inspect --csv "
            + "writes one to fill in), or leave out --by."
    default: nil
    }
}

/// Of cutting a corpus into folds.
private func remedyOfFolds(_ error: SplitError) -> String? {
    switch error {
    case .tooFewClips(let label, let clips, let needed):
        // A clip to test on, one to validate on and one to train on.
        tooFew(label, clips, needed) + " Add clips of it, " + (clips > 2 ? "ask for --folds \(clips), " : "")
            + "or leave it out: list the other clips in a CSV manifest."
    case .tooFewGroups(let grouping, let groups, _):
        "The corpus has \(counted(groups, grouping.rawValue)), too few for so many folds that share "
            + "none. Ask for at most \(groups) by --folds, or leave it out: then each \(grouping.rawValue) is a fold."
    case .emptyPart(.validation, let clips):
        "The validation part would have no clips (the corpus has \(clips)). Ask for a larger --validation, or add clips."
    case .noGroupToValidate(let grouping, let fold, let groups):
        "\(groups) \(grouping.rawValue)\(groups == 1 ? " is" : "s are") left to train and to validate (\(fold)), and "
            + "two are needed where no \(grouping.rawValue) is to be in both. Leave out --validate-by, or ask for more "
            + "--folds."
    case .missingClass(let label, let fold):
        "No clip of the class \"\(label)\" would be left to train on (\(fold)): all are among those tested. Add clips of "
            + "it from elsewhere, or leave it out: list the other clips in a CSV manifest. More --folds help where a fold "
            + "tests several speakers or sentences."
    case .ungrouped(let grouping, let clips, let first):
        "\(clips) \(clips == 1 ? "clip has" : "clips have") no known \(grouping.rawValue), \(first) for one, so that "
            + "the corpus cannot be grouped by it. State it in a CSV manifest (path,label,speaker,sentence; ser inspect "
            + "--csv writes one to fill in), or cut by --by stratified."
    case .noSharedLabels(let labels):
        "The corpora have fewer than two labels in common ("
            + labels.map { $0.joined(separator: ", ") }.joined(separator: " and ")
            + "). Give the same names to what is the same by --map, as in --map boredom=neutral."
    default: nil
    }
}

/// That a clip is too short, for those who have it and not the network or the features.
private func tooShort(_ error: FeatureError) -> String? {
    switch error {
    case .tooShort(let samples, let needed, let rate):
        "the clip is too short: \(samples) samples at \(rate.significant(6)) Hz where one frame takes \(needed); use a "
            + "longer one"
    case .tooFewSteps(let frames, let needed, _):
        "the clip is too short: it gives \(frames) \(frames == 1 ? "frame" : "frames") where the model needs \(needed); "
            + "use a longer one"
    case .tooFewFrames(let frames, let width):
        "the clip is too short: it gives \(frames) \(frames == 1 ? "frame" : "frames"), and the features look at "
            + "\(width) together; use a longer one"
    default: nil
    }
}

private func remedy(_ error: TrainingError) -> String? {
    switch error {
    case .diverged(let epoch):
        "the loss is no longer a number in epoch \(epoch). Try a smaller --learning-rate, or --clip-norm 1."
    case .emptyPart(let name): "the \(name) part holds no clips. Bring more clips."
    case .shape(let error):
        ShapeError(
            path: error.path, layer: error.layer, expected: error.expected, got: error.got,
            hint: "Ask for more --coefficients or a longer --duration."
        ).description
    default: nil
    }
}

private func remedy(_ error: CorpusError) -> String? {
    guard case .unreadable(let files) = error else { return nil }
    return "\(counted(files.count, "file")) cannot be read: " + UnreadableFile.list(files)
        + "Mend or remove them, or leave out --strict: then they are left out."
}

private func remedy(_ error: ModelFileError) -> String? {
    switch error {
    case .unknownLayer(let path, let layer, let kind, _):
        "\(path): its layer '\(layer)' is of the kind '\(kind)', which is none of the library's. Use the program whose "
            + "layer it is: ser knows the library's alone."
    case .foreign(let path, let missing):
        "\(path): a safetensors file without \(missing), so not a model that ser train wrote. Weights alone do not tell "
            + "features and labels: make a model of them with ser import."
    default: nil
    }
}

private func remedy(_ error: InterchangeError) -> String? {
    switch error {
    case .weights(let path, let mismatch): "\(path): \(mismatch.text(table: "a table of names (--names)"))"
    case .features(let reason, _):
        "The features cannot be exported to ONNX: \(reason). Export the network alone: leave out --include-features."
    default: nil
    }
}
