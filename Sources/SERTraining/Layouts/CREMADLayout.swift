// SPDX-License-Identifier: Apache-2.0

/// CREMA-D: `1001_DFA_ANG_XX.wav`, that is, actor, sentence, emotion, level (Cao et al., "CREMA-D: Crowd-sourced
/// emotional multimodal actors dataset", IEEE Trans. Affective Computing 5(4), 2014).
struct CREMADLayout: CorpusLayout {
    let name = "CREMA-D"
    let rule = "actor_sentence_emotion_level, such as 1001_DFA_ANG_XX.wav"

    private static let emotions = [
        "ANG": "angry", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad",
    ]
    private static let sentences: Set<String> = [
        "IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI",
    ]
    private static let levels: Set<String> = ["LO", "MD", "HI", "XX", "X"]

    /// The published counts: a few recordings of the full design are absent from them.
    var expectation: CorpusExpectation? {
        CorpusExpectation(
            speakers: (1001...1091).map(String.init), emotions: Self.emotions.values.sorted(), perCell: nil,
            perEmotion: ["angry": 1271, "disgust": 1271, "fear": 1271, "happy": 1271, "neutral": 1087, "sad": 1271])
    }

    func read(_ file: FolderWalk.File) -> NameReading {
        let parts = file.stem.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0].utf8.count == 4, parts[0].allSatisfy(\.isASCIIDigit),
            Self.sentences.contains(parts[1]), let emotion = Self.emotions[parts[2]], Self.levels.contains(parts[3])
        else { return .unknown }
        return .clip(ClipName(emotion: emotion, speaker: parts[0], sentence: parts[1]))
    }
}
