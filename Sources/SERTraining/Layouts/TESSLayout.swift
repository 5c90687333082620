// SPDX-License-Identifier: Apache-2.0

/// The Toronto emotional speech set: `<SPEAKER>_<word>_<emotion>.wav`.
///
/// Copies in circulation spell the folders in several ways and put some files into the wrong one, so the file name is
/// trusted. One published file, `OA_bite_neutral.wav`, misspells its speaker OAF.
struct TESSLayout: CorpusLayout {
    var name = "TESS"
    let rule = "SPEAKER_word_emotion, with speaker OAF or YAF, such as OAF_back_angry.wav"
    /// Words spoken in each emotion by each speaker.
    var words = 200

    private static let emotions = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]

    var expectation: CorpusExpectation? {
        let perCell = Dictionary(uniqueKeysWithValues: Self.emotions.map { ($0, words) })
        return CorpusExpectation(
            speakers: ["OAF", "YAF"], emotions: Self.emotions, perCell: perCell,
            perEmotion: perCell.mapValues { 2 * $0 })
    }

    func read(_ file: FolderWalk.File) -> NameReading {
        let parts = file.stem.split(separator: "_", maxSplits: 2).map(String.init)
        guard parts.count == 3, !parts[1].isEmpty, let emotion = Self.emotion(parts[2]) else { return .unknown }
        let prefix = parts[0].uppercased()
        guard ["OAF", "OA", "YAF"].contains(prefix) else { return .unknown }
        var clip = ClipName(emotion: emotion, speaker: prefix == "OA" ? "OAF" : prefix, sentence: parts[1].lowercased())
        if prefix == "OA" { clip.remark = "the speaker OA is read as OAF" }
        if let folder = file.components.dropLast().last, let stated = Self.folder(folder),
            stated.emotion != clip.emotion || stated.speaker != clip.speaker
        {
            clip.remark = "the folder says \(stated.speaker ?? ""), \(stated.emotion); the file name is trusted"
        }
        return .clip(clip)
    }

    private static func emotion(_ word: String) -> String? {
        EmotionNames.label(for: word).flatMap { emotions.contains($0) ? $0 : nil }
    }

    private static func folder(_ name: String) -> ClipName? {
        let parts = name.split(separator: "_", maxSplits: 1).map(String.init)
        guard parts.count == 2, let emotion = emotion(parts[1]) else { return nil }
        return ClipName(emotion: emotion, speaker: parts[0].uppercased())
    }
}
