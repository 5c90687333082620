// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// Networks of layers that are written as ONNX and not read back.
enum WrittenOnlyGraphs {
    static func all() throws -> [Model] {
        let models = [
            try sequence { AttentionPooling() },
            try sequence { AttentionPooling(units: 7) },
            try sequence { StatisticsPooling() },
            try sequence {
                MeanNormalization(); AttentiveStatisticsPooling(units: 7, heads: 2); SpeakerNorm()
            },
            try sequence {
                MultiHeadSelfAttention(heads: 2); GlobalAveragePool()
            },
            try sequence {
                MultiHeadSelfAttention(heads: 3, bias: false); LSTM(4)
            },
            try sequence {
                AdditiveSelfAttention(units: 5); GlobalMaxPool()
            },
            try sequence {
                SqueezeExcitation(reduction: 2); GRU(5, bidirectional: .mean)
            },
            try sequence {
                TimeDistributed(Dense(7)); ReLU(); RNN(4, bidirectional: .mean, output: .allSteps); StatisticsPooling()
            },
            try sequence {
                Bidirectional(GRU(4, layers: 2)); Tanh()
            },
            try sequence {
                Bidirectional(LSTM(4, output: .allSteps), merge: .sum); AttentionPooling()
            },
            try sequence {
                Bidirectional(Conv1D(4, kernel: 3, stride: 2), merge: .mean); GlobalAveragePool()
            },
            // ResLSTM-SA.
            try sequence {
                Residual { LSTM(12, output: .allSteps) }
                BatchNorm()
                LSTM(16, output: .allSteps)
                AttentionPooling()
                BatchNorm()
                Dropout(0.3)
            },
            // One convolution used twice, with a normalisation of its own behind each use.
            try sequence {
                Conv1D(12, kernel: 3, padding: .same).named("shared")
                BatchNorm()
                Shared("shared").named("again")
                BatchNorm()
                GlobalAveragePool()
            },
            try Model(input: [2, 8, .time], seed: 4) {
                Conv2D(6, kernel: 3, padding: .same); SqueezeExcitation(reduction: 3); GlobalAveragePool(); Dense(4)
            },
            try Model(input: [2, 8, 20], seed: 4) {
                SqueezeExcitation(reduction: 1); MaxPool2D(2); Flatten(); Dense(4)
            },
            try Model(input: [.time, 10, 2], seed: 4) {
                TimeDistributed(Conv1D(3, kernel: 4)); Flatten(startAxis: 1); Bidirectional(RNN(5)); Dense(4)
            },
            try Model(input: [15, 6], seed: 4) {
                Bidirectional(GRU(5, output: .allSteps)); Flatten(); Dense(4)
            },
        ]
        return models.enumerated().map { index, model in
            var filled = model
            for path in model.state.paths {
                filled.state[path] = .uniform(
                    model.state[path].shape, low: 0.3, high: 1.7, key: RandomKey(seed: UInt64(index)))
            }
            return filled
        }
    }

    private static func sequence(@NetworkBuilder _ network: () -> Block) throws -> Model {
        try Model(input: [.time, 12], seed: 4) {
            network()
            Dense(4)
        }
    }
}
