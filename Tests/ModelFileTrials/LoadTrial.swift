// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels

/// How long a fresh process takes from the file of the report's CNN to its first prediction.
enum LoadTrial {
    static func write(to file: URL) throws {
        let network = try Architecture.cnn.model(classes: 7, seed: 1)
        try Recognizers.recognizer(network, coefficients: 40, seconds: 3).save(to: file)
    }

    private struct Result: Encodable {
        var loadMilliseconds, firstPredictionMilliseconds, secondPredictionMilliseconds: Double
    }

    static func run(_ file: URL) throws -> String {
        let clip = Recognizers.noise(seconds: 3)
        let start = now()
        let recognizer = try Recognizer(contentsOf: file)
        let loaded = now()
        let first = try recognizer.recognize(clip)
        let predicted = now()
        let second = try recognizer.recognize(clip)
        let end = now()
        guard first == second else { throw CocoaError(.coderInvalidValue) }
        let result = Result(
            loadMilliseconds: loaded - start, firstPredictionMilliseconds: predicted - loaded,
            secondPredictionMilliseconds: end - predicted)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(result), as: UTF8.self)
    }

    private static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-6 }
}
