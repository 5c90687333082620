// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// A result that a peer computed; see Tests/Fixtures/audio_reference.py.
struct ReferenceCase: Decodable, Sendable, CustomStringConvertible {
    var feature: String
    var input: String?
    var settings: ReferenceSettings
    var shape: [Int]
    var step: Int
    var offset: Int
    var count: Int

    var description: String { "\(feature) of \(input ?? "-") with \(settings.names)" }
}

/// Settings under the peers' names; the JSON tells null from absent.
struct ReferenceSettings: Decodable, Sendable {
    private var values: [String: Value]
    var names: String { values.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ",") }

    enum Value: Decodable, Sendable, CustomStringConvertible {
        case number(Double), text(String), flag(Bool), none

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .none
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var description: String {
            switch self {
            case .number(let number): "\(number)"
            case .text(let text): text
            case .flag(let flag): "\(flag)"
            case .none: "null"
            }
        }
    }

    init(from decoder: any Decoder) throws { values = try decoder.singleValueContainer().decode([String: Value].self) }

    func number(_ name: String) -> Double? { if case .number(let number)? = values[name] { number } else { nil } }
    func int(_ name: String) -> Int? { number(name).map { Int($0) } }
    func text(_ name: String) -> String? { if case .text(let text)? = values[name] { text } else { nil } }
    func flag(_ name: String) -> Bool? { if case .flag(let flag)? = values[name] { flag } else { nil } }
    func isNull(_ name: String) -> Bool { if case .none? = values[name] { true } else { false } }
}

/// The cases of one JSON file with its binary.
struct AudioReference: Sendable {
    let cases: [ReferenceCase]
    private let values: [Float]
    private let sounds: URL

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/audio")
    /// Where real speech lies, if it does.
    static let data = ProcessInfo.processInfo.environment["SER_DATA"].map { URL(fileURLWithPath: $0) }

    /// Sounds made by the script, and real files where there are any.
    static func all() throws -> [AudioReference] { try loaded.get() }

    private static let loaded = Result {
        let made = try AudioReference("reference", sounds: folder)
        return try [made] + (data.map { [try AudioReference("real", sounds: $0)] } ?? [])
    }

    init(_ name: String, sounds: URL) throws {
        self.sounds = sounds
        let json = try Data(contentsOf: Self.folder.appendingPathComponent("\(name).json"))
        cases = try JSONDecoder().decode([ReferenceCase].self, from: json)
        let binary = try Data(contentsOf: Self.folder.appendingPathComponent("\(name).bin"))
        values = stride(from: 0, to: binary.count, by: 4).map { at in
            Float(bitPattern: binary[at..<at + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        }
    }

    func url(_ input: String?) throws -> URL {
        let input = try #require(input)
        return sounds.appendingPathComponent(input.hasSuffix(".wav") ? input : "\(input).wav")
    }

    func expected(_ item: ReferenceCase) -> [Float] { Array(values[item.offset..<item.offset + item.count]) }

    /// Compares shapes first, then values, |a - b| <= absolute + relative |b|, and reports the worst index.
    func compare(
        _ result: FeatureMatrix, with item: ReferenceCase, absolute: Float = 1e-3, relative: Float = 1e-4,
        ofLargest: Float = 0
    ) {
        guard [result.frames, result.coefficients] == item.shape else {
            Issue.record("\(item): shape [\(result.frames), \(result.coefficients)], expected \(item.shape)")
            return
        }
        let expected = expected(item)
        let largest = expected.map(abs).max() ?? 0
        var worst: (excess: Float, index: Int) = (0, -1)
        for (place, b) in expected.enumerated() {
            let a = result.values[place * item.step]
            let error = abs(a - b) / (absolute + ofLargest * largest + relative * abs(b) + 1e-30)
            if !(error <= worst.excess) { worst = (error, place * item.step) }
        }
        let message =
            "\(item): worst at flat index \(worst.index) of shape \(item.shape): "
            + (worst.index < 0 ? "-" : "\(result.values[worst.index]), expected \(expected[worst.index / item.step])")
        if ProcessInfo.processInfo.environment["SER_PRINT_ERRORS"] != nil { print(worst.excess, message) }
        #expect(worst.excess <= 1, "\(message)")
    }
}
