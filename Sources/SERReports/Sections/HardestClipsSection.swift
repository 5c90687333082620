// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import SERTraining

/// A clip that networks find hard.
struct HardClip {
    var index: Int
    /// Mean log-loss over networks and runs, in nats.
    var loss: Double
    /// The mean probability of the true class.
    var probability: Double
    /// What it was mostly taken for where it was taken wrongly, and how often it was.
    var mistake: Int?
    var errors, trials: Int
}

extension ReportSubject {
    private static let mostShown = 12

    /// The clips with the highest loss, drawn and to be heard where their sound is at hand.
    func hardestSection(_ sounds: ReportSounds?) -> ReportPage.Section? {
        let clips = hardest
        guard !clips.isEmpty else { return nil }
        let several = networks.reduce(0) { $0 + $1.runs.count } > 1
        var pieces: [ReportPage.Piece] = [
            .paragraph(
                "The clips whose true class was found least probable\(several ? ", in the mean of all trainings" : "")."
            )
        ]
        var media = sounds.map { ReportSounds.Spending($0) }
        let cards = clips.enumerated().compactMap { number, clip in card(clip, number, &media) }
        if cards.count == clips.count {
            pieces.append(.cards(cards))
        } else {
            pieces.append(.table(table(clips)))
            if !cards.isEmpty { pieces.append(.cards(cards)) }
        }
        pieces += (media?.notes ?? []).map { .paragraph($0) }
        return .init("Hardest clips", pieces)
    }

    var hardest: [HardClip] {
        let runs = networks.flatMap { $0.runs.map(\.evaluation) }
        guard !runs.isEmpty else { return [] }
        let losses = runs.map { $0.scores.logLosses(targets: $0.targets) }
        return clips.indices.map { index in
            let target = clips[index].target
            let loss = losses.reduce(0) { $0 + $1[index] } / Double(runs.count)
            let probability = runs.reduce(0) { $0 + Double($1.probabilities[index][target]) } / Double(runs.count)
            let wrong = runs.map { $0.predictions[index] }.filter { $0 != target }
            let counts = Dictionary(wrong.map { ($0, 1) }, uniquingKeysWith: +)
            return HardClip(
                index: index, loss: loss.isNaN ? .infinity : loss, probability: probability,
                mistake: counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key, errors: wrong.count,
                trials: runs.count)
        }.filter { $0.errors > 0 || $0.loss > 0.1 }
            .sorted { ($1.loss, $0.index) < ($0.loss, $1.index) }.prefix(Self.mostShown).map { $0 }
    }

    private func verdict(_ clip: HardClip) -> String {
        guard let mistake = clip.mistake else { return "unsure" }
        let often = clip.trials > 1 ? ", wrong in \(clip.errors) of \(clip.trials) trainings" : ""
        return "taken for \(labels[mistake])\(often)"
    }

    private func table(_ hard: [HardClip]) -> ReportPage.Table {
        .init(
            caption: "Loss is minus the logarithm of the true class's probability, in nats.",
            columns: [
                .init("clip", isNumber: false), .init("speaker", isNumber: false), .init("sentence", isNumber: false),
                .init("true", isNumber: false), .init("found", isNumber: false), .init("probability of the true class"),
                .init("loss"),
            ],
            rows: hard.map { hard in
                let clip = clips[hard.index]
                return [
                    clip.clip, speaker(of: clip) ?? "–", clip.sentence ?? "–", labels[clip.target], verdict(hard),
                    hard.probability.fixed(4), hard.loss.fixed(2),
                ]
            })
    }

    private func speaker(of clip: TestedClip) -> String? {
        clip.identity(by: .speaker)?.name(among: Set(clips.map(\.corpus)))
    }

    /// A clip with its spectrogram; nil without its sound.
    private func card(_ hard: HardClip, _ number: Int, _ media: inout ReportSounds.Spending?) -> [ReportPage.Piece]? {
        let clip = clips[hard.index]
        guard let file = media?.file(of: clip) else {
            media?.leaveUndrawn("there is no such file")
            return nil
        }
        let drawing: SpectrogramFigure
        do throws(FeatureError) {
            drawing = try SpectrogramFigure(
                file: file, segment: clip.segment, name: "clip-\(number + 1)", title: clip.clip)
        } catch {
            media?.leaveUndrawn("\(error)")
            return nil
        }
        let facts = [
            speaker(of: clip).map { "speaker \($0)" }, clip.sentence.map { "sentence \($0)" },
            "probability of \(labels[clip.target]) \(hard.probability.fixed(4))", "loss \(hard.loss.fixed(2))",
        ].compactMap { $0 }
        var pieces: [ReportPage.Piece] = [
            .heading("\(labels[clip.target]), \(verdict(hard))"),
            .figures([.init(drawing.figure, caption: facts.joined(separator: "; ") + ".")]),
        ]
        if let sound = media?.sound(of: clip, at: file) { pieces.append(sound) }
        return pieces
    }
}
