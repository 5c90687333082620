// SPDX-License-Identifier: Apache-2.0

/// Blocks of convolution, batch normalisation, ReLU, max pooling and dropout that follow each other in a network: each
/// block runs as one operation, and between blocks images lie as the kernels have them.
package struct ConvolutionChain: LayerChain {
    private struct Block: Sendable {
        var convolution: Conv2D
        var normalization: BatchNorm
        var rectifies: Bool
        var pooling: MaxPool2D?
        var dropout: Dropout?
        var count: Int

        /// The block that `layers` begin with; ReLU, pooling and dropout may be missing.
        init?(_ layers: some Sequence<any Layer>) {
            var rest = layers.makeIterator()
            guard let convolution = rest.next() as? Conv2D, let normalization = rest.next() as? BatchNorm else {
                return nil
            }
            self.convolution = convolution
            self.normalization = normalization
            var (next, count) = (rest.next(), 2)
            rectifies = next is ReLU
            if rectifies { (next, count) = (rest.next(), count + 1) }
            if let pooling = next as? MaxPool2D, pooling.stride == pooling.window, pooling.padding == .valid {
                self.pooling = pooling
                (next, count) = (rest.next(), count + 1)
            }
            if let dropout = next as? Dropout {
                self.dropout = dropout
                count += 1
            }
            self.count = count
        }

        /// - Parameter scopes: Those of the block's layers, in order.
        func callAsFunction(
            _ input: Signal, in context: inout Context, scopes: some BidirectionalCollection<LayerScope>,
            channelsLast: Bool, pooledChannelsLast: Bool
        ) -> Signal {
            guard let first = scopes.first, let second = scopes.dropFirst().first, let last = scopes.last else {
                return input
            }
            context.scope = first
            let (weight, bias) = (context.parameter("weight"), convolution.bias ? context.parameter("bias") : nil)
            context.scope = second
            var operation = ConvolutionBlockOperation(
                x: input.values, weight: weight, bias: bias, gamma: context.parameter("weight"),
                beta: context.parameter("bias"), epsilon: normalization.epsilon, geometry: convolution.geometry,
                groups: convolution.groups, rectifies: rectifies, pool: pooling?.window ?? 1,
                lengths: input.lengths, channelsLast: channelsLast, pooledChannelsLast: pooledChannelsLast)
            context.scope = first
            operation.prepare { context.prepared("packed", count: $0, fill: $1) }
            context.scope = second
            let (pooled, used) = operation(normalization.statistics(in: context))
            normalization.follow(used, in: &context)
            var values = pooled
            if let dropout {
                context.scope = last
                values = dropout(pooled, in: &context)
            }
            let lengths = input.lengths?.map { length in
                let convolved = convolution.outputLength(for: length)
                return pooling?.outputLength(for: convolved) ?? convolved
            }
            return Signal(values, lengths: lengths)
        }
    }

    private let blocks: [Block]
    /// How many layers are taken together.
    package let count: Int

    /// The longest chain that `layers` begin with, nil when they begin with none.
    package init?(_ layers: some Collection<any Layer>) {
        var blocks: [Block] = []
        var count = 0
        while let block = Block(layers.dropFirst(count)) {
            blocks.append(block)
            count += block.count
        }
        guard count > 0 else { return nil }
        self.blocks = blocks
        self.count = count
    }

    /// Computes the chain on [batch, channels, height, width].
    package func callAsFunction(
        _ input: Signal, in context: inout Context, scopes: ArraySlice<LayerScope>
    ) -> Signal {
        // Lengths that are all full stay away from the kernels, which then need not look at each row.
        var signal = Signal(input.values, lengths: input.partialLengths)
        var rest = scopes
        for (index, block) in blocks.enumerated() {
            signal = block(
                signal, in: &context, scopes: rest.prefix(block.count), channelsLast: index > 0,
                pooledChannelsLast: index < blocks.count - 1)
            rest = rest.dropFirst(block.count)
        }
        if signal.lengths == nil { signal.lengths = input.lengths.map { $0.map(outputLength) } }
        signal.timeAxis = input.timeAxis
        return signal
    }

    private func outputLength(for length: Int) -> Int {
        blocks.reduce(length) { length, block in
            let convolved = block.convolution.outputLength(for: length)
            return block.pooling?.outputLength(for: convolved) ?? convolved
        }
    }
}
