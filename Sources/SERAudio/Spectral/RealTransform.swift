// SPDX-License-Identifier: Apache-2.0

import CFFTW
import Foundation
import SERSupport

/// The transform of real samples and back, planned once for a length; execution is safe from any number of threads.
final class RealTransform: @unchecked Sendable {
    let length: Int
    var bins: Int { length / 2 + 1 }

    private let forwardPlan, backwardPlan: fftwf_plan
    private static let cache = Cache<Int, RealTransform>()

    /// Buffers for one transform at a time: aligned, so that all plans fit.
    final class Workspace {
        /// `length` samples.
        let samples: UnsafeMutablePointer<Float>
        /// `bins` interleaved complex values.
        let bins: UnsafeMutablePointer<Float>

        fileprivate var complex: UnsafeMutablePointer<fftwf_complex> {
            UnsafeMutableRawPointer(bins).assumingMemoryBound(to: fftwf_complex.self)
        }

        fileprivate init?(length: Int) {
            guard let samples = fftwf_alloc_real(length) else { return nil }
            guard let bins = fftwf_alloc_real(2 * (length / 2 + 1)) else {
                fftwf_free(samples)
                return nil
            }
            (self.samples, self.bins) = (samples, bins)
            samples.update(repeating: 0, count: length)
            bins.update(repeating: 0, count: 2 * (length / 2 + 1))
        }

        deinit {
            fftwf_free(samples)
            fftwf_free(bins)
        }
    }

    /// The transform of a length from 2 on; nil where memory does not suffice.
    static func of(length: Int) -> RealTransform? {
        if let known = cache[length] { return known }
        let made = RealTransform(length: length)
        cache[length] = made
        return made
    }

    private init?(length: Int) {
        self.length = length
        guard let space = Workspace(length: length) else { return nil }
        FourierTransform.planner.lock()
        defer { FourierTransform.planner.unlock() }
        let flags = UInt32(FFTW_ESTIMATE)
        guard let forward = fftwf_plan_dft_r2c_1d(Int32(length), space.samples, space.complex, flags) else {
            return nil
        }
        guard let backward = fftwf_plan_dft_c2r_1d(Int32(length), space.complex, space.samples, flags) else {
            fftwf_destroy_plan(forward)
            return nil
        }
        (forwardPlan, backwardPlan) = (forward, backward)
    }

    deinit {
        FourierTransform.planner.lock()
        fftwf_destroy_plan(forwardPlan)
        fftwf_destroy_plan(backwardPlan)
        FourierTransform.planner.unlock()
    }

    func workspace() -> Workspace? { Workspace(length: length) }

    /// From samples to bins.
    func forward(_ space: Workspace) { fftwf_execute_dft_r2c(forwardPlan, space.samples, space.complex) }

    /// From bins, which are lost, to samples times `length`.
    func backward(_ space: Workspace) { fftwf_execute_dft_c2r(backwardPlan, space.complex, space.samples) }
}

func powerOfTwo(atLeast count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
}
