// SPDX-License-Identifier: Apache-2.0

/// A sound at ``SoundFingerprint/rate``, to be laid over another.
struct ComparedSound: Sendable {
    /// How far a lag may be off, in samples: 3 ms.
    static let tolerance = 24
    private let samples: [Float]
    /// Energy of the samples before each position.
    private let energy: [Double]

    init(_ samples: [Float]) {
        self.samples = SoundFingerprint.centred(samples)
        var energy = [0.0]
        energy.reserveCapacity(samples.count + 1)
        for sample in self.samples { energy.append(energy[energy.count - 1] + Double(sample) * Double(sample)) }
        self.energy = energy
    }

    /// The highest correlation of both sounds where they overlap, at most 1, for lags near the given one: this sound's
    /// position minus the other's. Overlaps shorter than four fifths of the shorter sound do not count.
    func correlation(with other: ComparedSound, near lag: Int) -> Double {
        var best = 0.0
        for lag in (lag - Self.tolerance)...(lag + Self.tolerance) {
            let start = max(0, lag), end = min(samples.count, other.samples.count + lag)
            guard end - start > 0, 5 * (end - start) >= 4 * min(samples.count, other.samples.count) else { continue }
            let own = energy[end] - energy[start]
            let others = other.energy[end - lag] - other.energy[start - lag]
            // An overlap in which one of them is all but silent shows nothing.
            guard own > 0.1 * energy[samples.count], others > 0.1 * other.energy[other.samples.count] else { continue }
            let product = Self.product(samples, from: start, other.samples, from: start - lag, count: end - start)
            best = max(best, product / (own * others).squareRoot())
        }
        return best
    }

    private static func product(_ a: [Float], from: Int, _ b: [Float], from other: Int, count: Int) -> Double {
        a.withUnsafeBytes { a in
            b.withUnsafeBytes { b in
                let size = MemoryLayout<Float>.size
                let a = UnsafeRawBufferPointer(rebasing: a[(from * size)...])
                let b = UnsafeRawBufferPointer(rebasing: b[(other * size)...])
                var total = 0.0
                var place = 0
                // Blocks, so that the sums in single precision stay short.
                while place + 1024 <= count {
                    var sums = (SIMD16<Float>(repeating: 0), SIMD16<Float>(repeating: 0))
                    for at in Swift.stride(from: place, to: place + 1024, by: 32) {
                        sums.0 +=
                            a.loadUnaligned(fromByteOffset: at * size, as: SIMD16<Float>.self)
                            * b.loadUnaligned(fromByteOffset: at * size, as: SIMD16<Float>.self)
                        sums.1 +=
                            a.loadUnaligned(fromByteOffset: (at + 16) * size, as: SIMD16<Float>.self)
                            * b.loadUnaligned(fromByteOffset: (at + 16) * size, as: SIMD16<Float>.self)
                    }
                    total += Double((sums.0 + sums.1).sum())
                    place += 1024
                }
                while place < count {
                    total += Double(
                        a.loadUnaligned(fromByteOffset: place * size, as: Float.self)
                            * b.loadUnaligned(fromByteOffset: place * size, as: Float.self))
                    place += 1
                }
                return total
            }
        }
    }
}
