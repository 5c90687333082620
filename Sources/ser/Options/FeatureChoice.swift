// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERAudio
import Synchronization

/// Which features are computed of sound.
enum FeatureChoice: String, ExpressibleByArgument, CaseIterable {
    case mfcc, logmel, egemaps
    case egemapsDescriptors = "egemaps-lld"

    static let help = """
        mfcc, logmel (log-mel bands), egemaps (openSMILE's eGeMAPSv02: 88 numbers a clip, for the ANN and the linear ones) or egemaps-lld (its \
        25 descriptors every 10 ms).
        """

    /// The features, with as many coefficients and at the rate asked for where they have a choice.
    /// - Throws: `ValidationError` where they have none.
    func extractor(coefficients: Int?, rate: Double?) throws -> any FeatureExtractor {
        switch self {
        case .mfcc: return MFCC(.librosa, coefficients: coefficients ?? 40, sampleRate: rate ?? 22_050)
        case .logmel: return LogMel.speech(bands: coefficients ?? 64, sampleRate: rate ?? 16_000)
        case .egemaps, .egemapsDescriptors:
            guard coefficients == nil, rate == nil else {
                throw ValidationError(
                    "--features \(rawValue) has its own rate and columns: leave out --rate and --coefficients.")
            }
            return self == .egemaps ? EGeMAPS() : EGeMAPSDescriptors()
        }
    }
}

/// The numbers of bands that were told of.
private let toldBands = Mutex<Set<Int>>([])

/// Tells of bands that hold nothing, whatever the sound; once, however often options are read.
func note(emptyBandsOf extractor: any FeatureExtractor) {
    guard let bands = extractor as? LogMel, bands.emptyBands > 0,
        toldBands.withLock({ $0.insert(bands.coefficients).inserted })
    else { return }
    note(
        "\(bands.emptyBands) of the \(bands.coefficients) mel bands \(bands.emptyBands == 1 ? "is" : "are") empty, whatever the "
            + "sound: narrower than the transform tells frequencies apart. Up to \(bands.mostBands) (--coefficients \(bands.mostBands)) none is."
    )
}
