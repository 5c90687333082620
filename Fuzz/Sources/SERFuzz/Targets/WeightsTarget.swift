import Foundation
import SERInterchange
import SERModels

/// State dictionaries with a table of names before them: a length of one byte, the table as JSON, the safetensors file.
struct WeightsTarget: FuzzTarget {
    private let file: InputFile
    private let model: Model

    init() throws {
        file = try InputFile("input.safetensors")
        guard let model = try Networks.all()["recurrent"] else { throw FuzzFailure("there is no such network") }
        self.model = model
    }

    func read(_ bytes: UnsafeRawBufferPointer) {
        let length = min(Int(bytes.first ?? 0), max(0, bytes.count - 1))
        let table = Data(bytes.dropFirst().prefix(length))
        let names = (try? JSONDecoder().decode([String: String].self, from: table)) ?? [:]
        file.fill(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(1 + length)))
        do throws(InterchangeError) {
            let weights = try StateDict(contentsOf: file.url)
            var model = model
            let loaded = try model.load(weights, names: names, isStrict: bytes.count % 2 == 0)
            expect(bytes.count % 2 == 1 || loaded.missing.isEmpty && loaded.unused.isEmpty, "\(loaded)")
        } catch { expect(!error.description.isEmpty, "an error without words") }
    }

    func seeds() throws -> [String: Data] {
        guard let recognizer = try Networks.recognizers()["recurrent"] else { return [:] }
        try recognizer.save(to: file.url)
        let plain = try Data(contentsOf: file.url)
        let table = Data(#"{"norm":"batchnorm1","head.0":"dense1"}"#.utf8)
        let file = Safetensors(plain)
        let wrapped = file.renamed { "_orig_mod.module.\($0)" }
        let inner = file.renamed { $0.replacing("gru1.", with: "gru1._fsdp_wrapped_module.") }
        return [
            "plain": Data([0]) + plain, "table": Data([UInt8(table.count)]) + table + plain,
            "wrapped": Data([0]) + wrapped, "inner": Data([0]) + inner, "whole-numbers": Data([0]) + file.ofWholeNumbers,
        ]
    }
}

/// A safetensors file taken apart.
private struct Safetensors {
    private var header: [String: Any]
    private let body: Data

    init(_ file: Data) {
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let json = try? JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length))
        header = json as? [String: Any] ?? [:]
        body = file.dropFirst(8 + length)
    }

    private func file(_ header: [String: Any]) -> Data {
        let json = (try? JSONSerialization.data(withJSONObject: header)) ?? Data()
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json + body
    }

    /// The tensors under other names.
    func renamed(_ name: (String) -> String) -> Data {
        file(Dictionary(header.map { ($0 == "__metadata__" ? $0 : name($0), $1) }) { first, _ in first })
    }

    /// The tensors as if they held whole numbers of 32 bits.
    var ofWholeNumbers: Data {
        file(
            header.mapValues { entry in
                guard var entry = entry as? [String: Any], entry["dtype"] != nil else { return entry }
                entry["dtype"] = "I32"
                return entry
            })
    }
}
