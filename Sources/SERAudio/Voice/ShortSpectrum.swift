// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// The spectrum of a short frame: 512 points under a symmetric Hamming window, 257 bins 31.25 Hz apart.
final class ShortSpectrum {
    static let length = 512
    static let bins = length / 2 + 1
    /// Hz from one bin to the next.
    static let spacing = VoiceFrames.rate / Double(length)
    /// Where the frame lies among the points: in the middle. Formants depend on it.
    static let offset = (length - VoiceFrames.short) / 2

    private static let window: [Float] = Window.hamming.values(VoiceFrames.short, periodic: false).map {
        $0 * VoiceFrames.gain
    }

    /// Interleaved complex values.
    let complex: UnsafeMutablePointer<Float>
    /// Squared magnitudes, followed by zeros for kernels that read whole blocks.
    var power: UnsafeMutablePointer<Float> { workspace.power }

    private let transform: FourierTransform
    private let workspace: FourierWorkspace

    init() throws(FeatureError) {
        transform = try FourierTransform.of(length: Self.length)
        guard let workspace = FourierWorkspace(length: Self.length) else {
            throw .outOfMemory(bytes: FourierWorkspace.bytes(length: Self.length))
        }
        self.workspace = workspace
        complex = .allocate(capacity: 2 * Self.bins)
        complex.initialize(repeating: 0, count: 2 * Self.bins)
    }

    deinit { complex.deallocate() }

    /// The spectrum of the frame that begins at `samples`.
    func take(_ samples: UnsafePointer<Float>) {
        ser_audio_window(workspace.input + Self.offset, samples, Self.window, Int64(VoiceFrames.short))
        transform.spectrum(workspace, into: complex)
        ser_audio_power(workspace.power, complex, Int64(Self.bins))
    }
}
