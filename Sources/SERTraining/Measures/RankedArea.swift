// SPDX-License-Identifier: Apache-2.0

/// The area under the ROC curve of one class against the rest, from ranks: the Mann-Whitney statistic over its largest
/// value, tied scores sharing their mean rank (Hanley and McNeil, Radiology 143, 1982).
///
/// - Returns: `nil` when there is no positive or no negative, or when a score is not a number.
package func areaUnderROC(scores: [Double], positives: [Bool]) -> Double? {
    let positiveCount = positives.count { $0 }
    let negativeCount = positives.count - positiveCount
    guard positiveCount > 0, negativeCount > 0, !scores.contains(where: \.isNaN) else { return nil }
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var rankSum = 0.0
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
        let meanRank = Double(start + 1 + end) / 2
        for position in start..<end where positives[order[position]] { rankSum += meanRank }
        start = end
    }
    let least = Double(positiveCount) * Double(positiveCount + 1) / 2
    return (rankSum - least) / (Double(positiveCount) * Double(negativeCount))
}
