// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite(.serialized) struct LiveViewTests {
    /// What a server on this machine answers; nil where none does.
    private func fetch(_ port: Int, path: String = "", host: String? = nil) async -> (code: Int, text: String)? {
        guard let url = URL(string: "http://127.0.0.1:\(port)/\(path)") else { return nil }
        var request = URLRequest(url: url, timeoutInterval: 5)
        if let host { request.setValue(host, forHTTPHeaderField: "Host") }
        guard let (data, response) = try? await URLSession.shared.data(for: request) else { return nil }
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// The port that a command says its page is on; nil where it says none within a minute.
    private func port(toldIn errors: Transcript) async -> Int? {
        for _ in 0..<600 {
            if let port = errors.text.firstMatch(of: /live view: http:\/\/127\.0\.0\.1:(\d+)\//)?.output.1 {
                return Int(port)
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    /// Asks again until an answer holds a text, a minute at most.
    private func page(_ port: Int, holding text: String) async -> String? {
        for _ in 0..<600 {
            if let answer = await fetch(port), answer.code == 200, answer.text.contains(text) { return answer.text }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    private func withCorpus(_ body: (_ corpus: String, _ folder: URL) async throws -> Void) async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus").path
            let written = try await Command.run(["synthesize", corpus, "--words", "4"])
            try #require(written.code == 0, "\(written.errors)")
            try await body(corpus, folder)
        }
    }

    @Test func aTrainingCanBeWatchedAndStopped() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("ann.safetensors"), stop = folder.appendingPathComponent("stop")
            let errors = Transcript()
            async let run = Command.run(
                [
                    "train", corpus, "--model", "ann", "--output", output.path, "--epochs", "100000", "--live",
                    "--port",
                    "0",
                ], interruptWhenExists: stop, errors: errors)
            let port = try #require(await port(toldIn: errors))
            let first = try #require(await page(port, holding: "validation accuracy"))
            #expect(first.contains("http-equiv=\"refresh\"") && !first.contains("<script"))
            for word in ["<svg ", "clips a second", "The newest epochs", "of 100000", "Read with care."] {
                #expect(first.contains(word), "\(word)")
            }
            // It goes on by itself.
            let title = try #require(first.firstMatch(of: /<title>.*<\/title>/)?.output)
            var later = await fetch(port)?.text
            for _ in 0..<100 where later?.contains(title) == true {
                try await Task.sleep(for: .milliseconds(100))
                later = await fetch(port)?.text
            }
            #expect(later != nil && later?.contains(title) == false)
            #expect(await fetch(port, path: "other")?.code == 404)
            #expect(await fetch(port, host: "example.org")?.code == 403)

            let taken = try await Command.run([
                "train", corpus, "--model", "ann", "--output", output.path, "--epochs", "1", "--live", "--port",
                "\(port)",
            ])
            #expect(taken.code == 1 && taken.errors.contains("port \(port) (it is in use)"), "\(taken.errors)")

            try Data().write(to: stop)
            let stopped = try await run
            #expect(stopped.code == 130 && stopped.errors.contains("live view: http://127.0.0.1:\(port)/"))
            #expect(FileManager.default.fileExists(atPath: output.path))
            #expect(await fetch(port) == nil)
        }
    }

    @Test func theLastPageIsTheReport() async throws {
        try await withCorpus { corpus, folder in
            let errors = Transcript()
            async let run = Command.run(
                [
                    "compare", corpus, "--models", "ann,rnn", "--epochs", "400", "--output",
                    folder.appendingPathComponent("results").path, "--live", "--port", "0",
                ], errors: errors)
            let port = try #require(await port(toldIn: errors))
            let last = try #require(await page(port, holding: "the best of 2 networks"))
            #expect(!last.contains("http-equiv=\"refresh\"") && last.contains("Confusion of classes"))
            let done = try await run
            #expect(done.code == 0, "\(done.errors)")
        }
    }

    @Test(arguments: [["--port", "8000"], ["--live", "--port", "-1"], ["--live", "--port", "70000"]])
    func badPortsAreRefused(_ arguments: [String]) async throws {
        let run = try await Command.run(["train", "corpus", "--model", "ann", "--output", "ann"] + arguments)
        #expect(run.code == 64 && run.errors.hasPrefix("Error: "), "\(run.errors)")
    }
}
