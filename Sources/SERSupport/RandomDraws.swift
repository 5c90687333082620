// SPDX-License-Identifier: Apache-2.0

/// What is drawn from a stream of random words. All of it is defined here to the last bit, and changes with no version of
/// Swift, whose own `shuffled(using:)` and `random(in:using:)` promise no algorithm: what a seed decided once, it decides
/// everywhere and always.
extension RandomKeyGenerator {
    /// A whole number from 0 to below a bound, each equally likely.
    ///
    /// The upper half of a word times the bound (Lemire, ACM Transactions on Modeling and Computer Simulation 29, 2019).
    /// Of the 2^64 words, as many as 2^64 leaves over when divided by the bound would favour some numbers: they are drawn
    /// again.
    /// - Parameter bound: At least 1.
    package mutating func draw(below bound: Int) -> Int {
        guard bound > 0 else { stop("draw(below:): there is no whole number from 0 to below \(bound)") }
        let bound = UInt64(bound), surplus = (0 &- bound) % bound
        while true {
            let product = next().multipliedFullWidth(by: bound)
            if product.low >= surplus { return Int(product.high) }
        }
    }

    /// A number from 0 to below 1: the upper 53 bits of a word as a fraction.
    package mutating func drawFraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Puts elements into one of all orders, each equally likely: from the first place on, each takes one of the elements
    /// that are left (Fisher and Yates; Durstenfeld, Communications of the ACM 7, 1964).
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        for place in elements.indices.dropLast() {
            elements.swapAt(place, place + draw(below: elements.count - place))
        }
    }

    /// Elements in one of all orders; see ``shuffle(_:)``.
    package mutating func shuffled<Element>(_ elements: some Sequence<Element>) -> [Element] {
        var elements = Array(elements)
        shuffle(&elements)
        return elements
    }
}

extension RandomKey {
    /// Elements in the order that this key decides; see ``RandomKeyGenerator/shuffle(_:)``.
    package func shuffled<Element>(_ elements: some Sequence<Element>) -> [Element] {
        var generator = generator
        return generator.shuffled(elements)
    }
}
