// SPDX-License-Identifier: Apache-2.0

/// The Berlin database of emotional speech: `03a01Fa.wav`, that is, speaker, text, emotion's German initial, version
/// (Burkhardt et al., "A database of German emotional speech", Interspeech 2005).
struct EMODBLayout: CorpusLayout {
    let name = "EMO-DB"
    let rule = "speaker (2 digits), text (a or b and 2 digits), emotion (W L E A F T N), version, such as 03a01Fa.wav"

    private static let emotions: [Character: String] = [
        "W": "angry", "L": "boredom", "E": "disgust", "A": "fear", "F": "happy", "T": "sad", "N": "neutral",
    ]

    var expectation: CorpusExpectation? {
        CorpusExpectation(
            speakers: ["03", "08", "09", "10", "11", "12", "13", "14", "15", "16"],
            emotions: Self.emotions.values.sorted(), perCell: nil,
            perEmotion: [
                "angry": 127, "boredom": 81, "disgust": 46, "fear": 69, "happy": 71, "neutral": 79, "sad": 62,
            ])
    }

    func read(_ file: FolderWalk.File) -> NameReading {
        let name = Array(file.stem)
        guard name.count == 6 || name.count == 7, name[0].isASCIIDigit, name[1].isASCIIDigit,
            name[2] == "a" || name[2] == "b", name[3].isASCIIDigit, name[4].isASCIIDigit,
            let emotion = Self.emotions[name[5]], name.count == 6 || name[6].isLetter
        else { return .unknown }
        return .clip(ClipName(emotion: emotion, speaker: String(name[0..<2]), sentence: String(name[2..<5])))
    }
}

extension Character {
    var isASCIIDigit: Bool { self >= "0" && self <= "9" }
}
