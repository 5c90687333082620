// SPDX-License-Identifier: Apache-2.0

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

    @Test func comparesWithABaselineAndReportsUtilisationAndMemory() async throws {
        try await withFolder { folder in
            let figures = "flops/lstm,memory/ann,infer/ann,mfcc/1,batch16/rnn,frames130/rnn"
            let before = try await Command.run(["benchmark", "--json", "--seconds", "0.01", "--only", figures])
            #expect(before.code == 0, "\(before.errors)")
            let lines = try before.output.split(separator: "\n").map { try object(String($0)) }
            #expect(lines.map { $0["name"] as? String } == figures.split(separator: ",").map(String.init))
            // 32 clips, 130 frames, 512 sums of 40 inputs and 128 units: forward, weights, and back to the state alone.
            let products = 32 * 130 * 512 * (2 * 40 + 3 * 128) + 32 * 128 * 7 * 3
            let gigaflop = try #require(lines[0]["gigaflop"] as? Double)
            #expect(abs(gigaflop - 2e-9 * Double(products)) < 1e-9)
            let share = try #require(lines[0]["utilisation"] as? Double)
            let speed = try #require(lines[0]["gigaflopPerSecond"] as? Double)
            let limit = try #require(lines[0]["limitGigaflopPerSecond"] as? Double)
            #expect(speed > 0 && limit > 0 && abs(share - speed / limit) < 1e-9)
            let peak = try #require(lines[1]["peakBytes"] as? Int)
            #expect(peak > 1 << 20 && peak < 1 << 30)
            #expect(lines[3]["threads"] as? Int == 1 && (lines[3]["filesPerSecond"] as? Double ?? 0) > 0)
            #expect(try #require(lines[4]["microsecondsPerClip"] as? Double) > 0)
            #expect(try #require(lines[5]["microsecondsPerFrame"] as? Double) > 0)

            let file = folder.appendingPathComponent("before.json")
            try before.output.write(to: file, atomically: true, encoding: .utf8)
            let options = ["--seconds", "0.01", "--only", "infer/ann", "--compare", file.path]
            let after = try object(try await Command.run(["benchmark", "--json"] + options).output)
            let old = try #require(lines[2]["medianMilliseconds"] as? Double)
            let new = try #require(after["medianMilliseconds"] as? Double)
            let speedup = try #require(after["speedup"] as? Double)
            #expect(after["baselineMilliseconds"] as? Double == old)
            #expect(abs(speedup - old / new) < 1e-9)
            let table = try await Command.run(["benchmark"] + options)
            #expect(table.output.contains("speed-up"))

            try "{}".write(to: file, atomically: true, encoding: .utf8)
            let refused = try await Command.run(["benchmark", "--only", "gemm", "--compare", file.path])
            #expect(refused.code != 0 && refused.errors.contains("--compare"))
        }
    }

    /// Within a figure that would take an hour, also one that a process of its own measures.
    @Test(arguments: ["step/ann", "epoch/gru", "memory/ann", "mfcc", "flops/ann"])
    func ctrlCEndsAFigure(name: String) async throws {
        let process = Process()
        process.executableURL = Command.executable("ser")
        process.arguments = ["benchmark", "--only", name, "--seconds", "3600"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        try await Task.sleep(for: .milliseconds(1500))
        kill(process.processIdentifier, SIGINT)
        let began = ContinuousClock.now
        while process.isRunning, began.duration(to: .now) < .seconds(30) {
            try await Task.sleep(for: .milliseconds(20))
        }
        let ended = !process.isRunning
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        // mfcc makes three passes, however long a figure may take, and may be done.
        let wasDone = name == "mfcc" && process.terminationStatus == 0
        #expect(ended && process.terminationReason == .exit && (process.terminationStatus == 130 || wasDone))
        let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(wasDone || !printed.contains(name), "\(printed)")
    }

    @Test func unknownFiguresAreRefused() async throws {
        let run = try await Command.run(["benchmark", "--only", "step/transformer"])
        #expect(run.code == 64 && run.errors.contains("step/gru"))
    }
}
