// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import Testing

/// What cannot work stops the program with a message, in optimised builds too.
@Suite struct MisuseTests {
    /// That a process wrote why it stopped.
    private func expect(
        _ result: ExitTest.Result?, says text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("Fatal error: \(text)"), "\(message)", sourceLocation: sourceLocation)
    }

    @Test func lossesSaySo() async {
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = crossEntropy(logits: .ones([2, 3]), labels: [0, 3])
            }, says: "crossEntropy: a label is outside 0..<3")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = crossEntropy(logits: .ones([2, 3]), labels: [0])
            }, says: "crossEntropy: logits [2, 3] do not fit 1 labels")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = crossEntropy(logits: .ones([2, 3]), targets: .ones([3, 2]))
            }, says: "crossEntropy: logits [2, 3] do not fit targets [3, 2]")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = crossEntropy(logits: .ones([2, 3]), labels: [0, 1], classWeights: [1])
            }, says: "crossEntropy: 1 class weights for 3 classes")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = crossEntropy(logits: .ones([2, 3]), labels: [0, 1], labelSmoothing: 2)
            }, says: "crossEntropy: label smoothing 2.0 is outside 0...1")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = crossEntropy(logits: Tensor(1), labels: [])
            }, says: "crossEntropy: logits [] have no classes")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = meanSquaredError(.ones([4, 1]), Tensor([0, 1, 2, 3]))
            }, says: "meanSquaredError: predictions [4, 1] do not fit targets [4]")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = binaryCrossEntropy(logits: .ones([2]), targets: .ones([3]))
            }, says: "binaryCrossEntropy: logits [2] do not fit targets [3]")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = binaryCrossEntropy(logits: .ones([2]), targets: .ones([2]), positiveWeights: [1])
            }, says: "binaryCrossEntropy: 1 weights for a last axis of 2")
    }

    @Test func convolutionsAndPoolingsSaySo() async {
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = convolution1D(.ones([2, 5]), weight: .ones([4, 3, 2]))
            }, says: "convolution1D: x [2, 5] and weight [4, 3, 2] do not fit")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = convolution2D(.ones([2, 5, 5]), weight: .ones([4, 3, 2, 2]))
            }, says: "convolution2D: x [2, 5, 5] and weight [4, 3, 2, 2] do not fit")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = convolution1D(.ones([2, 5, 3]), weight: .ones([4, 2, 2]))
            }, says: "convolution1D: weight [4, 2, 2] in 1 groups does not fit the 3 channels")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = convolution1D(.ones([2, 5, 3]), weight: .ones([4, 3, 2]), bias: .ones([3]))
            }, says: "convolution1D: bias [3] is not [4]")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = convolution1D(.ones([2, 5, 3]), weight: .ones([4, 3, 2]), stride: 0)
            }, says: "convolution1D: a stride of 1 to 65536 is needed")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = convolution1D(.ones([2, 5, 3]), weight: .ones([4, 3, 2]), lengths: [5, 6])
            }, says: "convolution1D: row 1 has the length 6, but lengths go from 0 to 5")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = convolution2D(.ones([2, 3, 4, 5]), weight: .ones([4, 3, 2, 2]), lengths: [5])
            }, says: "convolution2D: 1 lengths for a batch of 2")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = maxPooling2D(.ones([2, 3]), window: 2)
            }, says: "maxPooling2D: x [2, 3] is not [batch, channels, height, width]")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = averagePooling1D(.ones([2, 3, 4]), window: 2, lengths: [3, -1])
            }, says: "averagePooling1D: row 1 has the length -1, but lengths go from 0 to 3")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = maxPooling1D(.ones([2, 3, 4]), window: 0)
            }, says: "maxPooling1D: a window of 1 to 65536 is needed")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = globalMaxPooling(.ones([2, 3, 4]), lengths: [3, 4])
            }, says: "globalMaxPooling: row 1 has the length 4, but lengths go from 0 to 3")
    }

    @Test func normalizationDropoutAndAttentionSaySo() async {
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = layerNormalization(.ones([2, 3]), gamma: .ones([2]))
            }, says: "layerNormalization: gamma [2] and beta [] do not fit x [2, 3]")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = layerNormalization(Tensor(1))
            }, says: "layerNormalization: x has no axis")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = batchNormalization(
                    .ones([2, 3]), gamma: .ones([2]), beta: .ones([3]), epsilon: 1e-5, statistics: .batch)
            }, says: "batchNormalization: gamma [2] and beta [3] do not fit the 3 channels")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = batchNormalization(
                    .ones([2]), gamma: .ones([2]), beta: .ones([2]), epsilon: 1e-5, statistics: .batch)
            }, says: "batchNormalization: x [2] is not [batch, channels]")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = batchNormalization(
                    .ones([2, 3, 4]), gamma: .ones([4]), beta: .ones([4]), epsilon: 1e-5, statistics: .batch,
                    lengths: [3, 4])
            }, says: "batchNormalization: row 1 has the length 4, but lengths go from 0 to 3")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = dropout(.ones([2]), rate: 1, key: RandomKey(seed: 1))
            }, says: "dropout: rate 1.0 is outside 0..<1")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = softmax(.ones([2, 3]), lengths: [1, 4])
            }, says: "softmax: row 1 has the length 4, but lengths go from 0 to 3")
    }

    @Test func optimizersAndLayersSaySo() async {
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                var optimizer = try Optimizer(.adam(), for: ["w": Tensor([1])])
                var others: Parameters = ["v": Tensor([1])]
                optimizer.update(&others, with: ["v": Tensor([1])])
            }, says: "Optimizer.update: parameters and gradients are not those the optimiser was made for")
        expect(
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let empty: Parameters = [:]
                let scope = LayerScope(path: "dense1", parameters: [], states: [])
                var context = Context(mode: .inference, parameters: empty, state: empty, scope: scope)
                _ = ReLU()([Signal(.ones([1])), Signal(.ones([1]))], in: &context)
            }, says: "relu: one input expected, 2 given")
    }
}
