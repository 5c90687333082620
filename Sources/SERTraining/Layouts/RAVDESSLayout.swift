// SPDX-License-Identifier: Apache-2.0

/// RAVDESS: seven two-digit numbers, `03-01-06-01-02-01-12.wav`, that is, modality, vocal channel, emotion, intensity,
/// statement, repetition, actor (Livingstone and Russo, PLoS ONE 13(5), 2018). Songs are passed over.
struct RAVDESSLayout: CorpusLayout {
    let name = "RAVDESS"
    let rule = "modality-channel-emotion-intensity-statement-repetition-actor, such as 03-01-06-01-02-01-12.wav"

    private static let emotions = ["neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise"]

    var expectation: CorpusExpectation? {
        // 2 statements x 2 repetitions x 2 intensities; neutral speech has one intensity.
        let perCell = Dictionary(uniqueKeysWithValues: Self.emotions.map { ($0, $0 == "neutral" ? 4 : 8) })
        return CorpusExpectation(
            speakers: (1...24).map { $0 < 10 ? "0\($0)" : "\($0)" }, emotions: Self.emotions.sorted(), perCell: perCell,
            perEmotion: perCell.mapValues { 24 * $0 })
    }

    func read(_ file: FolderWalk.File) -> NameReading {
        let parts = file.stem.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        let numbers = parts.compactMap { $0.utf8.count == 2 && $0.allSatisfy(\.isASCIIDigit) ? Int($0) : nil }
        guard parts.count == 7, numbers.count == 7, (1...3).contains(numbers[0]), (1...2).contains(numbers[1]),
            (1...8).contains(numbers[2]), (1...2).contains(numbers[4]), numbers[6] >= 1
        else { return .unknown }
        guard numbers[1] == 1 else { return .passedOver(reason: "it is sung, not spoken, and is left out") }
        return .clip(ClipName(emotion: Self.emotions[numbers[2] - 1], speaker: parts[6], sentence: parts[4]))
    }
}
