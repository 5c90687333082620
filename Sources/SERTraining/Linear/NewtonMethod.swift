// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Finds where a convex function is least: Newton's steps, each solved for by conjugate gradients as far as it pays
/// (Nocedal and Wright, Numerical Optimization, 2006, sections 5.1 and 7.1), shortened where they lead up.
///
/// Columns of any scale are alike to it: the gradient is measured, and the equations are solved, with each number in
/// units of its own curvature.
package struct NewtonMethod: Sendable {
    /// The scaled gradient, as a share of the one at the beginning, at which the function is taken to be least.
    package var tolerance = 1e-9
    /// The most steps.
    package var mostSteps: Int

    /// At most so many steps.
    package init(mostSteps: Int) { self.mostSteps = mostSteps }

    /// Where the function is least, searched from zero.
    /// - Returns: The point; nil where it is not found in so many steps.
    /// - Throws: ``TrainingError/cancelled``.
    package func leastPoint(
        of function: some ConvexFunction, stop: StopSignal = .never
    ) throws(TrainingError) -> [Double]? {
        var point = [Double](repeating: 0, count: function.count)
        var place = function.place(at: point)
        let beginning = scaledGradient(place)
        for _ in 0..<mostSteps {
            let left = scaledGradient(place)
            if left <= tolerance * beginning { return point }
            guard !stop.isSet else { throw .cancelled }
            // The nearer the end, the more exactly: steps then gain digits at a growing rate.
            let direction = direction(place, exactness: min(0.1, (left / beginning).squareRoot()))
            guard let next = next(function, from: (point, place), along: direction) else { return nil }
            (point, place) = next
        }
        return scaledGradient(place) <= tolerance * beginning ? point : nil
    }

    private func scaledGradient(_ place: some ConvexPlace) -> Double {
        zip(place.gradient, place.curvature).reduce(0) { $0 + $1.0 * $1.0 / $1.1 }.squareRoot()
    }

    /// Newton's step by conjugate gradients, preconditioned by the curvature.
    private func direction(_ place: some ConvexPlace, exactness: Double) -> [Double] {
        let curvature = place.curvature
        var step = [Double](repeating: 0, count: curvature.count)
        var residual = place.gradient.map { -$0 }
        var scaled = zip(residual, curvature).map { $0 / $1 }
        var search = scaled
        var product = dot(residual, scaled)
        let enough = exactness * exactness * product
        for _ in 0..<max(50, 2 * curvature.count) where product > enough {
            let change = place.change(ofGradientAlong: search)
            let length = product / dot(search, change)
            guard length > 0, length.isFinite else { break }
            add(search, times: length, to: &step)
            add(change, times: -length, to: &residual)
            scaled = zip(residual, curvature).map { $0 / $1 }
            let before = product
            product = dot(residual, scaled)
            for index in search.indices { search[index] = scaled[index] + product / before * search[index] }
        }
        return step
    }

    /// The first of ever shorter steps that leads down enough; nil where none does.
    private func next<Function: ConvexFunction>(
        _ function: Function, from: (point: [Double], place: Function.Place), along direction: [Double]
    ) -> (point: [Double], place: Function.Place)? {
        let slope = dot(from.place.gradient, direction)
        guard slope < 0 else { return nil }
        // Near the end values differ by less than they can be told apart.
        let indistinct = 1e-12 * abs(from.place.value)
        var length = 1.0
        for _ in 0..<60 {
            var point = from.point
            add(direction, times: length, to: &point)
            let place = function.place(at: point)
            if place.value <= from.place.value + 1e-4 * length * slope + indistinct { return (point, place) }
            length /= 2
        }
        return nil
    }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
}

private func add(_ a: [Double], times factor: Double, to b: inout [Double]) {
    for index in b.indices { b[index] += factor * a[index] }
}
