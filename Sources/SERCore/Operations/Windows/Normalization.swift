// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// Batch normalisation: (x - mean) / sqrt(variance + epsilon) * gamma + beta, per channel (Ioffe and Szegedy, 2015).
///
/// - Parameters:
///   - x: [batch, channels], [batch, time, channels] or [batch, channels, height, width].
///   - gamma: [channels].
///   - beta: [channels].
///   - lengths: Valid time steps, or columns, of each row of the batch. The others do not count and come out as zero.
/// - Returns: The result, and the statistics used, the variance biased.
package func batchNormalization(
    _ x: Tensor, gamma: Tensor, beta: Tensor, epsilon: Float, statistics: NormalizationStatistics, lengths: [Int]? = nil
) -> (Tensor, BatchStatistics) {
    let layout = BatchLayout(x, lengths: lengths)
    let channels = layout.channels
    require(
        gamma.shape == [channels] && beta.shape == [channels],
        "batchNormalization: gamma \(gamma.shape) and beta \(beta.shape) do not fit the \(channels) channels of x \(x.shape)"
    )
    let (used, isFrozen) = layout.statistics(of: x, statistics)
    let result = Tensor.operation(shape: x.shape, [x, gamma, beta]) { out in
        layout.withValues { values in
            withPointers(x, gamma, beta) { px, pg, pb in
                withPointers(used.mean, used.variance) { mean, variance in
                    ser_batch_normalize(values, px, pg, pb, mean, variance, epsilon, out)
                }
            }
        }
    } pullback: { [x = x.detached, gamma = gamma.detached] _ in
        { upstream, cotangents in
            let dx = cotangents.isWanted(0) ? Buffer(uninitialized: x.count) : nil
            let (dgamma, dbeta) = (Buffer(uninitialized: channels), Buffer(uninitialized: channels))
            layout.withValues { values in
                withPointers(x, gamma, upstream) { px, pg, dy in
                    withPointers(used.mean, used.variance) { mean, variance in
                        ser_batch_normalize_backward(
                            values, px, pg, mean, variance, epsilon, isFrozen ? 1 : 0, dy, dx?.pointer,
                            dgamma.pointer, dbeta.pointer)
                    }
                }
            }
            if let dx { cotangents.add(Tensor(buffer: dx, shape: x.shape), to: 0) }
            cotangents.add(Tensor(buffer: dgamma, shape: [channels]), to: 1)
            cotangents.add(Tensor(buffer: dbeta, shape: [channels]), to: 2)
        }
    }
    return (result, used)
}

/// How the values of a batch lie for normalisation.
private struct BatchLayout {
    let channels: Int
    private let batch: Int
    private let height: Int
    private let width: Int
    private let channelsLast: Bool
    private let lengths: [Int]?

    init(_ x: Tensor, lengths: [Int]?) {
        let s = x.shape
        switch x.rank {
        case 2: (batch, channels, height, width, channelsLast) = (1, s[1], 1, s[0], true)
        case 3: (batch, channels, height, width, channelsLast) = (s[0], s[2], 1, s[1], true)
        case 4: (batch, channels, height, width, channelsLast) = (s[0], s[1], s[2], s[3], false)
        default:
            stop(
                "batchNormalization: x \(s) is not [batch, channels], [batch, time, channels] or "
                    + "[batch, channels, height, width]")
        }
        self.lengths = x.rank == 2 ? nil : lengths
        requireLengths(self.lengths, rows: s[0], positions: width, in: "batchNormalization")
    }

    func withValues<Result>(_ body: (UnsafePointer<ser_batch_values>) -> Result) -> Result {
        withWidths(lengths) { widths in
            var values = ser_batch_values(
                batch: Int64(batch), channels: Int64(channels), height: Int64(height), width: Int64(width),
                widths: widths, channels_last: channelsLast ? 1 : 0)
            return body(&values)
        }
    }

    func statistics(of x: Tensor, _ statistics: NormalizationStatistics) -> (BatchStatistics, isFrozen: Bool) {
        let count = withValues { Int(ser_batch_count($0)) }
        if case .fixed(let mean, let variance) = statistics {
            return (BatchStatistics(mean: mean.detached, variance: variance.detached, count: count), true)
        }
        let (mean, variance) = (Buffer(uninitialized: channels), Buffer(uninitialized: channels))
        withValues { values in
            x.withPointer { ser_batch_moments(values, $0, mean.pointer, variance.pointer) }
        }
        let used = BatchStatistics(
            mean: Tensor(buffer: mean, shape: [channels]), variance: Tensor(buffer: variance, shape: [channels]),
            count: count)
        return (used, false)
    }
}

/// Layer normalisation over the last axis: (x - mean) / sqrt(variance + epsilon) * gamma + beta (Ba, Kiros and Hinton, 2016).
///
/// - Parameters:
///   - x: [..., features].
///   - gamma: [features]; nil for ones.
///   - beta: [features]; nil for zeros.
///   - epsilon: Added to the biased variance.
public func layerNormalization(_ x: Tensor, gamma: Tensor? = nil, beta: Tensor? = nil, epsilon: Float = 1e-5) -> Tensor
{
    require(x.rank >= 1, "layerNormalization: x has no axis")
    let features = x.shape[x.rank - 1]
    require(
        gamma.map { $0.shape == [features] } ?? true && beta.map { $0.shape == [features] } ?? true,
        "layerNormalization: gamma \(gamma?.shape ?? []) and beta \(beta?.shape ?? []) do not fit x \(x.shape)")
    let rows = x.count / max(features, 1)
    let statistics = Buffer(uninitialized: 2 * rows)
    let inputs = [x] + (gamma.map { [$0] } ?? []) + (beta.map { [$0] } ?? [])
    return Tensor.operation(shape: x.shape, inputs) { out in
        x.withPointer { px in
            withPointer(gamma) { pg in
                withPointer(beta) {
                    ser_layer_normalize(Int64(rows), Int64(features), px, pg, $0, epsilon, out, statistics.pointer)
                }
            }
        }
    } pullback: { [x = x.detached, gamma = gamma?.detached, hasBeta = beta != nil] _ in
        { upstream, cotangents in
            let dx = cotangents.isWanted(0) ? Buffer(uninitialized: x.count) : nil
            let dgamma = gamma == nil ? nil : Buffer(uninitialized: features)
            let dbeta = hasBeta ? Buffer(uninitialized: features) : nil
            withPointers(x, upstream) { px, dy in
                withPointer(gamma) { pg in
                    ser_layer_normalize_backward(
                        Int64(rows), Int64(features), px, pg, statistics.pointer, dy, dx?.pointer, dgamma?.pointer,
                        dbeta?.pointer)
                }
            }
            if let dx { cotangents.add(Tensor(buffer: dx, shape: x.shape), to: 0) }
            if let dgamma { cotangents.add(Tensor(buffer: dgamma, shape: [features]), to: 1) }
            if let dbeta { cotangents.add(Tensor(buffer: dbeta, shape: [features]), to: gamma == nil ? 1 : 2) }
        }
    }
}
