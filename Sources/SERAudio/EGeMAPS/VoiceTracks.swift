// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// What is measured in each frame of a clip, before anything is smoothed.
struct VoiceTracks {
    /// Loudness, alpha ratio, Hammarberg index, both slopes, flux and cepstra 1 to 4: [10][short frames].
    private(set) var spectral: [[Float]]
    /// Pitch in semitones above 27.5 Hz, jitter, shimmer, the ratio of harmonics to noise, H1-H2 and H1-A3; then
    /// frequency, bandwidth and level of formants 1 to 3: [15][long frames].
    private(set) var voiced: [[Float]]
    /// How many long frames had their pitch decided before the clip ended.
    private(set) var decided = 0
    /// The mean square of the samples of all short frames.
    private(set) var power = 0.0

    static let spectralCount = 10
    static let voicedCount = 15
    /// Where the tracks of formants begin among the voiced ones.
    static let firstFormant = 6

    private static let leastLevel: Float = 0.001

    /// Measures samples at ``VoiceFrames/rate``, of at least one long frame.
    /// - Parameters:
    ///   - samples: The samples.
    ///   - unvoicedFormants: Whether formants are wanted of unvoiced frames too; else they are 0 there.
    /// - Throws: ``FeatureError/outOfMemory(bytes:)``.
    init(_ samples: [Float], unvoicedFormants: Bool) throws(FeatureError) {
        let short = VoiceFrames.count(VoiceFrames.short, forSamples: samples.count)
        let long = VoiceFrames.count(VoiceFrames.long, forSamples: samples.count)
        spectral = [[Float]](repeating: [Float](repeating: 0, count: short), count: Self.spectralCount)
        voiced = [[Float]](repeating: [Float](repeating: 0, count: long), count: Self.voicedCount)
        let workshop = try Workshop()
        samples.withUnsafeBufferPointer { samples in
            guard let samples = samples.baseAddress else { return }
            let pitch = takePitch(samples, frames: long, workshop)
            var perturbation = Perturbation()
            for frame in 0..<short {
                let start = frame * VoiceFrames.hop
                takeSpectrum(samples + start, frame, workshop)
                guard frame < long else { continue }
                if pitch[frame] > 0 || unvoicedFormants { takeFormants(frame, workshop) }
                perturbation.take(samples, frame: start, frequency: pitch[frame])
                voiced[1][frame] = perturbation.jitter
                voiced[2][frame] = perturbation.shimmer
                takeHarmonics(samples + start, frame, pitch[frame], workshop)
            }
        }
        power /= Double(short)
    }

    /// What the measurements work with, made once for a clip.
    private final class Workshop {
        let short: ShortSpectrum
        let long: LongSpectrum
        let bands: AuditoryBands
        let balance = SpectralBalance()
        let octaves = OctaveSpectrum()
        let summation = SubharmonicSummation()
        let formants: Formants
        let noise: HarmonicsToNoise
        var harmonics = HarmonicPeaks()
        var found = [Formant](repeating: Formant(), count: Formants.count)

        init() throws(FeatureError) {
            short = try ShortSpectrum()
            long = try LongSpectrum()
            bands = try AuditoryBands()
            formants = try Formants()
            noise = try HarmonicsToNoise()
        }
    }

    /// The pitch of each long frame in Hz; 0 where it is unvoiced, or all but silent.
    private mutating func takePitch(_ samples: UnsafePointer<Float>, frames: Int, _ workshop: Workshop) -> [Float] {
        let count = SubharmonicSummation.candidates
        var candidates = [PitchCandidate](repeating: PitchCandidate(), count: frames * count)
        var levels = [Float](repeating: 0, count: frames)
        candidates.withUnsafeMutableBufferPointer { candidates in
            for frame in 0..<frames {
                workshop.long.take(samples + frame * VoiceFrames.hop)
                levels[frame] = workshop.long.level
                let lane = frame % OctaveSpectrum.lanes
                workshop.octaves.take(workshop.long.magnitudes, lane: lane)
                guard lane == OctaveSpectrum.lanes - 1 || frame == frames - 1 else { continue }
                workshop.octaves.interpolate()
                for (lane, frame) in (frame - lane...frame).enumerated() {
                    let row = UnsafeMutableBufferPointer(rebasing: candidates[frame * count..<(frame + 1) * count])
                    workshop.summation.take(workshop.octaves.points(of: lane), into: row)
                }
            }
        }
        let path = PitchPath(through: candidates)
        decided = path.decided
        return zip(path.frequencies, levels).map { $1 > Self.leastLevel ? $0 : 0 }
    }

    private mutating func takeSpectrum(_ samples: UnsafePointer<Float>, _ frame: Int, _ workshop: Workshop) {
        let count = Int64(VoiceFrames.short), gain = Double(VoiceFrames.gain)
        power += gain * gain * Double(ser_audio_energy(samples, count)) / Double(count)
        workshop.short.take(samples)
        let balance = workshop.balance
        balance.take(workshop.short.power)
        spectral[0][frame] = workshop.bands.loudness(workshop.short.power)
        spectral[1][frame] = balance.alphaRatio
        spectral[2][frame] = balance.hammarbergIndex
        spectral[3][frame] = balance.lowSlope
        spectral[4][frame] = balance.middleSlope
        spectral[5][frame] = balance.flux
        for coefficient in 1...AuditoryBands.cepstra {
            spectral[5 + coefficient][frame] = workshop.bands.cepstrum(coefficient)
        }
    }

    private mutating func takeFormants(_ frame: Int, _ workshop: Workshop) {
        workshop.found.withUnsafeMutableBufferPointer { workshop.formants.take(workshop.short.complex, into: $0) }
        for (index, formant) in workshop.found.enumerated() {
            voiced[Self.firstFormant + 3 * index][frame] = formant.frequency
            voiced[Self.firstFormant + 3 * index + 1][frame] = formant.bandwidth
        }
    }

    private mutating func takeHarmonics(
        _ samples: UnsafePointer<Float>, _ frame: Int, _ frequency: Float, _ workshop: Workshop
    ) {
        guard frequency > 0 else {
            for index in 0..<Formants.count {
                voiced[Self.firstFormant + 3 * index + 2][frame] = HarmonicPeaks.least
            }
            return
        }
        workshop.long.take(samples)
        workshop.harmonics.take(workshop.long.magnitudes, frequency: frequency)
        voiced[0][frame] = Self.semitones(frequency)
        voiced[3][frame] = workshop.noise.ratio(workshop.long.power, frequency: frequency)
        voiced[4][frame] = workshop.harmonics.firstOverSecond
        voiced[5][frame] = workshop.harmonics.firstOverFormant(workshop.found[2].frequency)
        for (index, formant) in workshop.found.enumerated() {
            voiced[Self.firstFormant + 3 * index + 2][frame] =
                workshop.harmonics.level(nearFormant: formant.frequency) ?? 0
        }
    }

    /// Semitones above 27.5 Hz, at least 1, so that no pitch is 0.
    private static func semitones(_ frequency: Float) -> Float { max(1, 12 * log2(frequency / 27.5)) }
}
