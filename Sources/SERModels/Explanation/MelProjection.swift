// SPDX-License-Identifier: Apache-2.0

import SERAudio

/// Takes parts over coefficients to the mel bands that the coefficients are made of.
///
/// Cepstra are sums over bands, c = D L with the cosine transform D, and D times the smoothed log-mel spectrogram
/// S = D^T c is c again: the network cannot tell L from S. So the network after D is a function of S, its gradient is
/// D^T g, and gradient x input over bands, (D^T g) (S - S at the training mean), adds up to g (c - mean c) in every frame.
/// The same holds along the straight way between them, and so for integrated gradients.
struct MelProjection {
    /// Rows are bands: [bands][coefficients], for gradients and for features.
    private let gradient, features: [[Double]]
    /// The centre of each band, in Hz.
    let frequencies: [Double]

    /// The projection of an extractor's coefficients; nil where they are no linear function of mel bands in one frame.
    init?(_ extractor: any FeatureExtractor) {
        guard let mel = extractor.melSpectrogram, let basis = extractor.melBasis else { return nil }
        let (bands, columns) = (mel.filters.bands, extractor.coefficients)
        guard basis.rows.count == columns, basis.gains.count == columns,
            basis.rows.allSatisfy({ $0.count == bands })
        else { return nil }
        gradient = (0..<bands).map { band in (0..<columns).map { basis.rows[$0][band] * basis.gains[$0] } }
        features = (0..<bands).map { band in
            // A coefficient without weight is always zero.
            (0..<columns).map { basis.gains[$0] == 0 ? 0 : basis.rows[$0][band] / basis.gains[$0] }
        }
        frequencies = mel.filters.centers(sampleRate: mel.sampleRate)
    }

    /// The parts of one frame over bands, from its gradient and its deviation from the training mean.
    func callAsFunction(gradient g: [Double], deviation: [Double]) -> [Double] {
        let product = { (row: [Double], other: [Double]) -> Double in
            var sum = 0.0
            for (a, b) in zip(row, other) { sum += a * b }
            return sum
        }
        return gradient.indices.map { band in
            product(gradient[band], g) * product(features[band], deviation)
        }
    }
}
