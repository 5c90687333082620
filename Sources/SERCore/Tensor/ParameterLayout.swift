// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Where each named tensor lies in a flat buffer. Offsets are multiples of 16 floats (a cache line); paddings hold zeros.
package final class ParameterLayout: Sendable {
    package let paths: [String]
    package let shapes: [[Int]]
    package let counts: [Int]
    package let offsets: [Int]
    /// Length of the buffer, paddings included.
    package let scalarCount: Int
    package let indices: [String: Int]

    package var count: Int { paths.count }

    package init(_ entries: [(path: String, shape: [Int])]) {
        paths = entries.map(\.path)
        shapes = entries.map(\.shape)
        counts = entries.map { Tensor.count(of: $0.shape, in: "Parameters") }
        var offset = 0
        var starts: [Int] = []
        for count in counts {
            starts.append(offset)
            offset += (count + 15) / 16 * 16
        }
        offsets = starts
        scalarCount = offset
        indices = Dictionary(entries.enumerated().map { ($0.element.path, $0.offset) }) { first, _ in
            stop("Parameters: path '\(entries[first].path)' stands twice")
        }
    }

    func index(of path: String) -> Int {
        guard let index = indices[path] else {
            stop("Parameters: no tensor at '\(path)'; there are \(paths.joined(separator: ", "))")
        }
        return index
    }

    package func clearPadding(of pointer: UnsafeMutablePointer<Float>) {
        for index in 0..<count {
            let end = offsets[index] + counts[index]
            let next = index + 1 < count ? offsets[index + 1] : scalarCount
            if next > end { (pointer + end).update(repeating: 0, count: next - end) }
        }
    }
}
