// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a file's name says about its clip.
struct ClipName: Sendable, Equatable {
    var emotion: String
    var speaker: String?
    var sentence: String?
    /// The corpus, where the layout is one of several.
    var corpus: String?
    /// What was odd about the name though it could be read.
    var remark: String?
}

/// How a layout reads one file.
enum NameReading: Sendable, Equatable {
    case clip(ClipName)
    /// The file belongs to the corpus, but is not emotional speech.
    case passedOver(reason: String)
    case unknown
}

/// How a corpus names its files.
protocol CorpusLayout: Sendable {
    /// The corpus's name.
    var name: String { get }
    /// The rule in words, for messages.
    var rule: String { get }
    var expectation: CorpusExpectation? { get }
    /// What each corpus should hold, by its name.
    var expectations: [String: CorpusExpectation] { get }
    func read(_ file: FolderWalk.File) -> NameReading
}

extension CorpusLayout {
    var expectations: [String: CorpusExpectation] { expectation.map { [name: $0] } ?? [:] }

    /// How many of some files follow the rule.
    func trial(on files: [FolderWalk.File]) -> LayoutTrial {
        LayoutTrial(layout: name, rule: rule, matching: files.count { read($0) != .unknown })
    }
}

/// Labels that corpora share, so that they can be compared: the adjectives of TESS.
enum EmotionNames {
    /// The common label for a word that names an emotion; nil for other words.
    static func label(for word: String) -> String? { synonyms[word.lowercased()] }

    private static let synonyms: [String: String] = [
        "angry": "angry", "anger": "angry", "disgust": "disgust", "disgusted": "disgust", "fear": "fear",
        "fearful": "fear", "anxiety": "fear", "happy": "happy", "happiness": "happy", "joy": "happy",
        "neutral": "neutral", "sad": "sad", "sadness": "sad", "surprise": "surprise", "surprised": "surprise",
        "ps": "surprise", "pleasant_surprise": "surprise", "pleasant_surprised": "surprise",
        "pleasant surprise": "surprise", "calm": "calm", "boredom": "boredom", "bored": "boredom",
        "contempt": "contempt",
    ]
}
