// SPDX-License-Identifier: Apache-2.0

/// SAVEE: `DC_a01.wav`, or `a01.wav` in the speaker's folder, that is, emotion's initials and the sentence's number
/// (Haq and Jackson, "Multimodal emotion recognition", in Machine Audition, 2010).
///
/// The sentence is kept as written, such as `a01`: most numbers stand for another text in each emotion.
struct SAVEELayout: CorpusLayout {
    let name = "SAVEE"
    let rule =
        "emotion (a d f h n sa su) and number, after the speaker (DC JE JK KL) or in the speaker's folder, "
        + "such as DC_a01.wav or DC/a01.wav"

    private static let emotions = [
        "a": "angry", "d": "disgust", "f": "fear", "h": "happy", "n": "neutral", "sa": "sad", "su": "surprise",
    ]
    private static let speakers: Set<String> = ["DC", "JE", "JK", "KL"]

    var expectation: CorpusExpectation? {
        let perCell = Dictionary(uniqueKeysWithValues: Self.emotions.values.map { ($0, $0 == "neutral" ? 30 : 15) })
        return CorpusExpectation(
            speakers: Self.speakers.sorted(), emotions: Self.emotions.values.sorted(), perCell: perCell,
            perEmotion: perCell.mapValues { 4 * $0 })
    }

    func read(_ file: FolderWalk.File) -> NameReading {
        let parts = file.stem.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        let speaker = parts.count == 2 ? parts[0] : file.components.dropLast().last ?? ""
        guard parts.count <= 2, let code = parts.last, Self.speakers.contains(speaker) else { return .unknown }
        let letters = code.prefix { !$0.isASCIIDigit }, digits = code.dropFirst(letters.count)
        guard let emotion = Self.emotions[String(letters)], digits.count == 2, digits.allSatisfy(\.isASCIIDigit) else {
            return .unknown
        }
        return .clip(ClipName(emotion: emotion, speaker: speaker, sentence: code))
    }
}
