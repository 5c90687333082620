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
        switch extractor {
        case let mfcc as MFCC where mfcc.deltas <= 0:
            let (bands, columns) = (mfcc.logMel.filters.bands, mfcc.cepstra)
            let cosines = DCT.matrix(bands: bands, coefficients: columns) { _ in 1 }
            let gains = (0..<columns).map(mfcc.lifter.gain)
            gradient = (0..<bands).map { band in
                (0..<columns).map { Double(cosines[band * columns + $0]) * gains[$0] }
            }
            features = (0..<bands).map { band in
                // A coefficient without weight is always zero.
                (0..<columns).map { gains[$0] == 0 ? 0 : Double(cosines[band * columns + $0]) / gains[$0] }
            }
            frequencies = mfcc.logMel.filters.centers(sampleRate: mfcc.sampleRate)
        case let mel as LogMel:
            let identity = (0..<mel.filters.bands).map { band in
                (0..<mel.filters.bands).map { $0 == band ? 1.0 : 0 }
            }
            (gradient, features) = (identity, identity)
            frequencies = mel.filters.centers(sampleRate: mel.sampleRate)
        default: return nil
        }
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
