import Foundation
import SERAudio
import SERCore
import SERModels

/// Small networks that together hold layers of many kinds.
enum Networks {
    static func all() throws -> [String: Model] {
        [
            "dense": try Model(input: [10], seed: 1) { Dense(4); GELU(); Dropout(0.1); Dense(2) },
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
            "lstm": try Model(input: [.time, 5], seed: 4) { LSTM(2); LeakyReLU(); Dense(2) },
        ]
    }

    static func recognizers() throws -> [String: Recognizer] {
        try all().mapValues { model in
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
