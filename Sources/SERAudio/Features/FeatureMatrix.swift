/// Features over time: a row for each frame, a column for each coefficient.
public struct FeatureMatrix: Sendable, Equatable {
    /// Rows.
    public let frames: Int
    /// Columns.
    public let coefficients: Int
    /// The values, row by row: [frames, coefficients].
    public var values: [Float]

    /// A matrix of the given values, row by row; there must be frames x coefficients of them.
    public init(frames: Int, coefficients: Int, values: [Float]) {
        precondition(
            frames >= 0 && coefficients >= 0 && values.count == frames * coefficients,
            "FeatureMatrix: \(values.count) values do not fill [\(frames), \(coefficients)]")
        self.frames = frames
        self.coefficients = coefficients
        self.values = values
    }

    /// A matrix whose values `fill` writes, all frames x coefficients of them.
    init(frames: Int, coefficients: Int, fill: (UnsafeMutablePointer<Float>) -> Void) {
        self.frames = frames
        self.coefficients = coefficients
        let count = frames * coefficients
        values = [Float](unsafeUninitializedCapacity: count) { space, initialized in
            if let base = space.baseAddress, count > 0 { fill(base) }
            initialized = count
        }
    }

    /// One value.
    public subscript(frame: Int, coefficient: Int) -> Float {
        get { values[frame * coefficients + coefficient] }
        set { values[frame * coefficients + coefficient] = newValue }
    }

    /// One frame's values, [coefficients].
    public func row(_ frame: Int) -> ArraySlice<Float> {
        values[frame * coefficients..<(frame + 1) * coefficients]
    }

    /// One coefficient over time, [frames].
    public func column(_ coefficient: Int) -> [Float] {
        (0..<frames).map { values[$0 * coefficients + coefficient] }
    }

    /// This matrix with the columns of others to its right; all have the same number of frames.
    public func joined(with others: FeatureMatrix...) -> FeatureMatrix {
        let all = [self] + others
        precondition(
            all.allSatisfy { $0.frames == frames },
            "FeatureMatrix.joined: frames differ: \(all.map(\.frames))")
        var joined: [Float] = []
        joined.reserveCapacity(all.reduce(0) { $0 + $1.values.count })
        for frame in 0..<frames { for matrix in all { joined += matrix.row(frame) } }
        return FeatureMatrix(frames: frames, coefficients: all.reduce(0) { $0 + $1.coefficients }, values: joined)
    }
}
