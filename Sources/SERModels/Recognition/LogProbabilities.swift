// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The logarithm of the softmax of logits that are divided by a temperature first, which changes no order.
///
/// In double precision, so that confident scores keep their order instead of rounding to a tie at 1.
package func logProbabilities(of logits: [Float], temperature: Double = 1) -> [Double] {
    let values = logits.map { Double($0) / temperature }
    let largest = values.max() ?? 0
    let logSum = log(values.reduce(0) { $0 + exp($1 - largest) }) + largest
    return values.map { $0 - logSum }
}
