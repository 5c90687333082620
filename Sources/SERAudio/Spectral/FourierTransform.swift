// SPDX-License-Identifier: Apache-2.0

import CFFTW
import CSERKernels
import Foundation
import SERSupport

/// The transform of real frames of one length, planned once; execution is safe from any number of threads.
///
/// An even length goes through a complex transform of half of it, which FFTW does three times as fast as the real one
/// with the plans that it makes without measuring, and which can be untangled and squared in one pass.
final class FourierTransform: @unchecked Sendable {
    let length: Int
    var bins: Int { length / 2 + 1 }

    private let plan: fftwf_plan
    private let isPacked: Bool
    private let cosines: [Float]
    private let sines: [Float]

    /// FFTW's planner keeps tables of its own and must not be entered twice.
    static let planner = NSLock()
    private static let cache = Cache<Int, FourierTransform>()

    /// The transform of a length, from 2 on.
    static func of(length: Int) throws(FeatureError) -> FourierTransform {
        if let known = cache[length] { return known }
        guard length >= 2, length <= STFT.longest, let made = FourierTransform(length: length) else {
            throw .invalidSetting("fftLength \(length): must be from 2 to \(STFT.longest)")
        }
        cache[length] = made
        return made
    }

    private init?(length: Int) {
        self.length = length
        isPacked = length % 2 == 0
        let half = length / 2
        let turns = isPacked ? 0...(half / 2) : 0...0
        cosines = turns.map { Float(cos(.pi * Double($0) / Double(half))) }
        sines = turns.map { Float(sin(.pi * Double($0) / Double(half))) }
        guard let workspace = FourierWorkspace(length: length) else { return nil }
        Self.planner.lock()
        defer { Self.planner.unlock() }
        let flags = UInt32(FFTW_ESTIMATE)
        let made =
            isPacked
            ? fftwf_plan_dft_1d(Int32(half), workspace.pairs, workspace.transformed, FFTW_FORWARD, flags)
            : fftwf_plan_dft_r2c_1d(Int32(length), workspace.input, workspace.transformed, flags)
        guard let made else { return nil }
        plan = made
    }

    deinit {
        Self.planner.lock()
        fftwf_destroy_plan(plan)
        Self.planner.unlock()
    }

    /// From the workspace's input to its power spectrum.
    func power(_ workspace: FourierWorkspace) {
        execute(workspace)
        if isPacked {
            ser_audio_packed_power(workspace.power, workspace.raw, cosines, sines, Int64(length / 2))
        } else {
            ser_audio_power(workspace.power, workspace.raw, Int64(bins))
        }
    }

    /// From the workspace's input to interleaved complex values, `bins` of them.
    func spectrum(_ workspace: FourierWorkspace, into out: UnsafeMutablePointer<Float>) {
        execute(workspace)
        if isPacked {
            ser_audio_packed_spectrum(out, workspace.raw, cosines, sines, Int64(length / 2))
        } else {
            out.update(from: workspace.raw, count: 2 * bins)
        }
    }

    private func execute(_ workspace: FourierWorkspace) {
        if isPacked {
            fftwf_execute_dft(plan, workspace.pairs, workspace.transformed)
        } else {
            fftwf_execute_dft_r2c(plan, workspace.input, workspace.transformed)
        }
    }
}

/// The buffers that a thread needs for transforms of one length: aligned, so that all plans fit.
final class FourierWorkspace {
    let input: UnsafeMutablePointer<Float>
    let spare: UnsafeMutablePointer<Float>
    let raw: UnsafeMutablePointer<Float>
    /// The power spectrum, followed by zeros for kernels that read whole blocks.
    let power: UnsafeMutablePointer<Float>
    var pairs: UnsafeMutablePointer<fftwf_complex> { Self.pairs(input) }
    var transformed: UnsafeMutablePointer<fftwf_complex> { Self.pairs(raw) }

    private let block: UnsafeMutableRawPointer
    private let bytes: Int

    /// Floats of one of the four buffers. Each starts 64-byte aligned; two spare lines keep equal offsets of the
    /// buffers off one cache set.
    private static func stride(length: Int) -> Int { (length + 4 + 2 * Int(SER_AUDIO_LANES) + 15) / 16 * 16 + 32 }

    /// Bytes of a workspace.
    static func bytes(length: Int) -> Int { 4 * stride(length: length) * MemoryLayout<Float>.size }

    init?(length: Int) {
        let stride = Self.stride(length: length)
        bytes = Self.bytes(length: length)
        guard let block = ser_allocate(bytes) else { return nil }
        self.block = block
        let base = block.bindMemory(to: Float.self, capacity: 4 * stride)
        base.update(repeating: 0, count: 4 * stride)
        (input, spare, raw, power) = (base, base + stride, base + 2 * stride, base + 3 * stride)
    }

    deinit { ser_free(block, bytes) }

    private static func pairs(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<fftwf_complex> {
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: fftwf_complex.self)
    }
}
