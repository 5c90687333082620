// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// A resonance of the vocal tract.
struct Formant {
    /// In Hz; 0 for none.
    var frequency: Float = 0
    /// In Hz.
    var bandwidth: Float = 0
}

/// Formants of a short frame: the roots of a linear prediction of order 11 of the sound at 11 kHz (Markel and Gray
/// 1976).
///
/// openSMILE's path, with what is peculiar to it: of the 352 samples that the spectrum gives at 11 kHz the first 220
/// are read, with the frequencies below 3.4 kHz alone and the mean counted twice, and the polynomial's roots are those
/// of 1 - a1/z - a2/z^2 ..., a being the coefficients of the prediction error.
final class Formants {
    static let count = 3

    private static let order = 11
    private static let rate = 11_000.0
    private static let length = 352
    private static let read = 220
    private static let highestBin = 109
    private static let range = 50.0...5450

    private let transform: RealTransform
    private let space: RealTransform.Workspace
    private var roots = PolynomialRoots(degree: order)
    // In double precision: without the highest frequencies the equations are all but singular.
    private var correlation = [Double](repeating: 0, count: order + 1)
    private var prediction = [Double](repeating: 0, count: order)
    private var coefficients = [Double](repeating: 0, count: order)
    private var found: [Formant] = []

    init() throws(FeatureError) {
        guard let transform = RealTransform.of(length: Self.length), let space = transform.workspace() else {
            throw .outOfMemory(bytes: 8 * Self.length)
        }
        (self.transform, self.space) = (transform, space)
        found.reserveCapacity(Self.order)
    }

    /// The formants of the frame of a complex spectrum, lowest first, ``count`` of them.
    func take(_ spectrum: UnsafePointer<Float>, into out: UnsafeMutableBufferPointer<Formant>) {
        resample(spectrum)
        correlate()
        predict()
        find()
        for index in 0..<Self.count { out[index] = index < found.count ? found[index] : Formant() }
    }

    private func resample(_ spectrum: UnsafePointer<Float>) {
        let bins = space.bins, used = 2 * (Self.highestBin + 1)
        bins.update(from: spectrum, count: used)
        bins[0] *= 2
        (bins + used).update(repeating: 0, count: 2 * transform.bins - used)
        transform.backward(space)
    }

    private func correlate() {
        for lag in 0...Self.order {
            correlation[lag] = ser_audio_dot(space.samples, space.samples + lag, Int64(Self.read - lag))
        }
    }

    /// The coefficients of the prediction error, by Durbin's recursion.
    private func predict() {
        for index in 0..<Self.order { prediction[index] = 0 }
        var error = correlation[0]
        for order in 0..<Self.order where error != 0 {
            var sum = correlation[order + 1]
            for index in 0..<order { sum += prediction[index] * correlation[order - index] }
            let reflection = -sum / error
            for index in 0..<(order + 1) / 2 {
                let (low, high) = (prediction[index], prediction[order - 1 - index])
                prediction[index] = low + reflection * high
                prediction[order - 1 - index] = high + reflection * low
            }
            prediction[order] = reflection
            error *= 1 - reflection * reflection
        }
    }

    private func find() {
        found.removeAll(keepingCapacity: true)
        guard prediction.contains(where: { $0 != 0 }) else { return }
        for index in 0..<Self.order { coefficients[index] = -prediction[index] }
        roots.solve(coefficients) { real, imaginary in
            guard imaginary >= 0 else { return }
            let frequency = atan2(imaginary, real) * Self.rate / (2 * .pi)
            guard Self.range.contains(frequency) else { return }
            // Roots outside of the unit circle are mirrored into it.
            let bandwidth = abs(log((real * real + imaginary * imaginary).squareRoot())) * Self.rate / .pi
            found.append(Formant(frequency: Float(frequency), bandwidth: Float(bandwidth)))
        }
        found.sort { $0.frequency < $1.frequency }
    }
}
