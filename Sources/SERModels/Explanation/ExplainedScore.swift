// SPDX-License-Identifier: Apache-2.0

import SERCore

/// A weighted sum of a network's logits as a function of what the network reads, in inference: batch normalisation uses
/// its running statistics, dropout does nothing.
package struct ExplainedScore: Sendable {
    private let model: Model
    private let weights: [Float]
    private let output: Int

    /// How many rows go through the network at once; cuts do not depend on the number of threads.
    private static let rowsAtOnce = 32

    /// - Parameters:
    ///   - weights: The weight of each logit, [classes].
    ///   - output: The place of the logits among the network's outputs.
    package init(_ model: Model, weights: [Float], output: Int = 0) {
        self.model = model
        self.weights = weights
        self.output = output
    }

    /// The scores of a batch: [rows, ...] to [rows].
    package func values(_ rows: Tensor, lengths: [Int]?) -> [Double] {
        sums(of: model.outputs(rows, lengths: lengths).outputs.values(at: output))
    }

    /// The scores of a batch, and the gradient of each row's with respect to that row, in the shape of `rows`.
    package func gradients(_ rows: Tensor, lengths: [Int]?) -> (scores: [Double], gradients: Tensor) {
        let parameters = Parameters([("input", rows)])
        let (_, logits, gradient) = valueAndGradient(at: parameters) { input in
            let logits = model.outputs(input["input"], lengths: lengths, parameters: model.parameters)
                .outputs.values(at: output)
            // Rows do not see each other in inference, so the gradient of the sum holds that of each.
            return ((logits * Tensor(weights)).sum(), logits.detached)
        }
        return (sums(of: logits), gradient["input"])
    }

    private func sums(of logits: Tensor) -> [Double] {
        let logits = logits.scalars
        return stride(from: 0, to: logits.count, by: weights.count).map { start in
            weights.indices.reduce(0.0) { $0 + Double(weights[$1]) * Double(logits[start + $1]) }
        }
    }
}

/// A piece of the straight way from zero to a row, as parts of its length.
private struct WayPiece {
    var start, width: Double
    /// The score at both ends, where it is known.
    var scores: (start: Double, end: Double) = (0, 0)

    var middle: Double { start + width / 2 }

    /// Both halves, when the score in the middle is known.
    func halves(middle score: Double) -> [WayPiece] {
        [
            WayPiece(start: start, width: width / 2, scores: (scores.start, score)),
            WayPiece(start: middle, width: width / 2, scores: (score, scores.end)),
        ]
    }
}

extension ExplainedScore {
    /// The mean gradient at the midpoints of `steps` equal pieces of the straight way from zero to `x`.
    /// - Parameter x: One row, [1, ...].
    package func meanGradient(to x: Tensor, lengths: [Int]?, steps: Int) -> [Double] {
        let pieces = (0..<steps).map { WayPiece(start: Double($0) / Double(steps), width: 1 / Double(steps)) }
        var mean = [Double](repeating: 0, count: x.count)
        eachGradient(in: pieces, to: x, lengths) { _, _, gradient in
            for index in mean.indices { mean[index] += Double(gradient[index]) / Double(steps) }
        }
        return mean
    }

    private static let firstPieces = 64
    /// How far the parts may be from adding up: a part of the whole change, and in logits.
    private static let tolerance = (relative: 0.005, absolute: 0.005)
    private static let mostSteps = 4096, leastWidth = 1.0 / 262_144

    /// The same with pieces as small as it takes: one whose gradient does not tell how the score changes from its
    /// beginning to its end is halved, as long as that is worth it. Recurrent networks change in leaps on the way.
    /// - Returns: The mean gradient, and how many gradients it took.
    package func meanGradient(to x: Tensor, lengths: [Int]?) -> (gradient: [Double], steps: Int) {
        let row = x.scalars
        let ends = (0...Self.firstPieces).map { Double($0) / Double(Self.firstPieces) }
        let scores = values(at: ends, of: x, lengths)
        var open = (0..<Self.firstPieces).map {
            WayPiece(start: ends[$0], width: 1 / Double(Self.firstPieces), scores: (scores[$0], scores[$0 + 1]))
        }
        let change = scores[Self.firstPieces] - scores[0]
        let allowed = max(Self.tolerance.relative * abs(change), Self.tolerance.absolute) / Double(2 * Self.firstPieces)
        var mean = [Double](repeating: 0, count: x.count)
        var steps = 0
        while !open.isEmpty {
            steps += open.count
            let isLast = steps + open.count > Self.mostSteps
            var next: [WayPiece] = []
            eachGradient(in: open, to: x, lengths) { piece, middle, gradient in
                var told = 0.0
                for index in row.indices { told += Double(gradient[index]) * Double(row[index]) }
                let error = abs(told * piece.width - (piece.scores.end - piece.scores.start))
                if error > allowed, !isLast, piece.width > Self.leastWidth {
                    next += piece.halves(middle: middle)
                } else {
                    for index in mean.indices { mean[index] += Double(gradient[index]) * piece.width }
                }
            }
            open = next
        }
        return (mean, steps)
    }

    /// Calls `body` for each piece with the score and the gradient in its middle.
    private func eachGradient(
        in pieces: [WayPiece], to x: Tensor, _ lengths: [Int]?,
        _ body: (_ piece: WayPiece, _ score: Double, _ gradient: UnsafePointer<Float>) -> Void
    ) {
        for start in stride(from: 0, to: pieces.count, by: Self.rowsAtOnce) {
            let some = pieces[start..<min(start + Self.rowsAtOnce, pieces.count)]
            let rows = points(some.map(\.middle), of: x)
            let (scores, gradients) = gradients(rows, lengths: repeated(lengths, some.count))
            gradients.withPointer { gradients in
                for (row, piece) in some.enumerated() { body(piece, scores[row], gradients + row * x.count) }
            }
        }
    }

    /// The scores at points of the way, given as parts of its length.
    private func values(at places: [Double], of x: Tensor, _ lengths: [Int]?) -> [Double] {
        stride(from: 0, to: places.count, by: Self.rowsAtOnce).flatMap { start in
            let some = Array(places[start..<min(start + Self.rowsAtOnce, places.count)])
            return values(points(some, of: x), lengths: repeated(lengths, some.count))
        }
    }

    private func points(_ places: [Double], of x: Tensor) -> Tensor {
        let count = x.count
        return Tensor(shape: [places.count] + x.shape.dropFirst()) { out in
            x.withPointer { x in
                for (row, place) in places.enumerated() {
                    for index in 0..<count { out[row * count + index] = Float(place) * x[index] }
                }
            }
        }
    }

    private func repeated(_ lengths: [Int]?, _ count: Int) -> [Int]? {
        lengths.map { Array(repeating: $0[0], count: count) }
    }
}
