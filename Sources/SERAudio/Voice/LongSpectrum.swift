// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// The spectrum of a long frame: 1024 points under a Gaussian window whose standard deviation is 0.4 of half its
/// length, 513 bins 15.625 Hz apart.
final class LongSpectrum {
    static let length = 1024
    static let bins = length / 2 + 1
    /// Hz from one bin to the next.
    static let spacing = VoiceFrames.rate / Double(length)

    private static let window: [Float] = (0..<VoiceFrames.long).map {
        let half = Double(VoiceFrames.long - 1) / 2
        let distance = (Double($0) - half) / (0.4 * half)
        return Float(exp(-0.5 * distance * distance)) * VoiceFrames.gain
    }

    /// Squared magnitudes.
    var power: UnsafeMutablePointer<Float> { workspace.power }
    let magnitudes: UnsafeMutablePointer<Float>

    private let transform: FourierTransform
    private let workspace: FourierWorkspace

    init() throws(FeatureError) {
        transform = try FourierTransform.of(length: Self.length)
        guard let workspace = FourierWorkspace(length: Self.length) else {
            throw .outOfMemory(bytes: FourierWorkspace.bytes(length: Self.length))
        }
        self.workspace = workspace
        magnitudes = .allocate(capacity: Self.bins)
        magnitudes.initialize(repeating: 0, count: Self.bins)
    }

    deinit { magnitudes.deallocate() }

    /// The spectrum of the frame that begins at `samples`.
    func take(_ samples: UnsafePointer<Float>) {
        ser_audio_window(workspace.input, samples, Self.window, Int64(VoiceFrames.long))
        transform.power(workspace)
        magnitudes.update(from: workspace.power, count: Self.bins)
        ser_audio_sqrt(magnitudes, Int64(Self.bins))
    }

    /// The root mean square of the frame under the window.
    var level: Float {
        (ser_audio_energy(workspace.input, Int64(VoiceFrames.long)) / Float(VoiceFrames.long)).squareRoot()
    }
}
