// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Stops the program when a tensor operation is used wrongly, as an array stops it at a wrong index.
///
/// `precondition` says nothing in optimised builds, and a wrong shape cannot be found from silence.
@inline(__always)
package func require(
    _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    if !condition() { stop(message(), file: file, line: line) }
}

/// Stops the program unless the lengths of padded rows fit the values: one for each row, from 0 to the number of
/// positions.
package func requireLengths(
    _ lengths: [Int]?, rows: Int, positions: Int, in operation: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    guard let lengths else { return }
    require(
        lengths.count == rows, "\(operation()): \(lengths.count) lengths for a batch of \(rows)",
        file: file, line: line)
    guard let wrong = lengths.firstIndex(where: { !(0...positions).contains($0) }) else { return }
    stop(
        "\(operation()): row \(wrong) has the length \(lengths[wrong]), but lengths go from 0 to \(positions)",
        file: file, line: line)
}
