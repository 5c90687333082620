// SPDX-License-Identifier: Apache-2.0

import CSoxr
import Foundation
import SERSupport

/// How carefully a change of sample rate filters: libsoxr's recipes.
public enum ResamplingQuality: String, Codable, Sendable, Hashable, CaseIterable {
    /// Cubic interpolation, not band-limited.
    case quick
    /// 16 bits, wide transition.
    case low
    /// 16 bits.
    case medium
    /// 20 bits; what librosa calls `soxr_hq`, its default.
    case high
    /// 28 bits.
    case veryHigh

    var recipe: UInt {
        switch self {
        case .quick: 0
        case .low: 1
        case .medium: 2
        case .high: 4
        case .veryHigh: 6
        }
    }
}

extension AudioClip {
    /// The clip at another sample rate in Hz, ceil(samples x rate / sampleRate) samples long.
    ///
    /// libsoxr with librosa's conventions (`librosa.resample`, `res_type="soxr_hq"` for ``ResamplingQuality/high``).
    /// - Throws: ``AudioError/invalidRate(path:from:to:)``.
    public func resampled(
        to rate: Double, quality: ResamplingQuality = .high
    ) throws(AudioError) -> AudioClip {
        guard Resampler.accepts(sampleRate), Resampler.accepts(rate),
            Resampler.isReasonable(samples.count, from: sampleRate, to: rate)
        else { throw .invalidRate(path: nil, from: sampleRate, to: rate) }
        if rate == sampleRate || samples.isEmpty { return AudioClip(samples: samples, sampleRate: rate) }
        guard let resampler = Resampler(from: sampleRate, to: rate, quality: quality) else {
            throw .invalidRate(path: nil, from: sampleRate, to: rate)
        }
        samples.withUnsafeBufferPointer { resampler.append($0) }
        return AudioClip(samples: resampler.finish(), sampleRate: rate)
    }
}

/// One stream of samples on its way from one rate to another; blocks go in, and the whole comes out at the end.
final class Resampler {
    /// Samples given to libsoxr at once: keeps its buffers small whatever the length of the stream.
    private static let block = 1 << 15

    private let soxr: soxr_t
    private let ratio: Double
    private var taken = 0
    private var output: [Float] = []
    private var written = 0

    static func accepts(_ rate: Double) -> Bool { rate >= SoundBounds.lowestRate && rate <= SoundBounds.highestRate }

    /// Whether `count` samples become no more than are held at once.
    static func isReasonable(_ count: Int, from: Double, to: Double) -> Bool {
        Double(count) * (to / from) <= Double(SoundBounds.mostFrames)
    }

    /// The length of `count` samples after resampling: librosa's ceil(n x ratio).
    static func length(of count: Int, ratio: Double) -> Int { Int(saturating: Double(count) * ratio, rounding: .up) }

    init?(from: Double, to: Double, quality: ResamplingQuality) {
        var error: soxr_error_t?
        var format = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
        var recipe = soxr_quality_spec(quality.recipe, 0)
        var runtime = soxr_runtime_spec(1)
        guard let soxr = soxr_create(from, to, 1, &error, &format, &recipe, &runtime), error == nil else { return nil }
        self.soxr = soxr
        ratio = to / from
    }

    deinit { soxr_delete(soxr) }

    func reserve(samples: Int) { output.reserveCapacity(Self.length(of: samples, ratio: ratio) + Self.block) }

    func append(_ samples: UnsafeBufferPointer<Float>) {
        guard let base = samples.baseAddress else { return }
        var position = 0
        while position < samples.count {
            let count = min(Self.block, samples.count - position)
            process(base + position, count: count)
            position += count
        }
        taken += samples.count
    }

    /// What has come out so far; ``finish()`` adds what is still on its way.
    var given: [Float] { output }
    /// What has come out since it was last taken, which is not kept any longer.
    func take() -> [Float] {
        let samples = output
        output.removeAll(keepingCapacity: true)
        written += samples.count
        return samples
    }

    /// How many samples have come out so far.
    var count: Int { written + output.count }

    /// Ends the stream: all samples but those taken before, cut or padded with zeros to the length that librosa gives.
    func finish() -> [Float] {
        while process(nil, count: 0) > 0 {}
        let length = max(0, Self.length(of: taken, ratio: ratio) - written)
        if output.count > length { output.removeLast(output.count - length) }
        if output.count < length { output.append(contentsOf: repeatElement(0, count: length - output.count)) }
        return output
    }

    @discardableResult
    private func process(_ input: UnsafePointer<Float>?, count: Int) -> Int {
        let room = Self.length(of: max(count, 1024), ratio: ratio) + 1024
        var consumed = 0
        var total = 0
        repeat {
            var used = 0
            let made = withUnsafeTemporaryAllocation(of: Float.self, capacity: room) { space in
                var done = 0
                let rest = input.map { $0 + consumed }
                guard soxr_process(soxr, rest, count - consumed, &used, space.baseAddress, room, &done) == nil else {
                    return 0
                }
                output.append(contentsOf: space.prefix(done))
                return done
            }
            consumed += used
            total += made
            if used == 0 && made == 0 { break }
        } while consumed < count
        return total
    }
}
