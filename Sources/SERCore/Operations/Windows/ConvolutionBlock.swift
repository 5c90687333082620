// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Where a normalisation takes mean and variance from.
package enum NormalizationStatistics {
    /// From the batch at hand.
    case batch
    /// These, which do not depend on the input: inference, and layers that are frozen.
    case fixed(mean: Tensor, variance: Tensor)
}

/// Mean and biased variance per channel that a normalisation used, constants to differentiation, and over how many values
/// they were taken.
package struct BatchStatistics: Sendable {
    package var mean: Tensor
    package var variance: Tensor
    package var count: Int
}

/// Convolution, batch normalisation, ReLU and max pooling in one operation, for networks in which they follow each other.
///
/// Computes what ``convolution2D(_:weight:bias:stride:padding:dilation:groups:lengths:)``, ``batchNormalization``, `relu`
/// and ``maxPooling2D`` compute one after the other, without writing the images between them to memory. Between blocks that
/// follow each other, images may lie channels-last, as the kernels have them.
package struct ConvolutionBlockOperation {
    private var convolution: ConvolutionOperation
    private var gamma: Tensor
    private var beta: Tensor
    private let epsilon: Float
    private let pool: Extent
    private let rectifies: Bool
    private let pooledChannelsLast: Bool
    private let outLengths: [Int]?
    private let pooledLengths: [Int]?
    private let outputShape: [Int]
    /// Weight and bias as the kernels read them; nil: packed on each call.
    private var packed: Buffer?

    /// - Parameters:
    ///   - x: [batch, channels, height, width], or [batch, height, width, channels] with `channelsLast`.
    ///   - pool: Window and stride of the pooling, which drops windows that do not fit; 1 for none.
    ///   - pooledChannelsLast: Whether the result is [batch, height, width, channels].
    package init(
        x: Tensor, weight: Tensor, bias: Tensor?, gamma: Tensor, beta: Tensor, epsilon: Float,
        geometry: WindowGeometry, groups: Int, rectifies: Bool, pool: Extent, lengths: [Int]?,
        channelsLast: Bool = false, pooledChannelsLast: Bool = false
    ) {
        require(x.rank == 4 && weight.rank == 4, "convolution block: x \(x.shape), weight \(weight.shape)")
        convolution = ConvolutionOperation(
            "convolution block", x, weight, bias, geometry, groups: groups, channelsLast: channelsLast, lengths: lengths
        )
        require(
            gamma.shape == [weight.shape[0]] && beta.shape == gamma.shape && pool.height > 0 && pool.width > 0,
            "convolution block: gamma \(gamma.shape), beta \(beta.shape), pool \(pool), filters \(weight.shape[0])")
        self.gamma = gamma
        self.beta = beta
        self.epsilon = epsilon
        self.pool = pool
        self.rectifies = rectifies
        self.pooledChannelsLast = pooledChannelsLast
        outLengths = lengths?.map { geometry.outputLength($0) }
        pooledLengths = outLengths?.map { $0 / pool.width }
        let (batch, filters) = (x.shape[0], weight.shape[0])
        let (height, width) = (convolution.outputHeight / pool.height, convolution.outputWidth / pool.width)
        outputShape = pooledChannelsLast ? [batch, height, width, filters] : [batch, filters, height, width]
    }

    private func withBlock(isConstant: Bool, _ body: (UnsafePointer<ser_convolution_block>) -> Void) {
        withWidths(convolution.lengths) { widths in
            withWidths(outLengths) { outWidths in
                withWidths(pooledLengths) { pooledWidths in
                    var block = ser_convolution_block(
                        convolution: convolution.shape, pool_height: Int64(pool.height), pool_width: Int64(pool.width),
                        relu: rectifies ? 1 : 0, pooled_channels_last: pooledChannelsLast ? 1 : 0,
                        constant_input: isConstant ? 1 : 0, in_widths: widths, out_widths: outWidths,
                        pooled_widths: pooledWidths)
                    body(&block)
                }
            }
        }
    }

    /// Takes weight and bias packed, where `make` keeps what it is asked for.
    package mutating func prepare(_ make: (_ count: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) -> Buffer?) {
        var packed: Buffer?
        withBlock(isConstant: true) { block in
            let count = Int(ser_convolution_block_packed_size(block))
            guard count > 0 else { return }
            packed = make(count) { out in
                convolution.weight.withPointer { w in
                    withPointer(convolution.bias) { ser_convolution_block_pack(block, w, $0, out) }
                }
            }
        }
        self.packed = packed
    }

    /// The result and the statistics used; over an image too small for the kernel, nothing and statistics of no values.
    package func callAsFunction(_ statistics: NormalizationStatistics) -> (Tensor, BatchStatistics) {
        let filters = gamma.shape[0]
        if convolution.isEmpty {
            let none = Tensor.zeros([filters])
            return (Tensor.zeros(outputShape), BatchStatistics(mean: none, variance: none, count: 0))
        }
        let isConstant = convolution.x.trace == nil
        let inputs = [convolution.x, convolution.weight, gamma, beta] + (convolution.bias.map { [$0] } ?? [])
        let isRecorded = inputs.contains { $0.trace != nil }
        var used: BatchStatistics
        let isFrozen: Bool
        switch statistics {
        case .batch:
            used = BatchStatistics(mean: Tensor.zeros([filters]), variance: Tensor.zeros([filters]), count: 0)
            isFrozen = false
        case .fixed(let mean, let variance):
            used = BatchStatistics(mean: mean.detached, variance: variance.detached, count: 0)
            isFrozen = true
        }
        var saved: (output: Buffer, winners: Buffer)?
        let output = Tensor(shape: outputShape) { out in
            withBlock(isConstant: isConstant) { block in
                used.count = Int(ser_convolution_block_count(block))
                if isRecorded || !isFrozen {
                    saved = (
                        Buffer(uninitialized: Int(ser_convolution_block_saved_output(block))),
                        Buffer(uninitialized: Int(ser_convolution_block_saved_winners(block)))
                    )
                }
                forward(block, isFrozen, used, saved, out)
            }
        }
        let result = output.recorded(inputs) { [self] _ in
            let operation = detached
            return { [used, saved] upstream, cotangents in
                guard let saved else { return }
                operation.pullBack(upstream, &cotangents, used, isFrozen, isConstant, saved)
            }
        }
        return (result, used)
    }

    private func forward(
        _ block: UnsafePointer<ser_convolution_block>, _ isFrozen: Bool, _ used: BatchStatistics,
        _ saved: (output: Buffer, winners: Buffer)?, _ out: UnsafeMutablePointer<Float>
    ) {
        withPointers(convolution.x, convolution.weight) { x, w in
            withPointers(gamma, beta) { gamma, beta in
                withPointer(convolution.bias) { bias in
                    if isFrozen {
                        withPointers(used.mean, used.variance) { mean, variance in
                            ser_convolution_block_apply(
                                block, x, w, bias, gamma, beta, epsilon, mean, variance, packed?.pointer,
                                saved?.output.pointer, saved?.winners.pointer, out)
                        }
                    } else if let saved {
                        // The statistics' buffers are new and nobody else has seen them.
                        ser_convolution_block_train(
                            block, x, w, bias, gamma, beta, epsilon, used.mean.buffer.pointer,
                            used.variance.buffer.pointer, saved.output.pointer, saved.winners.pointer, out)
                    }
                }
            }
        }
    }

    /// The same with tensors that are constants, for the pullback to keep.
    private var detached: ConvolutionBlockOperation {
        var copy = self
        copy.convolution = convolution.detached
        copy.gamma = gamma.detached
        copy.beta = beta.detached
        copy.packed = nil
        return copy
    }

    private func pullBack(
        _ upstream: Tensor, _ cotangents: inout Cotangents, _ used: BatchStatistics, _ isFrozen: Bool,
        _ isConstant: Bool,
        _ saved: (output: Buffer, winners: Buffer)
    ) {
        let (x, weight, filters) = (convolution.x, convolution.weight, gamma.shape[0])
        let dx = !isConstant && cotangents.isWanted(0) ? Buffer(uninitialized: x.count) : nil
        let dw = Buffer(uninitialized: weight.count)
        let (dgamma, dbeta) = (Buffer(uninitialized: filters), Buffer(uninitialized: filters))
        let dbias = convolution.bias == nil ? nil : Buffer(uninitialized: filters)
        withBlock(isConstant: isConstant) { block in
            withPointers(x, weight, upstream) { px, pw, dy in
                withPointers(gamma, beta) { pg, pb in
                    withPointers(used.mean, used.variance) { mean, variance in
                        withPointer(convolution.bias) { bias in
                            ser_convolution_block_backward(
                                block, px, pw, bias, pg, pb, epsilon, mean, variance, isFrozen ? 1 : 0,
                                saved.output.pointer, saved.winners.pointer, dy, dx?.pointer, dw.pointer,
                                dbias?.pointer, dgamma.pointer, dbeta.pointer)
                        }
                    }
                }
            }
        }
        if let dx { cotangents.add(Tensor(buffer: dx, shape: x.shape), to: 0) }
        cotangents.add(Tensor(buffer: dw, shape: weight.shape), to: 1)
        cotangents.add(Tensor(buffer: dgamma, shape: [filters]), to: 2)
        cotangents.add(Tensor(buffer: dbeta, shape: [filters]), to: 3)
        if let dbias { cotangents.add(Tensor(buffer: dbias, shape: [filters]), to: 4) }
    }
}
