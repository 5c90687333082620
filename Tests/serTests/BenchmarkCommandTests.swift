import Foundation
import Testing

@Suite struct BenchmarkCommandTests {
    @Test func printsALineOfJSONForEachFigure() async throws {
        let names = ["step/ann", "step/cnn", "infer/gru", "infer32/ann", "gemm"]
        let run = try await Command.run([
            "benchmark", "--json", "--threads", "2", "--seconds", "0.01", "--only", names.joined(separator: ","),
        ])
        #expect(run.code == 0, "\(run.errors)")
        let lines = try run.output.split(separator: "\n").map { try object(String($0)) }
        #expect(lines.map { $0["name"] as? String } == names)
        #expect(lines.map { $0["batch"] as? Int } == [4, 32, 1, 32, nil])
        for line in lines {
            let median = try #require(line["medianMilliseconds"] as? Double)
            let least = try #require(line["minimumMilliseconds"] as? Double)
            #expect(least > 0 && least <= median)
            #expect((line["iterations"] as? Int ?? 0) >= 1)
            #expect(line["threads"] as? Int == 2)
        }
    }

    @Test func measuresMFCCsOfAFolder() async throws {
        try await withFolder { folder in
            for (name, rate) in [("a.wav", 16_000), ("b/c.wav", 24_414)] {
                let file = folder.appendingPathComponent(name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try tone(rate: rate).write(to: file)
            }
            let run = try await Command.run(["benchmark", "--json", "--only", "mfcc", "--data", folder.path])
            let line = try object(run.output)
            #expect(line["name"] as? String == "mfcc" && line["files"] as? Int == 2)
            #expect(abs((line["audioSeconds"] as? Double ?? 0) - 2) < 0.01)
            #expect((line["realTimeFactor"] as? Double ?? 0) > 0)
            let none = try await Command.run(["benchmark", "--only", "mfcc", "--data", folder.path + "/none"])
            #expect(none.code == 1 && none.errors.hasPrefix("Error: "))
        }
    }

    @Test func tableNamesTheCoreThatOpenBLASTakes() async throws {
        let run = try await Command.run(["benchmark", "--only", "infer/ann", "--seconds", "0.01"])
        #expect(run.output.contains("OpenBLAS core: ") && run.output.contains("infer/ann"))
    }

    @Test func unknownFiguresAreRefused() async throws {
        let run = try await Command.run(["benchmark", "--only", "step/transformer"])
        #expect(run.code == 64 && run.errors.contains("step/gru"))
    }
}
