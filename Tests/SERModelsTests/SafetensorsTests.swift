// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import SERTestSupport
import Testing

/// A safetensors file of a header and bytes, which need not fit each other.
private func file(_ header: String, bytes: Int = 0, in folder: TemporaryFolder) throws -> URL {
    var data = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(Data(header.utf8))
    data.append(Data(repeating: 0, count: bytes))
    let url = folder.path("file.safetensors")
    try data.write(to: url)
    return url
}

@Suite struct SafetensorsTests {
    private let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/safetensors_types.safetensors")

    private func values(_ name: String, _ reader: SafetensorsReader) throws -> [UInt32] {
        try reader.tensor(#require(reader.entry(name))).scalars.map(\.bitPattern)
    }

    @Test(arguments: ["float64", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"])
    func everyFloatingPointTypeBecomesWhatPyTorchMakesOfIt(type: String) throws {
        let reader = try SafetensorsReader(at: fixture)
        let read = try values(type, reader)
        #expect(read.count > 200)
        #expect(try read == values(type + ".expected", reader))
    }

    @Test(arguments: [WeightStorage.float16, .bfloat16, .float32])
    func narrowStorageRoundsAsPyTorchDoes(storage: WeightStorage) throws {
        let reader = try SafetensorsReader(at: fixture)
        let folder = try TemporaryFolder()
        var writer = SafetensorsWriter(metadata: ["a": "\"\\\u{e9}\n\u{1F600}"])
        writer.add(["values": try reader.tensor(#require(reader.entry("values")))], prefix: "x.", storage: storage)
        writer.add(["empty": Tensor.zeros([2, 0])])
        try writer.write(to: folder.path("narrow"))
        let narrow = try SafetensorsReader(at: folder.path("narrow"))
        #expect(narrow.metadata == ["a": "\"\\\u{e9}\n\u{1F600}"])
        let expected = storage == .float32 ? "values" : "values.\(storage.rawValue)"
        #expect(try values("x.values", narrow) == values(expected, reader))
        #expect(
            narrow.entry("x.values")?.typeName
                == ["float32": "F32", "float16": "F16", "bfloat16": "BF16"][storage.rawValue])
    }

    @Test func metadataShapesAndOtherTypesAreTold() throws {
        let reader = try SafetensorsReader(at: fixture)
        #expect(reader.metadata == ["made by": "PyTorch", "quotes": "a \"b\" \\ \u{e9}\n"])
        #expect(reader.entry("empty")?.shape == [3, 0])
        #expect(try reader.tensor(#require(reader.entry("empty"))).count == 0)
        let number = try #require(reader.entry("num_batches_tracked"))
        #expect(number.shape == [] && number.typeName == "I64" && !number.isFloatingPoint)
        let error = #expect(throws: ModelFileError.self) { try reader.tensor(number) }
        #expect(
            error?.description.contains("num_batches_tracked") == true && error?.description.contains("I64") == true)
        #expect(reader.entry("nothing") == nil)
    }

    @Test func whatIsNotFiniteIsNeitherReadNorWritten() throws {
        let folder = try TemporaryFolder()
        for (value, storage) in [
            (Float.nan, WeightStorage.float32), (.infinity, .float32), (65_520, .float16), (3.4e38, .bfloat16),
        ] {
            var writer = SafetensorsWriter()
            writer.add(["weight": Tensor([1, value])], storage: storage)
            let error = #expect(throws: ModelFileError.self) { try writer.write(to: folder.path("x")) }
            #expect(error?.description.contains("'weight'") == true)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("x").path))
        let header = #"{"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}"#
        let url = try file(header, in: folder)
        try (Data(contentsOf: url) + [0x80, 0x7f]).write(to: url)
        let reader = try SafetensorsReader(at: url)
        #expect(throws: ModelFileError.self) { try reader.tensor(reader.entries[0]) }
    }

    /// Each header is wrong in one way; the message must say in which.
    @Test(arguments: [
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            12, "overlap"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
            12, "belong to no tensor"
        ),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 12, "8 bytes belong to no tensor"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "cut short"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "12 bytes do not lie"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "do not lie"),
        (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#, 8, "larger than any file"),
        (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#, 8, "too large"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}"#, 8, "whole number"),
        (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, 8, "whole number"),
        (#"{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}"#, 8, "'F31'"),
        (#"{"a":{"dtype":"F32","shape":[2]}}"#, 8, "missing"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}"#, 8, "'more'"),
        (
            #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
            0, "twice"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
            0, "twice"
        ),
        (#"{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#, 0, "'dtype' stands twice"),
        (#"{"__metadata__":{"a":1}}"#, 0, "'\"' is expected"),
        (#"{"__metadata__":{"a":"\ud800"}}"#, 0, "half a character"),
        (#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}} x"#, 0, "after the end"),
        (#"["a"]"#, 0, "'{' is expected"),
        ("", 0, "ends too early"),
        (#"{"a":{"x":"# + String(repeating: "[", count: 2000), 0, "levels"),
    ])
    func damagedHeadersAreNamed(header: String, bytes: Int, word: String) throws {
        let folder = try TemporaryFolder()
        let url = try file(header, bytes: bytes, in: folder)
        let error = #expect(throws: ModelFileError.self) { try SafetensorsReader(at: url) }
        let text = error?.description ?? ""
        #expect(text.contains(word) && text.contains(url.path), "\(text)")
        guard case .damaged = error else {
            Issue.record("not told as damage: \(text)")
            return
        }
    }

    @Test func lengthsBeyondTheFileAndOtherThingsThanFilesAreRefused() throws {
        let folder = try TemporaryFolder()
        for length: UInt64 in [3, 1 << 20, 1 << 62, .max] {
            var data = withUnsafeBytes(of: length.littleEndian) { Data($0) }
            data.append(Data("{}".utf8))
            try data.write(to: folder.path("long"))
            #expect(throws: ModelFileError.self) { try SafetensorsReader(at: folder.path("long")) }
        }
        for path in ["none", ""] {
            let error = #expect(throws: ModelFileError.self) { try SafetensorsReader(at: folder.path(path)) }
            guard case .unreadable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        #expect(throws: ModelFileError.self) { try SafetensorsReader(at: URL(fileURLWithPath: "/dev/zero")) }
    }

    /// A file that becomes shorter after its header was checked must not end the process, as a map of it would.
    @Test func aFileThatShrinksWhileItIsReadIsToldOf() throws {
        let folder = try TemporaryFolder()
        var writer = SafetensorsWriter()
        writer.add(["weight": Tensor.zeros([100_000])])
        try writer.write(to: folder.path("shrinking"))
        let reader = try SafetensorsReader(at: folder.path("shrinking"))
        #expect(truncate(folder.path("shrinking").path, 4096) == 0)
        let error = #expect(throws: ModelFileError.self) { try reader.tensor(reader.entries[0]) }
        #expect(error?.description.contains("shorter") == true)
    }
}
