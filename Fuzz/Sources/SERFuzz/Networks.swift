// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels

/// Small networks that together hold layers of many kinds.
enum Networks {
    static func all() throws -> [String: Model] {
        [
            "dense": try Model(input: [10], seed: 1) {
                Dense(4); GELU(); Dropout(0.1); Dense(2)
            },
            "recurrent": try Model(input: [.time, 5], seed: 2) {
                Conv1D(3, kernel: 3, padding: .same)
                BatchNorm()
                ReLU()
                GRU(2, bidirectional: .concatenate, output: .allSteps)
                LayerNorm()
                GlobalAveragePool()
                Dense(2)
            },
            "image": try Model(input: [1, 5, 22], seed: 3) {
                Conv2D(2, kernel: 3, padding: .same)
                BatchNorm()
                ReLU()
                MaxPool2D(2)
                Flatten()
                Dense(2)
            },
            "lstm": try Model(input: [.time, 5], seed: 4) {
                MaxPool1D(2)
                LSTM(2, bidirectional: .sum, output: .allSteps)
                GlobalMaxPool()
                LeakyReLU()
                Dense(2)
            },
            "rnn": try Model(input: [.time, 5], seed: 5) {
                RNN(2, activation: .relu, output: .allSteps)
                RNN(2, bidirectional: .mean)
                ELU()
                Dense(2)
            },
            "branches": try Model(input: [.time, 5], seed: 6) {
                Parallel(merge: Concatenate()) {
                    GRU(2)
                    GlobalAveragePool()
                }
                Tanh()
                Dense(2)
                Softmax()
            },
            "pooled": try Model(input: [1, 5, .time], seed: 7) {
                Conv2D(2, kernel: 3, padding: .same)
                AveragePool2D(2)
                GlobalAveragePool()
                Sigmoid()
                Dense(2)
            },
        ]
    }

    static func recognizers() throws -> [String: Recognizer] {
        try all().filter { $0.value.graph.input != [1, 5, .time] }.mapValues { model in
            let columns = model.graph.input.rank == 1 ? model.graph.input.count ?? 0 : 5
            let pipeline = try FeaturePipeline(
                for: model.graph.input, extractor: MFCC(.librosa, coefficients: 5), seconds: 0.5)
            let numbers = [
                "mean": [Double](repeating: 0, count: columns),
                "standardDeviation": [Double](repeating: 1, count: columns),
            ]
            let scale = try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers))
            return try Recognizer(model: model, pipeline: pipeline, standardization: scale, labels: ["a", "b"])
        }
    }
}
