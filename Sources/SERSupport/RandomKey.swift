// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// A seed that can be split: every random decision of the library comes from a key, and keys are derived from keys by
/// name or number, never from the order in which things happen or the number of threads.
///
/// The generator is Threefry-2x32 with 20 rounds (Salmon et al., SC 2011).
public struct RandomKey: Sendable, Hashable, Codable {
    /// The 64 bits of the key.
    public let bits: UInt64

    /// A key from a seed.
    public init(seed: UInt64) { bits = ser_threefry(seed, 0x5345_5221) }

    /// The key with these very bits, as saved from ``bits``.
    public init(bits: UInt64) { self.bits = bits }

    /// The key derived from this one and a number; different numbers give unrelated keys.
    public func derived(_ number: Int) -> RandomKey {
        RandomKey(bits: ser_threefry(bits, UInt64(bitPattern: Int64(number))))
    }

    /// The key derived from this one and a name; different names give unrelated keys.
    public func derived(_ name: String) -> RandomKey {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a, 64 bits
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return RandomKey(bits: ser_threefry(ser_threefry(bits, hash), 0x6e61_6d65))
    }

    /// The stream of words that this key decides.
    public var generator: RandomKeyGenerator { RandomKeyGenerator(key: self) }
}

/// A stream of random words from a ``RandomKey``: the same words on every machine and in every version.
///
/// It serves Swift's own `shuffled(using:)`, `random(in:using:)` and the like too. What those make of the words may change
/// with the version of Swift, so that the library itself uses none of them.
public struct RandomKeyGenerator: RandomNumberGenerator, Sendable {
    let key: RandomKey
    var counter: UInt64 = 0

    init(key: RandomKey) { self.key = key }

    /// The next word.
    public mutating func next() -> UInt64 {
        defer { counter += 1 }
        return ser_threefry(key.bits, counter)
    }
}
