// SPDX-License-Identifier: Apache-2.0

/// The names of openSMILE for the columns of eGeMAPSv02.
enum EGeMAPSColumns {
    /// The low-level descriptors.
    static let descriptors =
        (["Loudness"] + balance + ["spectralFlux"] + cepstra).map { $0 + "_sma3" }
        + ([pitch] + quality + formants).map { $0 + "_sma3nz" }

    /// The functionals.
    static let functionals =
        contour.map { pitch + "_sma3nz_" + $0 } + contour.map { "loudness_sma3_" + $0 }
        + moments(["spectralFlux"] + cepstra, "_sma3") + moments(quality + formants + voiced, "_sma3nz")
        + unvoiced.map { $0 + "_sma3nz_amean" }
        + [
            "loudnessPeaksPerSec", "VoicedSegmentsPerSec", "MeanVoicedSegmentLengthSec", "StddevVoicedSegmentLengthSec",
            "MeanUnvoicedSegmentLength", "StddevUnvoicedSegmentLength", "equivalentSoundLevel_dBp",
        ]

    private static let pitch = "F0semitoneFrom27.5Hz"
    private static let balance = ["alphaRatio", "hammarbergIndex", "slope0-500", "slope500-1500"]
    private static let cepstra = (1...4).map { "mfcc\($0)" }
    private static let quality = ["jitterLocal", "shimmerLocaldB", "HNRdBACF", "logRelF0-H1-H2", "logRelF0-H1-A3"]
    private static let formants = (1...3).flatMap { ["F\($0)frequency", "F\($0)bandwidth", "F\($0)amplitudeLogRelF0"] }
    private static let voiced =
        ["alphaRatioV", "hammarbergIndexV", "slopeV0-500", "slopeV500-1500", "spectralFluxV"] + cepstra.map { $0 + "V" }
    private static let unvoiced = [
        "alphaRatioUV", "hammarbergIndexUV", "slopeUV0-500", "slopeUV500-1500", "spectralFluxUV",
    ]
    private static let contour = [
        "amean", "stddevNorm", "percentile20.0", "percentile50.0", "percentile80.0", "pctlrange0-2", "meanRisingSlope",
        "stddevRisingSlope", "meanFallingSlope", "stddevFallingSlope",
    ]

    private static func moments(_ names: [String], _ smoothing: String) -> [String] {
        names.flatMap { [$0 + smoothing + "_amean", $0 + smoothing + "_stddevNorm"] }
    }
}
