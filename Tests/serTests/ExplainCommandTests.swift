// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ExplainCommandTests {
    @Test func explanationsAreToldDrawnAndWritten() async throws {
        try await withFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let (corpus, model) = (path("corpus"), path("gru.safetensors"))
            let written = try await Command.run(["synthesize", corpus, "--words", "4"])
            try #require(written.code == 0, "\(written.errors)")
            let trained = try await Command.run(
                ["train", corpus, "--model", "gru", "--output", model, "--epochs", "2", "--json"])
            try #require(trained.code == 0, "\(trained.errors)")
            let clip = try #require((try object(trained.output)["testFiles"] as? [String])?.first)
            let figure = path("x <&>.svg")
            let told = try await Command.run(
                ["explain", model, clip, "--method", "all", "--label", "happy", "--contrast", "--output", figure])
            #expect(told.code == 0, "\(told.errors)")
            for text in [
                "integrated gradients (", "gradient x input", "occlusion (100 ms x 4", "'happy' rather than '",
                "  for  ", "  frequencies  ", "  coefficients ", "figure: ",
            ] {
                #expect(told.output.contains(text), "\(text)")
            }
            let svg = try Data(contentsOf: URL(fileURLWithPath: figure))
            #expect(XMLParser(data: svg).parse())
            let drawn = String(decoding: svg, as: UTF8.self)
            // Spectrogram, bands and three maps of coefficients.
            #expect(drawn.components(separatedBy: "<image").count == 6)
            #expect(
                drawn.contains("<title") && drawn.contains("<desc") && drawn.contains("evidence for &#39;happy&#39;"))

            let json = try await Command.run(["explain", model, clip, "--method", "gradient", "--json"])
            let explanations = try #require(try object(json.output)["explanations"] as? [[String: Any]])
            #expect(explanations.count == 1 && (explanations[0]["attribution"] as? [[Double]])?[0].count == 40)

            // What cannot be explained.
            let label = try await Command.run(["explain", model, clip, "--label", "joy"])
            #expect(label.code != 0 && label.errors.contains("the model has no label 'joy'; it knows angry"))
            let (bad, silent, short) = (path("bad.wav"), path("silent.wav"), path("short.wav"))
            try Data("text".utf8).write(to: URL(fileURLWithPath: bad))
            try (tone().prefix(44) + Data(count: 32_000)).write(to: URL(fileURLWithPath: silent))
            try tone(seconds: 0.01).write(to: URL(fileURLWithPath: short))
            for (file, text) in [
                (bad, "not a sound file"), (silent, "the clip is silent"), (short, "the clip is too short"),
                (path("none.wav"), "no such file"),
            ] {
                let run = try await Command.run(["explain", model, file])
                #expect(run.code == 1 && run.output.isEmpty && run.errors.contains(text), "\(file): \(run.errors)")
                #expect(run.errors.contains(file) && run.errors.split(separator: "\n").count == 1)
            }
            // A longer clip than the model reads.
            let long = path("long.wav")
            try tone(seconds: 5).write(to: URL(fileURLWithPath: long))
            let cut = try await Command.run(["explain", model, long, "--method", "gradient"])
            #expect(cut.code == 0 && cut.output.contains("The model reads the first 3.00 of 5.00 s"), "\(cut.errors)")
        }
    }
}
