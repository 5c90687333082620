// SPDX-License-Identifier: Apache-2.0

/// How the columns of features come of the bands of a mel spectrogram, where every frame is a linear function of its
/// bands: column c is `gains[c]` times the sum over bands b of `rows[c][b]` x band b.
public struct MelBasis: Sendable {
    /// For each column the weight of each band, [columns][bands]; rows are orthogonal to each other and of length 1.
    public var rows: [[Double]]
    /// What each column is multiplied with then.
    public var gains: [Double]

    /// Weights and gains of columns.
    public init(rows: [[Double]], gains: [Double]) {
        self.rows = rows
        self.gains = gains
    }
}
