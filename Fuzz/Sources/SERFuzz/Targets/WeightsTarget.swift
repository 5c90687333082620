// SPDX-License-Identifier: Apache-2.0

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
            "wrapped": Data([0]) + wrapped, "inner": Data([0]) + inner,
            "whole-numbers": Data([0]) + file.retyped("I32"),
        ]
    }
}
