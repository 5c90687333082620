/// Mono sound: samples in [-1, 1] and their rate in Hz.
public struct AudioClip: Sendable, Equatable {
    /// The samples, full scale 1.
    public var samples: [Float]
    /// Samples a second, in Hz.
    public var sampleRate: Double

    /// A clip of the given samples at a rate in Hz.
    public init(samples: [Float], sampleRate: Double) {
        self.samples = samples
        self.sampleRate = sampleRate
    }

    /// Length in seconds.
    public var duration: Double { sampleRate > 0 ? Double(samples.count) / sampleRate : 0 }
}
