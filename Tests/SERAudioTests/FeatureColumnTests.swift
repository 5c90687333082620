// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

@Suite struct FeatureColumnTests {
    private func mfcc(_ coefficients: Int, deltas: Int) -> MFCC {
        var features = MFCC(.librosa, coefficients: coefficients)
        features.deltas = deltas
        return features
    }

    @Test func extractorsSayWhatTheirColumnsAre() throws {
        let cepstra: [FeatureColumn] = [.cepstrum(0), .cepstrum(1)]
        #expect(mfcc(2, deltas: 0).columns == cepstra)
        #expect(
            mfcc(2, deltas: 2).columns
                == cepstra + cepstra.map { .delta(order: 1, of: $0) } + cepstra.map { .delta(order: 2, of: $0) })
        let bands = LogMel(.kaldi)
        let centers = bands.filters.centers(sampleRate: 16_000)
        #expect(bands.columns == centers.map { .band(center: $0) } && centers == centers.sorted())
        #expect(RMSEnergy().columns == [.energy] && ZeroCrossingRate().columns == [.zeroCrossings])
        for features: any FeatureExtractor in [mfcc(13, deltas: 3), bands, RMSEnergy(), ZeroCrossingRate()] {
            #expect(features.columns.count == features.coefficients)
            #expect(Set(features.columns.map(\.description)).count == features.coefficients)
        }
    }

    /// A column that is said to be a delta of another holds that one's derivative.
    @Test func deltasAreOfTheColumnsTheyName() throws {
        let features = mfcc(3, deltas: 2)
        let samples = (0..<22_050).map { Float(sin(Double($0 * $0) / 9e5)) }
        let matrix = try features.extract(AudioClip(samples: samples, sampleRate: 22_050))
        let whole = try mfcc(3, deltas: 0).extract(AudioClip(samples: samples, sampleRate: 22_050))
        for (place, column) in features.columns.enumerated() {
            guard case .delta(let order, of: .cepstrum(let index)) = column else {
                #expect(column == .cepstrum(place) && matrix.column(place) == whole.column(place))
                continue
            }
            #expect(matrix.column(place) == (try whole.delta(order: order)).column(index), "\(column)")
        }
    }

    @Test(arguments: [
        (FeatureColumn.cepstrum(3), "MFCC 3"), (.band(center: 517.4), "band at 517 Hz"),
        (.delta(order: 1, of: .cepstrum(0)), "delta of MFCC 0"),
        (.delta(order: 2, of: .band(center: 100)), "delta-delta of band at 100 Hz"),
        (.delta(order: 3, of: .energy), "delta 3 of energy"), (.zeroCrossings, "zero crossings"),
        (.named("loudest"), "loudest"), (.named("MFCC 3"), "MFCC 3"),
    ])
    func columnsHaveNamesAndComeBackFromJSON(_ column: FeatureColumn, name: String) throws {
        #expect("\(column)" == name)
        let back = try JSONDecoder().decode([FeatureColumn].self, from: JSONEncoder().encode([column]))
        #expect(back == [column])
    }

    @Test func whatAColumnIsDoesNotDependOnItsName() throws {
        #expect(FeatureColumn.named("MFCC 3") != .cepstrum(3))
        let chain = FeatureColumn.delta(order: 1, of: .delta(order: 1, of: .energy))
        #expect(chain.base == .energy && FeatureColumn.named("a").base == .named("a"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(FeatureColumn.cepstrum(3)), as: UTF8.self)
        #expect(json == #"{"index":3,"kind":"cepstrum"}"#)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(FeatureColumn.self, from: Data(#"{"kind": "magic"}"#.utf8))
        }
    }
}
