// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import SERTraining

/// The mel spectrogram of a sound file as a figure.
struct SpectrogramFigure {
    let figure: Figure

    /// As much of a file as is drawn, in seconds.
    private static let longest = 10.0

    /// Draws a file, or a part of one.
    /// - Throws: `FeatureError` where it cannot be read or has no features.
    init(file: URL, segment: Segment? = nil, name: String, title: String) throws(FeatureError) {
        var mel = LogMel(.librosa, bands: 64, sampleRate: 16_000)
        mel.stft = STFT(fftLength: 512, hop: 160)
        let clip: AudioClip
        do throws(AudioError) {
            // What was measured is drawn, also where the end of the file is missing and that was accepted.
            clip = try AudioFile.read(
                regularFile: file, sampleRate: mel.sampleRate, from: segment?.start ?? 0,
                duration: min(segment?.duration ?? Self.longest, Self.longest), truncated: .accept)
        } catch { throw .audio(error) }
        let matrix = try mel.extract(clip)
        let rows = (0..<matrix.coefficients).map { band in (0..<matrix.frames).map { matrix[$0, band] } }
        let loudest = matrix.values.max() ?? 0
        let seconds = clip.duration
        let ticks = [250.0, 1000, 4000].map { hertz in
            (
                place: Self.mel(hertz) / Self.mel(mel.sampleRate / 2),
                label: hertz < 1000 ? "0.25" : "\(Int(saturating: hertz / 1000, rounding: .down))"
            )
        }
        let peak = rows.indices.max { rows[$0].reduce(0, +) < rows[$1].reduce(0, +) } ?? 0
        let hertz = Self.hertz(Self.mel(mel.sampleRate / 2) * (Double(peak) + 0.5) / Double(rows.count))
        figure =
            HeatMap(
                name: name, title: title,
                description:
                    "Mel spectrogram of \(seconds.fixed(2)) seconds up to 8 kHz, in decibels below the loudest, "
                    + "brighter is louder; most of the sound is around \(hertz.fixed(0)) Hz.",
                xLabel: "seconds", yLabel: "kHz", xAxis: Self.timeAxis(seconds), yTicks: ticks,
                layers: [.init(rows, range: (loudest - 70)...loudest)]
            ).figure
    }

    static func timeAxis(_ seconds: Double) -> AxisScale {
        let scale = AxisScale(from: 0, to: max(seconds, 0.01))
        return AxisScale(
            from: 0, to: max(seconds, 0.01), ticks: scale.ticks.filter { $0 <= seconds },
            places: seconds < 0.5 ? 2 : 1)
    }

    /// Slaney's scale, which the filters have: linear to 1 kHz, then logarithmic.
    static func mel(_ hertz: Double) -> Double {
        hertz < 1000 ? hertz * 3 / 200 : 15 + log(hertz / 1000) / (log(6.4) / 27)
    }

    static func hertz(_ mel: Double) -> Double {
        mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
    }
}
