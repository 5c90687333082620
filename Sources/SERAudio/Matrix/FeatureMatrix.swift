// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// Features over time: a row for each frame, a column for each coefficient.
public struct FeatureMatrix: Sendable, Equatable {
    /// Rows.
    public let frames: Int
    /// Columns.
    public let coefficients: Int
    /// The values, row by row: [frames, coefficients].
    public var values: [Float]

    /// A matrix of the given values, row by row. Stops the program unless there are frames x coefficients of them.
    public init(frames: Int, coefficients: Int, values: [Float]) {
        let (count, overflow) = frames.multipliedReportingOverflow(by: coefficients)
        guard frames >= 0, coefficients >= 0, !overflow, values.count == count else {
            stop("FeatureMatrix: \(values.count) values do not fill [\(frames), \(coefficients)]")
        }
        self.frames = frames
        self.coefficients = coefficients
        self.values = values
    }

    /// A matrix whose values `fill` writes, all frames x coefficients of them.
    init<Failure: Error>(
        frames: Int, coefficients: Int, fill: (UnsafeMutablePointer<Float>) throws(Failure) -> Void
    ) throws(Failure) {
        self.frames = frames
        self.coefficients = coefficients
        let count = frames * coefficients
        var failure: Failure?
        values = [Float](unsafeUninitializedCapacity: count) { space, initialized in
            guard let base = space.baseAddress, count > 0 else { return }
            do throws(Failure) {
                try fill(base)
                initialized = count
            } catch { failure = error }
        }
        if let failure { throw failure }
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

    /// This matrix with the columns of others to its right. Stops the program unless all have the same number of
    /// frames.
    public func joined(with others: FeatureMatrix...) -> FeatureMatrix {
        let all = [self] + others
        guard all.allSatisfy({ $0.frames == frames }) else {
            stop(
                "FeatureMatrix.joined: the numbers of frames differ: \(all.map(\.frames)). Compute the features with the "
                    + "same rate, frame length, hop and edges.")
        }
        var joined: [Float] = []
        joined.reserveCapacity(all.reduce(0) { $0 + $1.values.count })
        for frame in 0..<frames { for matrix in all { joined += matrix.row(frame) } }
        return FeatureMatrix(frames: frames, coefficients: all.reduce(0) { $0 + $1.coefficients }, values: joined)
    }
}

extension FeatureMatrix {
    /// The matrix, found to hold nothing but numbers.
    /// - Throws: ``FeatureError/notFiniteFeature(frame:coefficient:)`` for the first value that is NaN or infinite.
    package func finite() throws(FeatureError) -> FeatureMatrix {
        let isFinite = values.withUnsafeBufferPointer { pointer in
            pointer.baseAddress.map { ser_audio_all_finite($0, Int64(pointer.count)) == 1 } ?? true
        }
        if isFinite { return self }
        let first = values.firstIndex { !$0.isFinite } ?? 0
        throw .notFiniteFeature(frame: first / coefficients, coefficient: first % coefficients)
    }
}
