// SPDX-License-Identifier: Apache-2.0

/// Whose definition of a feature to follow.
///
/// At another rate than a preset's own, frames are what the original makes of them: librosa and torchaudio count in
/// samples, so that 2048 or 400 of them last longer or shorter, and bands end at half the new rate; Kaldi counts in
/// milliseconds, so that frames have other numbers of samples. (Of a rate that is odd, torchaudio takes the half rounded
/// down; here it is exact.)
public enum FeaturePreset: String, Codable, Sendable, Hashable, CaseIterable {
    /// librosa 0.11: 22,050 Hz, FFT 2048, hop 512, centred frames padded with zeros, 128 Slaney bands, decibels down to
    /// 80 below the loudest.
    case librosa
    /// librosa 0.8 and before: as ``librosa``, padded by reflection.
    case librosaLegacy
    /// torchaudio: 16,000 Hz, FFT 400, hop 200, reflection, 128 HTK bands without normalisation, decibels.
    case torchaudio
    /// Kaldi: 16,000 Hz, 25 ms frames every 10 ms, whole frames only, Povey's window, pre-emphasis, 23 bands from
    /// 20 Hz, natural logarithm; samples scaled to 16-bit integers, no dither.
    case kaldi
}
