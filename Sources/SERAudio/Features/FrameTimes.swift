import SERSupport

extension FeatureExtractor {
    /// The middle of a frame, in seconds from the beginning of the clip. For extractors of other packages, frames are
    /// taken to be centred on multiples of their distance.
    package func time(ofFrame frame: Int) -> Double {
        switch self {
        case let mfcc as MFCC: return mfcc.logMel.time(ofFrame: frame)
        case let mel as LogMel: return mel.stft.layout.middle(of: frame) / sampleRate
        default:
            // How many samples another frame takes.
            let (short, long) = (1 << 18, 1 << 24)
            let more = frames(forSamples: long) - frames(forSamples: short)
            return more > 0 ? Double(frame) * Double(long - short) / Double(more) / sampleRate : 0
        }
    }

    /// What each column is called: MFCCs by number from 0, mel bands by their centres.
    package var coefficientNames: [String] {
        switch self {
        case let mfcc as MFCC:
            return (0...max(0, mfcc.deltas)).flatMap { order in
                let prefix = ["", "delta of ", "delta-delta of "]
                return (0..<mfcc.cepstra).map { (order < 3 ? prefix[order] : "delta \(order) of ") + "MFCC \($0)" }
            }
        case let mel as LogMel:
            return mel.filters.centers(sampleRate: sampleRate).map { "band at \($0.fixed(0)) Hz" }
        default: return (0..<coefficients).map { "coefficient \($0)" }
        }
    }
}
