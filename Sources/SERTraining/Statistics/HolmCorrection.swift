// SPDX-License-Identifier: Apache-2.0

/// Holm's step-down correction of several p-values (Holm, Scandinavian Journal of Statistics 6, 1979): to call different
/// what stays below 5 % finds a difference that is none in at most 5 % of such families of tests, whatever hangs together.
public enum HolmCorrection {
    /// The corrected p-values, in the order given.
    ///
    /// The least of m p-values is multiplied by m, the next by m - 1 and so on; none is below one that was smaller, and
    /// none above 1.
    /// - Parameters:
    ///   - pValues: One for each test, 0...1; nil or not a number for a test that could not be made, which does not
    ///     count and stays nil.
    ///   - family: How many tests the family has; nil where those given are all of it. A family is larger where the
    ///     tests to be made were chosen by looking at the data.
    public static func adjusted(_ pValues: [Double?], family: Int? = nil) -> [Double?] {
        let made = pValues.indices.compactMap { index in
            pValues[index].flatMap { $0.isNaN ? nil : (index: index, p: $0) }
        }
        let count = max(made.count, family ?? 0)
        var adjusted = [Double?](repeating: nil, count: pValues.count)
        var least = 0.0
        for (rank, test) in made.sorted(by: { ($0.p, $0.index) < ($1.p, $1.index) }).enumerated() {
            least = max(least, min(1, test.p * Double(count - rank)))
            adjusted[test.index] = least
        }
        return adjusted
    }
}
