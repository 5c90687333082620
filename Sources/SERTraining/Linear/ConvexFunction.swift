// SPDX-License-Identifier: Apache-2.0

/// A convex function of some numbers whose slope is continuous.
package protocol ConvexFunction: Sendable {
    /// What is known of it at one point.
    associatedtype Place: ConvexPlace
    /// How many numbers it is of.
    var count: Int { get }
    /// What is known of it at a point.
    func place(at point: [Double]) -> Place
}

/// What is known of a convex function at one point.
package protocol ConvexPlace {
    /// The function's value.
    var value: Double { get }
    /// Its first derivatives.
    var gradient: [Double] { get }
    /// The diagonal of its second derivatives.
    var curvature: [Double] { get }
    /// Its second derivatives times a direction.
    func change(ofGradientAlong direction: [Double]) -> [Double]
}
