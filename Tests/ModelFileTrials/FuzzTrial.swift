// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels

/// Reads many damaged files: each must load, or throw a ModelFileError, quickly and in little memory.
struct FuzzTrial {
    private let key: RandomKey
    private let folder: URL
    private var file: URL { folder.appendingPathComponent("damaged.safetensors") }

    init(seed: UInt64) throws {
        key = RandomKey(seed: seed)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("ser-trials-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private struct Result: Encodable {
        var files = 0
        var loaded = 0
        var refused = 0
        var predicted = 0
        var slowestMilliseconds = 0.0
        var largestFile = 0
        /// Bytes above what the process held before the first damaged file: resident, and of address space.
        var residentGrowth = 0
        var addressGrowth = 0
        var reasons: [String: Int] = [:]
    }

    func run(_ count: Int) throws -> String {
        defer { try? FileManager.default.removeItem(at: folder) }
        let originals = try originals()
        // Everything that is made once for a process is made before memory is looked at.
        for data in originals {
            try data.write(to: file)
            _ = try Recognizer(contentsOf: file).recognize(Recognizers.noise(seconds: 0.3))
            try data.dropLast().write(to: file)
            _ = try? Recognizer(contentsOf: file)
        }
        var result = Result()
        let before = Memory.peak()
        for trial in 0..<count { try attempt(damaged(trial, originals), &result) }
        for number in 0..<Inflation.count { try attempt(Inflation.file(number, of: originals[1]), &result) }
        let after = Memory.peak()
        result.residentGrowth = after.resident - before.resident
        result.addressGrowth = after.address - before.address
        // What loads must also recognise without harm; that may take memory as its features ask for it.
        for trial in stride(from: 0, to: count, by: 4) {
            try damaged(trial, originals).write(to: file)
            guard let recognizer = try? Recognizer(contentsOf: file) else { continue }
            _ = try? recognizer.recognize(Recognizers.noise(seconds: 0.1))
            result.predicted += 1
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(result), as: UTF8.self)
    }

    private func originals() throws -> [Data] {
        try (Recognizers.all() + Recognizers.later()).enumerated().map { index, recognizer in
            try recognizer.save(to: file, storage: [WeightStorage.float32, .float32, .float16, .bfloat16][index % 4])
            return try Data(contentsOf: file)
        }
    }

    private func damaged(_ trial: Int, _ originals: [Data]) -> Data {
        var damage = Damage(key: key.derived(trial))
        return damage.damaged(originals[trial % originals.count], other: originals[(trial + 1) % originals.count])
    }

    private func attempt(_ data: Data, _ result: inout Result) throws {
        try data.write(to: file)
        let start = DispatchTime.now().uptimeNanoseconds
        do throws(ModelFileError) {
            _ = try Recognizer(contentsOf: file)
            result.loaded += 1
        } catch {
            result.refused += 1
            result.reasons[error.kind, default: 0] += 1
        }
        let time = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-6
        result.files += 1
        result.slowestMilliseconds = max(result.slowestMilliseconds, time)
        result.largestFile = max(result.largestFile, data.count)
    }
}

extension ModelFileError {
    fileprivate var kind: String {
        switch self {
        case .unreadable: "unreadable"
        case .damaged: "damaged"
        case .otherKind: "otherKind"
        case .torchArchive: "torchArchive"
        case .foreign: "foreign"
        case .inconsistent: "inconsistent"
        case .unknownLayer: "unknownLayer"
        case .unknownFeatures: "unknownFeatures"
        case .newerFormat: "newerFormat"
        case .unwritable: "unwritable"
        }
    }
}

/// Files that are valid JSON throughout and want much of whoever decodes them: as large as is read at all.
enum Inflation {
    private static let parts = ["ser.graph", "ser.features", "ser.standardization", "ser.labels", "ser.provenance"]
    private static let kinds = 10

    static let count = parts.count * kinds + 2

    /// One file after the other, so that no more than one is in memory.
    static func file(_ number: Int, of data: Data) -> Data {
        let header = String(decoding: Damage.header(of: data), as: UTF8.self)
        switch number - parts.count * kinds {
        case 0:
            return Damage.file(list(38_000) { #""\#($0)":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"# }, Data())
        case 1: return Damage.file(list(360_000, in: #""__metadata__":{"#) { "\"\($0)\":\"\"" } + [0x7d], Data())
        default:
            let changed = replacing(parts[number / kinds], in: header, by: text(number % kinds))
            return Damage.file(Array(changed.utf8), Damage.body(of: data))
        }
    }

    private static func list(_ count: Int, in start: String = "", _ member: (Int) -> String) -> [UInt8] {
        var bytes = Array("{\(start)".utf8)
        for index in 0..<count {
            if index > 0 { bytes.append(0x2c) }
            bytes.append(contentsOf: member(index).utf8)
        }
        return bytes + [0x7d]
    }

    /// JSON of about a megabyte, written as it stands within a JSON string.
    private static func text(_ kind: Int) -> String {
        let long = 1_000_000
        func many(_ piece: String, then last: String) -> String {
            (String(repeating: piece, count: long / piece.utf8.count) + last).replacingOccurrences(
                of: "\"", with: "\\\"")
        }
        switch kind {
        case 0: return "[\(many("0,", then: "0]"))"
        case 1: return "[\(many("[],", then: "[]]"))"
        case 2: return #"{\"mean\":["# + many("0,", then: #"0],"standardDeviation":[0]}"#)
        case 3: return "[\(many("\"\",", then: "\"\"]"))"
        case 4:
            return #"{\"input\":[40],\"nodes\":["#
                + many(#"{"path":"","kind":"relu","inputs":[0],"configuration":{}},"#, then: "0]}")
        case 5: return "{\(many("\"a\":1,", then: "\"a\":1}"))"
        case 6: return many("[", then: "")
        case 7: return many(" ", then: "1")
        case 8: return many("1", then: "")
        default:
            return "{\((0..<70_000).map { #"\"\#($0)\":\"\""# }.joined(separator: ","))}"
        }
    }

    private static func replacing(_ part: String, in header: String, by text: String) -> String {
        guard let start = header.range(of: "\"\(part)\":\""),
            let end = header.range(
                of: #"[^\\]""#, options: .regularExpression, range: start.upperBound..<header.endIndex)
        else { return header }
        return header.replacingCharacters(in: start.upperBound..<header.index(before: end.upperBound), with: text)
    }
}
