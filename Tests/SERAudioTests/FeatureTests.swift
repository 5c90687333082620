// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import Testing

private let presets: [MFCC] = FeaturePreset.allCases.map { MFCC($0) }

@Suite struct FeatureTests {
    /// librosa warns of "empty filters" where a row of its filterbank holds no weight.
    @Test(arguments: [
        (64, 16_000.0, 512), (128, 22_050, 2048), (300, 16_000, 512), (200, 8000, 256), (40, 44_100, 512),
    ])
    func emptyBandsAreThoseWithoutAWeight(bands: Int, rate: Double, length: Int) throws {
        for scale in [MelFilterbank.Scale.slaney, .htk] {
            let filters = MelFilterbank(bands: bands, scale: scale)
            let weights = try filters.weights(sampleRate: rate, fftLength: length)
            let empty = (0..<bands).count { weights.row($0).allSatisfy { $0 == 0 } }
            #expect(filters.emptyFilters(sampleRate: rate, fftLength: length) == empty)
        }
        let many = LogMel.speech(bands: 300)
        var most = many
        most.filters.bands = many.mostBands
        #expect(many.emptyBands > 0 && most.emptyBands == 0)
        // At a lower rate the bands of speech reach up to half of it, and all hold something.
        for rate in [8000.0, 11_025, 12_000, 16_000, 48_000] {
            let speech = LogMel.speech(sampleRate: rate)
            #expect(speech.filters.highest == min(8000, rate / 2) && speech.emptyBands == 0, "\(rate)")
        }
    }

    @Test func presetsAreAsDocumented() {
        let librosa = MFCC(.librosa, coefficients: 40)
        #expect(librosa.sampleRate == 22_050 && librosa.coefficients == 40 && librosa.logMel.filters.bands == 128)
        #expect(librosa.logMel.stft == STFT(fftLength: 2048, hop: 512, window: .hann, edges: .zero))
        #expect(librosa.frames(forSamples: 66_150) == 130)
        var legacy = librosa
        legacy.logMel.stft.edges = .reflect
        #expect(legacy == MFCC(.librosaLegacy, coefficients: 40))
        let torchaudio = MFCC(.torchaudio)
        #expect(torchaudio.coefficients == 40 && torchaudio.frames(forSamples: 16_000) == 81)
        let kaldi = MFCC(.kaldi)
        #expect(kaldi.coefficients == 13 && kaldi.frames(forSamples: 16_000) == 98 && kaldi.lifter == .kaldi(22))
    }

    @Test(arguments: presets) func settingsSurviveJSON(_ settings: MFCC) throws {
        var settings = settings
        settings.deltas = 2
        settings.logMel.filters.highest = 7000
        settings.logMel.compression = .decibels(Decibels(reference: .maximum, topDB: nil))
        let json = try JSONEncoder().encode(settings)
        #expect(try JSONDecoder().decode(MFCC.self, from: json) == settings)
    }

    @Test(arguments: presets) func framesAreAsAnnounced(_ settings: MFCC) throws {
        var settings = settings
        for deltas in 0...1 {
            settings.deltas = deltas
            for count in [1, 2, 199, 200, 399, 400, 401, 559, 560, 2047, 2048, 2049, 5000] {
                let clip = chirp(count: count, sampleRate: settings.sampleRate)
                let announced = settings.frames(forSamples: count)
                do throws(FeatureError) {
                    let features = try settings.extract(clip)
                    #expect(features.frames == announced && features.coefficients == settings.coefficients)
                    let isFinite = features.values.allSatisfy { $0.isFinite }
                    #expect(isFinite)
                } catch {
                    #expect(announced == 0, "\(count) samples: \(error)")
                    switch error {
                    case .tooShort, .tooFewFrames: break
                    default: Issue.record("\(count) samples: \(error)")
                    }
                }
            }
        }
    }

    @Test(arguments: presets) func silenceGivesTheFloor(_ settings: MFCC) throws {
        let silence = AudioClip(samples: [Float](repeating: 0, count: 8000), sampleRate: settings.sampleRate)
        let features = try settings.extract(silence)
        let floor = settings.lifter == .none ? -100.0 : log(Double(Float.ulpOfOne))
        let first = Float(floor * Double(settings.logMel.filters.bands).squareRoot())
        #expect(abs(features[0, 0] - first) <= 1e-5 * abs(first))
        #expect(features.row(1).dropFirst().allSatisfy { abs($0) < 1e-3 })
    }

    @Test func otherRatesAreResampled() throws {
        let clip = chirp(count: 20_000, sampleRate: 16_000)
        let settings = MFCC(.librosa, coefficients: 13)
        #expect(try settings.extract(clip) == settings.extract(clip.resampled(to: 22_050)))
    }

    @Test func senselessSettingsAreTold() {
        let clip = chirp(count: 4000)
        func fails(_ change: (inout MFCC) -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
            var settings = MFCC(.librosa, coefficients: 13)
            change(&settings)
            #expect(throws: FeatureError.self, sourceLocation: sourceLocation) { try settings.validate() }
            #expect(throws: FeatureError.self, sourceLocation: sourceLocation) { try settings.extract(clip) }
        }
        fails { $0.cepstra = 0 }
        fails { $0.cepstra = 129 }
        fails { $0.sampleRate = 0 }
        fails { $0.sampleRate = .nan }
        fails { $0.sampleRate = 1e300 }
        fails { $0.logMel.stft.hop = 0 }
        fails { $0.logMel.stft.hop = -1 }
        fails { $0.logMel.stft.fftLength = 1 }
        fails { $0.logMel.stft.fftLength = .max }
        fails { $0.logMel.stft.windowLength = 4096 }
        fails { $0.logMel.stft.windowLength = 0 }
        fails { $0.logMel.stft.scale = .nan }
        fails { $0.logMel.stft.preemphasis = -1 }
        fails { $0.logMel.filters.bands = 0 }
        fails { $0.logMel.filters.bands = .max }
        fails { $0.logMel.filters.lowest = -1 }
        fails { $0.logMel.filters.lowest = 12_000 }
        fails { $0.logMel.filters.highest = .infinity }
        fails { $0.logMel.compression = .decibels(Decibels(least: 0)) }
        fails { $0.logMel.compression = .decibels(Decibels(topDB: -1)) }
        fails { $0.logMel.compression = .natural(least: .nan) }
        fails { $0.lifter = .librosa(0) }
        fails { $0.lifter = .kaldi(.nan) }
        fails { $0.deltas = -1 }
        fails {
            $0.deltas = 1; $0.deltaWidth = 4
        }
        fails {
            $0.deltas = 3; $0.deltaWidth = 3
        }
    }

    @Test func unusableClipsAreTold() {
        let settings = MFCC()
        #expect(throws: FeatureError.emptyClip) { try settings.extract(AudioClip(samples: [], sampleRate: 22_050)) }
        for bad in [Float.nan, .infinity] {
            var clip = chirp(count: 4000, sampleRate: 22_050)
            clip.samples[2205] = bad
            #expect(throws: FeatureError.notFinite(seconds: 0.1)) { try settings.extract(clip) }
        }
        for rate in [0, -8000, .nan, .infinity] {
            #expect(throws: FeatureError.self) { try settings.extract(AudioClip(samples: [0, 1], sampleRate: rate)) }
        }
    }

    @Test func deltasAreFurtherColumns() throws {
        let clip = chirp(count: 20_000, sampleRate: 22_050)
        var settings = MFCC(.librosa, coefficients: 5)
        let plain = try settings.extract(clip)
        settings.deltas = 2
        let all = try settings.extract(clip)
        #expect(all.coefficients == 15)
        #expect(all == (try plain.joined(with: plain.delta(order: 1), plain.delta(order: 2))))
        #expect(throws: FeatureError.tooFewFrames(frames: 3, width: 9)) {
            try FeatureMatrix(frames: 3, coefficients: 1, values: [1, 2, 3]).delta()
        }
    }

    @Test func deltaOfALineIsItsSlope() throws {
        let line = FeatureMatrix(frames: 20, coefficients: 1, values: (0..<20).map { 3 * Float($0) - 7 })
        for width in [3, 5, 9, 19] {
            #expect(try line.delta(width: width).values.allSatisfy { abs($0 - 3) < 1e-5 })
        }
    }

    /// Parseval: the power spectrum holds the energy of the windowed frame, whatever the length of the transform.
    @Test(arguments: [2, 3, 4, 6, 7, 10, 16, 30, 31, 32, 34, 62, 64, 66, 94, 97, 100, 128, 402, 1000, 2048, 4098])
    func spectraHoldTheEnergy(_ length: Int) throws {
        let clip = AudioClip(samples: (0..<length).map { Float(($0 * 7919 + 13) % 101) / 101 - 0.4 }, sampleRate: 8000)
        let stft = STFT(fftLength: length, hop: length, window: .rectangular, edges: .none)
        let power = try stft.power(of: clip)
        #expect(power.frames == 1 && power.coefficients == length / 2 + 1)
        let energy = clip.samples.reduce(0.0) { $0 + Double($1) * Double($1) }
        let doubled = power.values.enumerated().reduce(0.0) { sum, item in
            sum + Double(item.element) * (item.offset == 0 || 2 * item.offset == length ? 1 : 2)
        }
        #expect(abs(doubled / Double(length) - energy) <= 1e-5 * energy)
        let spectrum = try stft.spectrum(of: clip)
        for bin in 0..<stft.bins {
            let (real, imaginary) = spectrum[0, bin]
            let error = Double(abs(real * real + imaginary * imaginary - power[0, bin]))
            #expect(error <= 1e-5 * Double(power[0, bin]) + 1e-6 * energy)
        }
        let angle = 2 * Double.pi / Double(length)
        let expected = clip.samples.enumerated().reduce((0.0, 0.0)) { sum, item in
            let (s, c) = (sin(angle * Double(item.offset)), cos(angle * Double(item.offset)))
            return (sum.0 + Double(item.element) * c, sum.1 - Double(item.element) * s)
        }
        #expect(abs(Double(spectrum[0, 1].real) - expected.0) < 2e-4)
        #expect(abs(Double(spectrum[0, 1].imaginary) - expected.1) < 2e-4)
    }
}

/// Thread count and order must not change a bit.
@Suite(.serialized) struct BatchTests {
    @Test func threadsDoNotChangeALongClip() throws {
        let threads = Parallelism.threads
        defer { Parallelism.threads = threads }
        let clip = chirp(count: 1_000_000, sampleRate: 22_050)
        Parallelism.threads = 1
        let one = try MFCC(.librosa, coefficients: 40).extract(clip)
        for count in [2, 4] {
            Parallelism.threads = count
            #expect(try MFCC(.librosa, coefficients: 40).extract(clip) == one)
        }
    }

    @Test func manyFilesInOrderWithFailures() throws {
        try withTemporaryFolder { folder in
            var files: [URL] = []
            for index in 0..<40 {
                let file = folder.appendingPathComponent("\(index).wav")
                if index % 10 == 3 {
                    try Data("not sound".utf8).write(to: file)
                } else if index != 7 {
                    try AudioFile.write(chirp(count: 3000 + 531 * index, sampleRate: 16_000), to: file)
                }
                files.append(file)
            }
            let settings = MFCC(.torchaudio, coefficients: 13)
            let one = try settings.extractAll(files, threads: 1)
            #expect(one.failures.map(\.index) == [3, 7, 13, 23, 33] && !one.wasCancelled)
            #expect(one.failures.allSatisfy { one.features[$0.index] == nil && $0.file == files[$0.index] })
            #expect(one.failures[1].error == .audio(.missing(path: files[7].path)))
            #expect(one.features[12] == (try settings.extract(from: files[12])))
            for threads in [2, 4] {
                let many = try settings.extractAll(files, threads: threads)
                #expect(many.features == one.features && many.failures == one.failures)
            }
            let reversed = try settings.extractAll(files.reversed(), threads: 2)
            #expect(reversed.features == one.features.reversed())
            let fixed = try settings.extractAll(files, duration: 0.5)
            #expect(fixed.features.compactMap { $0?.frames } == [Int](repeating: 41, count: 35))
            for index in [0, 39] {  // one padded, one cut
                let clip = try AudioFile.read(at: files[index]).fitted(to: 0.5)
                #expect(clip.samples.count == 8000)
                #expect(fixed.features[index] == (try settings.extract(clip)))
            }
        }
    }

    @Test func progressAndCancellation() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            try AudioFile.write(chirp(count: 3000), to: file)
            let seen = Counter()
            let batch = try MFCC().extractAll(
                [URL](repeating: file, count: 50), threads: 2,
                progress: { done, total, rate in seen.note(done: done, total: total, rate: rate) },
                stop: StopSignal(asking: { seen.done >= 10 }))
            #expect(batch.wasCancelled && batch.failures.isEmpty)
            #expect((10...12).contains(batch.features.compactMap { $0 }.count))
            #expect(seen.isInOrder && seen.total == 50)
            let none = try MFCC().extractAll([])
            #expect(none.features.isEmpty && !none.wasCancelled)
            #expect(throws: FeatureError.self) { try MFCC().extractAll([file], duration: 0) }
            #expect(throws: FeatureError.self) { try MFCC().extractAll([file], duration: 1e300) }
            #expect(throws: FeatureError.self) { try MFCC().extractAll([file], duration: .nan) }
        }
    }
}

private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var last = 0
    private(set) var isInOrder = true
    private(set) var total = 0

    var done: Int {
        lock.lock()
        defer { lock.unlock() }
        return last
    }

    func note(done: Int, total: Int, rate: Double) {
        lock.lock()
        defer { lock.unlock() }
        isInOrder = isInOrder && done == last + 1 && rate > 0
        last = done
        self.total = total
    }
}
