// SPDX-License-Identifier: Apache-2.0

/// The lengths, in frames, of stretches over which a condition holds.
///
/// openSMILE's rules (its functional `Segments`): a stretch begins where the condition has held for three frames,
/// single frames without it left aside, and ends where it has not held for two; its last frame is not counted.
struct Stretches {
    /// The lengths, in order.
    private(set) var lengths: [Int] = []

    private static let least = 3
    private static let pause = 2

    init(_ holds: [Bool]) {
        var start: Int?
        var (seen, missed, isStretch) = (0, 0, false)
        for (frame, isTrue) in holds.enumerated() {
            if isTrue {
                missed = 0
                if start == nil { (start, seen) = (frame, 0) }
                seen += 1
                isStretch = isStretch || seen >= Self.least
            } else if let begin = start {
                missed += 1
                guard missed >= Self.pause else { continue }
                if isStretch { lengths.append(frame - missed - begin) }
                (start, missed, isStretch) = (nil, 0, false)
            }
        }
        if isStretch, let start { lengths.append(holds.count - 1 - missed - start) }
    }

    /// The mean length; 0 without stretches.
    var mean: Float { lengths.isEmpty ? 0 : Float(lengths.reduce(0, +)) / Float(lengths.count) }

    /// The standard deviation of the lengths.
    var deviation: Float {
        guard lengths.count > 1 else { return 0 }
        let mean = mean
        let squares = lengths.reduce(Float(0)) { $0 + (Float($1) - mean) * (Float($1) - mean) }
        return (squares / Float(lengths.count)).squareRoot()
    }
}
