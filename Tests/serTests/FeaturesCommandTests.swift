// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct FeaturesCommandTests {
    @Test func writesANumPyFile() async throws {
        try await withFolder { folder in
            let (file, output) = (folder.appendingPathComponent("a.wav"), folder.appendingPathComponent("a.npy"))
            try tone().write(to: file)
            let result = try await Command.run(["features", file.path, "--output", output.path, "--json"])
            #expect(result.code == 0, "\(result.errors)")
            let report = try object(result.output)
            #expect(report["frames"] as? Int == 44 && report["coefficients"] as? Int == 40)
            #expect(report["sampleRate"] as? Double == 22_050)
            let data = try Data(contentsOf: output)
            #expect(data.prefix(8) == Data([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]))
            let length = Int(data[8]) + Int(data[9]) << 8
            #expect((10 + length) % 64 == 0)
            let header = String(decoding: data[10..<10 + length], as: UTF8.self)
            #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (44, 40), }"))
            #expect(header.hasSuffix("\n"))
            #expect(data.count == 10 + length + 44 * 40 * 4)
        }
    }

    /// The numbers that openSMILE gave of the same file (Tests/Fixtures/egemaps.py), in its order and by its names.
    @Test func givesWhatOpenSMILEGives() async throws {
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/audio")
        let file = fixtures.appendingPathComponent("egemaps_low.wav").path
        let report = try object(try await Command.run(["features", file, "--features", "egemaps", "--json"]).output)
        let values = try #require((report["values"] as? [[Double]])?.first)
        #expect(report["features"] as? String == "egemaps" && values.count == 88)
        let names = try #require(report["coefficientNames"] as? [String])
        #expect(names[0] == "F0semitoneFrom27.5Hz_sma3nz_amean")
        let first = try Data(contentsOf: fixtures.appendingPathComponent("egemaps.bin")).prefix(4)
            .withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
        #expect(abs(values[0] - Double(first)) < 1e-3 * abs(Double(first)), "\(values[0]) and \(first)")
        let text = try await Command.run(["features", file, "--features", "egemaps"])
        #expect(text.output.contains("1 frame of 88") && text.output.contains("value"))
        let bands = try object(try await Command.run(["features", file, "--features", "logmel", "--json"]).output)
        #expect(bands["coefficients"] as? Int == 64 && bands["sampleRate"] as? Double == 16_000)
        for wrong in [["--rate", "8000"], ["--coefficients", "3"], ["--preset", "kaldi"]] {
            let refused = try await Command.run(["features", file, "--features", "egemaps"] + wrong)
            #expect(refused.code == 64 && refused.errors.contains(wrong[0]), "\(refused.errors)")
        }
    }

    @Test(arguments: [
        (["--preset", "torchaudio"], 81, 40, 16_000.0), (["--preset", "kaldi"], 98, 13, 16_000),
        (["--coefficients", "13", "--rate", "16000"], 32, 13, 16_000),
        (["--preset", "librosa-legacy"], 44, 40, 22_050),
    ])
    func printsTheMatrix(_ arguments: [String], frames: Int, coefficients: Int, rate: Double) async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            try tone().write(to: file)
            let result = try await Command.run(["features", file.path, "--json"] + arguments)
            let report = try object(result.output)
            #expect(report["sampleRate"] as? Double == rate)
            let values = try #require(report["values"] as? [[Double]])
            #expect(values.count == frames)
            #expect(values.allSatisfy { $0.count == coefficients })
            let table = try await Command.run(["features", file.path] + arguments)
            #expect(table.output.split(separator: "\n").count == coefficients + 2)
        }
    }

    @Test func saysWhatIsWrong() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            try tone().write(to: file)
            let text = folder.appendingPathComponent("text.wav")
            try Data("this is no sound\n".utf8).write(to: text)
            let empty = folder.appendingPathComponent("empty.wav")
            try Data().write(to: empty)
            let cases: [([String], String)] = [
                (["features", folder.appendingPathComponent("none.wav").path], "none.wav"),
                (["features", text.path], "text.wav"), (["features", empty.path], "empty.wav"),
                (["features", folder.path], folder.path),
                (["features", file.path, "--coefficients", "0"], "coefficients 0"),
                (["features", file.path, "--coefficients", "1000"], "coefficients 1000"),
                (["features", file.path, "--rate", "nan"], "nan"),
                (["features", file.path, "--rate", "1e300"], "1e+300"),
                (["features", file.path, "--output", file.path + "/below/x.npy"], "below"),
                (["features", file.path, "--output", folder.path], folder.path),
            ]
            for (arguments, word) in cases {
                let result = try await Command.run(arguments)
                #expect(result.code == 1, "\(arguments): \(result.code)")
                #expect(result.output.isEmpty)
                #expect(result.errors.hasPrefix("Error: ") && result.errors.contains(word), "\(result.errors)")
                #expect(result.errors.filter { $0 == "\n" }.count == 1, "one message: \(result.errors)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
        }
    }
}
