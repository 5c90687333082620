// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Against librosa, SciPy, kaldi_native_fbank and torchaudio's formulas. With SER_DATA naming a folder that holds tess/
/// and emodb/, on their files too.
@Suite struct PeerTests {
    /// Runs all cases of a feature and makes sure that there are some for at least `settings` settings.
    private func each(
        _ feature: String, settings: Int = 8, _ body: (AudioReference, ReferenceCase) throws -> Void
    ) throws {
        for reference in try AudioReference.all() {
            let cases = reference.cases.filter { $0.feature == feature }
            if reference.cases.contains(where: { $0.input == nil }) || cases.contains(where: { $0.input != nil }) {
                #expect(Set(cases.map(\.settings.names)).count >= settings)
            }
            for item in cases { try body(reference, item) }
        }
    }

    @Test func windows() throws {
        try each("window") { reference, item in
            let name = try #require(item.settings.text("window"))
            let count = try #require(item.settings.int("count"))
            let periodic = item.settings.flag("periodic") ?? true
            let values = try window(name).values(count, periodic: periodic)
            let result = FeatureMatrix(frames: count, coefficients: 1, values: values)
            reference.compare(result, with: item, absolute: 1e-7, relative: 1e-6)
        }
    }

    @Test func magnitudes() throws {
        try each("magnitude") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            let result = try stft(item.settings).magnitude(of: clip)
            reference.compare(result, with: item, absolute: 1e-8, ofLargest: 3e-6)
        }
    }

    @Test func complexSpectra() throws {
        try each("spectrum", settings: 2) { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            let result = try stft(item.settings).spectrum(of: clip)
            let flat = FeatureMatrix(frames: result.frames, coefficients: 2 * result.bins, values: result.values)
            reference.compare(flat, with: item, absolute: 1e-8, ofLargest: 1e-6)
            #expect(result[3, 5].imaginary == flat[3, 11])
        }
    }

    @Test func melFilters() throws {
        try each("mel") { reference, item in
            let rate = item.settings.number("sr") ?? 22_050
            let result = try filters(item.settings).weights(
                sampleRate: rate, fftLength: item.settings.int("n_fft") ?? 2048)
            reference.compare(result, with: item, absolute: 1e-9, relative: 1e-5)
        }
    }

    @Test func melSpectrograms() throws {
        try each("melspectrogram") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            let settings = try logMel(item.settings, rate: clip.sampleRate, compression: .none)
            reference.compare(try settings.extract(clip), with: item, absolute: 1e-10, ofLargest: 1e-7)
        }
    }

    @Test func decibels() throws {
        try each("power_to_db") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            var mel = LogMel(.librosa, bands: 40, sampleRate: clip.sampleRate)
            mel.compression = .none
            let decibels = self.decibels(item.settings)
            reference.compare(try decibels(mel.extract(clip)), with: item)
            mel.compression = .decibels(decibels)
            reference.compare(try mel.extract(clip), with: item)
        }
    }

    @Test func cosineTransforms() throws {
        try each("dct") { reference, item in
            let all = reference.expected(item)
            let inner = item.shape[1]
            let input = FeatureMatrix(frames: 7, coefficients: inner, values: Array(all.prefix(7 * inner)))
            let result = DCT.orthonormal(input, coefficients: inner)
            let both = FeatureMatrix(frames: 14, coefficients: inner, values: input.values + result.values)
            reference.compare(both, with: item, absolute: 1e-5, relative: 1e-5)
            if inner > 1 {
                let part = DCT.orthonormal(input, coefficients: inner - 1)
                #expect(part.row(3) == result.row(3).dropLast())
            }
        }
    }

    @Test func mfccs() throws {
        try each("mfcc") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            reference.compare(try mfcc(item.settings, rate: clip.sampleRate).extract(clip), with: item)
        }
    }

    @Test func deltas() throws {
        try each("delta") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            let matrix = try MFCC(.librosa, coefficients: 13, sampleRate: clip.sampleRate).extract(clip)
            let modes: [String: DeltaMode] = [
                "nearest": .nearest, "mirror": .mirror, "constant": .constant, "wrap": .wrap,
            ]
            let result = try matrix.delta(
                order: item.settings.int("order") ?? 1, width: item.settings.int("width") ?? 9,
                mode: item.settings.text("mode").flatMap { modes[$0] } ?? .interpolate)
            reference.compare(result, with: item)
        }
    }

    @Test func energies() throws {
        try each("rms") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            let s = item.settings
            let edges: FrameEdges =
                s.flag("center") == false ? .none : s.text("pad_mode") == "reflect" ? .reflect : .zero
            let rms = RMSEnergy(
                sampleRate: clip.sampleRate, frameLength: s.int("frame_length") ?? 2048,
                hop: s.int("hop_length") ?? 512, edges: edges)
            reference.compare(try rms.extract(clip), with: item, absolute: 1e-9, relative: 1e-5)
        }
    }

    @Test func zeroCrossings() throws {
        try each("zero_crossing_rate") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            let s = item.settings
            let rate = ZeroCrossingRate(
                sampleRate: clip.sampleRate, frameLength: s.int("frame_length") ?? 2048,
                hop: s.int("hop_length") ?? 512, edges: s.flag("center") == false ? .none : .nearest)
            reference.compare(try rate.extract(clip), with: item, absolute: 1e-7, relative: 0)
        }
    }

    @Test func resampling() throws {
        let qualities: [String: ResamplingQuality] = [
            "soxr_qq": .quick, "soxr_lq": .low, "soxr_mq": .medium, "soxr_hq": .high, "soxr_vhq": .veryHigh,
        ]
        try each("resample") { reference, item in
            var clip = try AudioFile.read(at: reference.url(item.input))
            clip.sampleRate = try #require(item.settings.number("orig_sr"))
            let quality = try #require(item.settings.text("res_type").flatMap { qualities[$0] })
            let result = try clip.resampled(
                to: try #require(item.settings.number("target_sr")), quality: quality)
            let matrix = FeatureMatrix(frames: result.samples.count, coefficients: 1, values: result.samples)
            reference.compare(matrix, with: item, absolute: 2e-6, relative: 1e-5)
        }
    }

    @Test func statisticsOverTime() throws {
        try each("statistics", settings: 1) { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input))
            let matrix = try MFCC(.librosa, coefficients: 13, sampleRate: clip.sampleRate).extract(clip)
            let percentiles = [0, 5, 25, 50, 90, 100].map { TimeStatistic.percentile($0) }
            let result = try matrix.statistics([.mean, .standardDeviation, .minimum, .maximum] + percentiles)
            reference.compare(result, with: item)
        }
    }

    @Test func kaldi() throws {
        try each("kaldi") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input), sampleRate: 16_000)
            reference.compare(try kaldi(item.settings).extract(clip), with: item)
        }
    }

    @Test func torchaudio() throws {
        try each("torchaudio") { reference, item in
            let clip = try AudioFile.read(at: reference.url(item.input), sampleRate: 16_000)
            reference.compare(try torchaudio(item.settings).extract(clip), with: item)
        }
    }

    @Test(.enabled(if: AudioReference.data != nil, "SER_DATA names no folder of real speech"))
    func loadingAsLibrosaDoes() throws {
        let reference = try #require(try AudioReference.all().last)
        for item in reference.cases where item.feature == "load" {
            let clip = try AudioFile.read(at: reference.url(item.input), sampleRate: 22_050)
            let matrix = FeatureMatrix(frames: clip.samples.count, coefficients: 1, values: clip.samples)
            reference.compare(matrix, with: item, absolute: 2e-6, relative: 1e-5)
        }
        for item in reference.cases where item.feature == "load_mfcc" {
            reference.compare(try MFCC(coefficients: 40).extract(from: reference.url(item.input)), with: item)
        }
    }
}

// MARK: - The peers' names in the library's words

private func window(_ name: String) throws -> Window {
    try #require(name == "boxcar" ? .rectangular : Window(rawValue: name))
}

private func stft(_ s: ReferenceSettings) throws -> STFT {
    let pads: [String: FrameEdges] = ["reflect": .reflect, "edge": .nearest]
    let edges: FrameEdges = s.flag("center") == false ? .none : s.text("pad_mode").flatMap { pads[$0] } ?? .zero
    return STFT(
        fftLength: s.int("n_fft") ?? 2048, windowLength: s.int("win_length"), hop: s.int("hop_length") ?? 512,
        window: try s.text("window").map { try window($0) } ?? .hann, edges: edges)
}

private func filters(_ s: ReferenceSettings) -> MelFilterbank {
    MelFilterbank(
        bands: s.int("n_mels") ?? 128, scale: s.flag("htk") == true ? .htk : .slaney,
        normalization: s.isNull("norm") || s.isNull("mel_norm") ? .none : .area,
        lowest: s.number("fmin") ?? 0, highest: s.number("fmax"))
}

private func logMel(_ s: ReferenceSettings, rate: Double, compression: LogMel.Compression) throws -> LogMel {
    var result = LogMel(.librosa, sampleRate: rate)
    result.stft = try stft(s)
    result.filters = filters(s)
    result.quantity = s.int("power") == 1 ? .magnitude : .power
    result.compression = compression
    return result
}

extension PeerTests {
    private func decibels(_ s: ReferenceSettings) -> Decibels {
        Decibels(
            reference: s.text("ref") == "max" ? .maximum : .power(s.number("ref") ?? 1),
            least: s.number("amin") ?? 1e-10, topDB: s.isNull("top_db") ? nil : s.number("top_db") ?? 80)
    }

    private func mfcc(_ s: ReferenceSettings, rate: Double) throws -> MFCC {
        var result = MFCC(.librosa, coefficients: s.int("n_mfcc"))
        result.logMel = try logMel(s, rate: rate, compression: .decibels(Decibels()))
        if let lifter = s.number("lifter") { result.lifter = .librosa(lifter) }
        let isLegacy = s.text("pad_mode") == "reflect"
        if s.names == "n_mfcc=40.0" || (isLegacy && s.names == "n_mfcc=40.0,pad_mode=reflect") {
            #expect(result == MFCC(isLegacy ? .librosaLegacy : .librosa, coefficients: 40, sampleRate: rate))
        }
        return result
    }

    private func kaldi(_ s: ReferenceSettings) throws -> MFCC {
        var result = MFCC(.kaldi, coefficients: s.int("num_ceps"))
        let names: [String: Window] = [
            "povey": .povey, "hamming": .hamming, "hanning": .hann, "rectangular": .rectangular, "blackman": .blackman,
        ]
        if let name = s.text("window_type") { result.logMel.stft.window = try #require(names[name]) }
        if let length = s.number("frame_length_ms") { result.logMel.stft.windowLength = Int(length * 16) }
        if let hop = s.number("frame_shift_ms") { result.logMel.stft.hop = Int(hop * 16) }
        if let value = s.number("preemph_coeff") { result.logMel.stft.preemphasis = Float(value) }
        if let flag = s.flag("remove_dc_offset") { result.logMel.stft.removesMean = flag }
        if let bands = s.int("num_bins") { result.logMel.filters.bands = bands }
        if let lowest = s.number("low_freq") { result.logMel.filters.lowest = lowest }
        if let highest = s.number("high_freq") { result.logMel.filters.highest = highest }
        if let lifter = s.number("cepstral_lifter") { result.lifter = lifter == 0 ? .none : .kaldi(lifter) }
        return result
    }

    private func torchaudio(_ s: ReferenceSettings) throws -> MFCC {
        var result = MFCC(.torchaudio, coefficients: s.int("n_mfcc"))
        if let length = s.int("n_fft") { result.logMel.stft.fftLength = length }
        result.logMel.stft.windowLength = s.int("win_length")
        if let hop = s.int("hop_length") { result.logMel.stft.hop = hop }
        if let bands = s.int("n_mels") { result.logMel.filters.bands = bands }
        result.logMel.filters.lowest = s.number("f_min") ?? 0
        result.logMel.filters.highest = s.number("f_max")
        if s.text("norm") == "slaney" { result.logMel.filters.normalization = .area }
        if s.text("mel_scale") == "slaney" { result.logMel.filters.scale = .slaney }
        return result
    }
}
