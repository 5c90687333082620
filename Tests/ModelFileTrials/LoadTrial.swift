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
        /// What reading and the first prediction took of the processor, all threads together: what others do beside it
        /// does not change it.
        var processorMilliseconds: Double
    }

    static func run(_ file: URL) throws -> String {
        let clip = Recognizers.noise(seconds: 3)
        let start = now(), processor = processorTime()
        let recognizer = try Recognizer(contentsOf: file)
        let loaded = now()
        let first = try recognizer.recognize(clip)
        let predicted = now(), used = processorTime() - processor
        let second = try recognizer.recognize(clip)
        let end = now()
        guard first == second else { throw CocoaError(.coderInvalidValue) }
        let result = Result(
            loadMilliseconds: loaded - start, firstPredictionMilliseconds: predicted - loaded,
            secondPredictionMilliseconds: end - predicted, processorMilliseconds: used)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(result), as: UTF8.self)
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
    }

    private static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-6 }
}
