// SPDX-License-Identifier: Apache-2.0

/// Takes from every feature its mean over the clip's valid steps: cepstral mean normalisation (Atal, 1974). Of log-mel
/// features it takes the loudness of the recording and what a microphone or a line does to each band.
///
/// `[time, features]`, unchanged in shape. No parameters. Positions past a row's length come out as zero.
public struct MeanNormalization: UnaryLayer {
    public static let kind = "meanNormalization"

    /// A normalisation to mean 0 over time.
    public init() {}

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        _ = try SequenceRules.check(Self.kind, input, .valid)
        return input
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let x = input.clearingPadding().values
        let means = globalAveragePooling(x, lengths: input.partialLengths)
        return Signal(
            x - means.expandingDimension(at: 1), lengths: input.lengths, timeAxis: input.timeAxis
        ).clearingPadding()
    }
}
