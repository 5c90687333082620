// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERReports
import SERTestSupport
import SERTraining
import Testing

/// A page's inlined figures.
private func figures(in html: String) -> [String] {
    html.components(separatedBy: "<svg ").dropFirst().compactMap { part in
        part.range(of: "</svg>").map { "<svg " + part[..<$0.upperBound] }
    }
}

private func withReport<Result>(_ report: Report, _ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try report.write(to: folder)
    return try body(folder)
}

/// The results as a file gives them back.
private func reread(_ results: ExperimentResults) throws -> ExperimentResults {
    let folder = try TemporaryFolder()
    try results.write(to: folder.path("results.json"))
    return try ExperimentResults(contentsOf: folder.path("results.json"))
}

@Suite struct ReportPageTests {
    @Test func everyFigureIsWellFormedAndHasItsNumbersInWords() throws {
        let report = try Report(madeUpExperiment(clips: 60))
        let inlined = figures(in: report.html)
        #expect(inlined.count >= 10)
        for svg in inlined {
            let elements = try #require(Elements.of(svg), "not well-formed: \(svg.prefix(300))")
            #expect(elements.alternatives["title"]?.count == 1 && elements.alternatives["desc"]?.count == 1)
            let told = try #require(elements.alternatives["desc"]?.first)
            #expect(told.contains { $0.isNumber }, "a description without a number: \(told)")
            #expect(svg.contains("role=\"img\"") && svg.contains("aria-labelledby"))
            #expect(!svg.lowercased().contains("nan") && !svg.contains("=\"inf"))
        }
        let identifiers = inlined.compactMap { Elements.of($0) }.flatMap(\.identifiers)
        #expect(Set(identifiers).count == identifiers.count, "identifiers occur twice")
    }

    @Test func filesHoldTheSameFiguresAndEveryNumber() throws {
        let results = try madeUpExperiment(clips: 60)
        let report = try Report(results)
        try withReport(report) { folder in
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(names == ["clips.csv", "figures", "report.html", "results.csv"])
            let drawn = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/figures").sorted()
            #expect(drawn.count == figures(in: report.html).count)
            #expect(Set(["results.svg", "confusion-ann.svg", "loss-gru.svg", "risk-coverage.svg"]).isSubset(of: drawn))
            for name in drawn {
                let svg = try String(contentsOfFile: folder.path + "/figures/\(name)", encoding: .utf8)
                let elements = try #require(Elements.of(svg), "\(name) is not well-formed")
                #expect(elements.counts["title"] == 1 && elements.counts["desc"] == 1)
                #expect(svg.contains("prefers-color-scheme:dark"))
            }
            let clips = try String(contentsOfFile: folder.path + "/clips.csv", encoding: .utf8)
            #expect(clips.split(separator: "\n").count == 1 + 2 * 60)
            let table = try String(contentsOfFile: folder.path + "/results.csv", encoding: .utf8)
            let accuracy = try #require(table.split(separator: "\n").first { $0.hasPrefix("GRU,,,accuracy,") })
            let value = try #require(Double(accuracy.split(separator: ",", omittingEmptySubsequences: false)[4]))
            #expect(abs(value - results.runs[1].metrics.accuracy) < 1e-8)
        }
    }

    @Test func namesOfStrangersStayText() throws {
        let labels = ["angry", hostileName, "<img src=x onerror=alert(1)>"]
        let results = try madeUpExperiment(clips: 60, labels: labels)
        let html = try Report(results, title: hostileName).html
        #expect(!html.contains("<script") && !html.contains("<img") && !html.contains("]]>"))
        #expect(!html.contains("\u{1}"))
        #expect(html.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;"))
        for svg in figures(in: html) { #expect(Elements.of(svg) != nil) }
        try withReport(Report(results)) { folder in
            let table = try String(contentsOfFile: folder.path + "/clips.csv", encoding: .utf8)
            #expect(table.contains("\"folder/<script>alert(\"\"x\"\")</script>"))
        }
    }

    /// The longest names that are taken, and clips and speakers with names of a hundred thousand characters, without a
    /// place to break: every file can be written and read, each figure is a drawing, and file names stay short.
    @Test func endlessNamesBreakNoPage() throws {
        func named(_ count: Int) throws -> ExperimentResults {
            func name(_ beginning: String) -> String {
                beginning + String(repeating: "w", count: count - beginning.utf8.count)
            }
            var results = try madeUpExperiment(
                clips: 30, labels: ["angry", name("sad")], networks: [name("ann"), name("b")])
            results.corpus = name("")
            results.folds[0].clips[0].clip = String(repeating: "w", count: 100_000) + ".wav"
            results.folds[0].clips[0].speaker = String(repeating: "v", count: 100_000)
            let again = try reread(results)
            #expect(again == results)
            return again
        }
        let report = try Report(named(1000))
        for svg in figures(in: report.html) { #expect(Elements.of(svg) != nil) }
        try withReport(report) { folder in
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/figures")
            #expect(names.allSatisfy { $0.utf8.count <= 160 } && Set(names).count == names.count)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
            let size = try Data(contentsOf: folder.appendingPathComponent("report.html")).count
            #expect(size < 5_000_000, "\(size) bytes")
        }
        let error = #expect(throws: ReportError.self) { try Report(named(1001)) }
        #expect(error?.description.contains("a name of 1001 bytes; a page takes 1000") == true)
    }

    @Test func nothingIsFetchedFromAnywhere() throws {
        let html = try Report(madeUpExperiment(clips: 60)).html
        let addresses = html.components(separatedBy: "http").dropFirst().map { $0.prefix(30) }
        #expect(addresses.allSatisfy { $0.hasPrefix("://www.w3.org/") || $0.hasPrefix("-equiv") }, "\(addresses)")
        for word in ["<script", "@import", "<link", "url("] { #expect(!html.contains(word), "\(word)") }
        #expect(html.contains("<html lang=\"en\">") && html.contains("name=\"viewport\""))
        #expect(html.contains("prefers-color-scheme:dark") && html.contains("@media print"))
    }

    @Test func theFirstSentenceTellsTheResultAndWhoseVoicesItIsOf() throws {
        let shared = try Report(madeUpExperiment(clips: 90))
        #expect(shared.summary.contains("95 % interval") && shared.summary.contains("90 clips"))
        let results = try madeUpExperiment(clips: 90)
        let best = try #require(results.runs.max { $0.metrics.accuracy < $1.metrics.accuracy })
        #expect(shared.summary.hasPrefix("\(best.network.uppercased()), the best of 2 networks, is right in "))
        #expect(shared.summary.contains(String(format: "%.1f %%", best.metrics.accuracy * 100)))
        #expect(shared.html.contains("Read with care.</strong> All 2 test speakers were heard."))
        let unknown = try Report(madeUpExperiment(clips: 90, shared: [], speakers: [nil]))
        #expect(unknown.summary.contains("who speaks is not known"))
    }

    @Test func networksOnTheSameClipsAreTestedAgainstEachOther() throws {
        var results = try madeUpExperiment(clips: 120, shared: [], speakers: (0..<12).map { "s\($0)" })
        results.runs[0].logits = results.folds[0].clips.map { clip in [0, 1, 2].map { $0 == clip.target ? 4 : 0 } }
        let html = try Report(results).html
        #expect(html.contains("ANN is more accurate than GRU"))
        #expect(html.contains("exchange speakers") && html.contains("McNemar mid-p"))
        results.runs[1].logits = results.runs[0].logits
        results.runs[1].temperature = 1
        let equal = try Report(results)
        #expect(equal.html.contains("no difference in accuracy can be shown"))
        #expect(equal.summary.hasPrefix("ANN and GRU are each right in 100.0 % of 120 clips"), "\(equal.summary)")
    }

    /// Five networks that miss 0, 6, 6, 6 and 20 of the same clips: six clips are a difference (p 0.03) of a pair that
    /// was looked at alone, and none among ten pairs; fourteen and twenty are.
    @Test func pairsOfNetworksAreCorrectedForTheirNumber() throws {
        var results = try madeUpExperiment(clips: 120, networks: ["ann", "rnn", "lstm", "gru", "cnn"])
        for (network, missed) in [0, 6, 6, 6, 20].enumerated() {
            results.runs[network].temperature = 1
            results.runs[network].logits = results.folds[0].clips.enumerated().map { index, clip in
                (0..<3).map { $0 == (index < missed ? (clip.target + 1) % 3 : clip.target) ? 4 : 0 }
            }
        }
        let report = try Report(results)
        #expect(report.differences.count == 10)
        for pair in report.differences {
            let p = try #require(pair.accuracy.test?.pValue), adjusted = try #require(pair.accuracy.adjustedPValue)
            let isOfTwentyMissed = pair.second == "CNN"
            #expect((p < 0.05) == (isOfTwentyMissed || pair.first == "ANN"), "\(pair)")
            #expect((adjusted < 0.05) == isOfTwentyMissed && adjusted >= p, "\(pair)")
            #expect((pair.adjustedMidPValue ?? 0) >= (pair.mcNemar?.midPValue ?? 1))
        }
        let tests = report.differences.map { $0.unweightedAverageRecall.test?.pValue }
        #expect(report.differences.map(\.unweightedAverageRecall.adjustedPValue) == HolmCorrection.adjusted(tests))
        let html = report.html
        #expect(
            html.contains(
                "Of 10 differences in accuracy, 7 would have p below 0.05 each by itself; corrected for "
                    + "10 pairs, 4 remain: ANN over CNN, RNN over CNN, LSTM over CNN, GRU over CNN."))
        #expect(html.contains("ANN and RNN: no difference in accuracy can be shown"))
        #expect(html.contains("GRU is more accurate than CNN") && html.contains("Holm&#39;s p"))
        results.differences = report.differences
        #expect(try reread(results).differences == report.differences)
    }

    @Test func aTrainingThatDivergedIsTold() throws {
        let told =
            "The training of GRU diverged: the loss was no longer a number in epoch 11. Its figures are those of "
            + "epoch 6, the best before it."
        #expect(try !madeUpExperiment(clips: 30).description.contains("diverged"))
        let results = try madeUpExperiment(clips: 30, diverged: ["gru": 11])
        #expect(results.description.contains("Warning: " + told))
        #expect(try Report(results).html.contains(told))
        let read = try reread(results)
        #expect(read == results && read.runs.map(\.divergedInEpoch) == [nil, 11])
    }

    /// The best is chosen by the data: its tests are corrected for all pairs.
    @Test func pairsWithTheBestAreCorrectedForAllPairs() throws {
        let names = ["a", "b", "c", "d", "e", "f"]
        let report = try Report(madeUpExperiment(clips: 60, networks: names))
        #expect(report.differences.count == 5)
        let least = try #require(report.differences.compactMap(\.accuracy.test?.pValue).min())
        let adjusted = try #require(report.differences.compactMap(\.accuracy.adjustedPValue).min())
        #expect(adjusted == min(1, 15 * least))
    }

    @Test func settingsAreReadAsWords() throws {
        for (json, text) in [
            (#"{"constant":{}}"#, "constant"), (#"{"labelSmoothing":0}"#, "labelSmoothing 0"),
            (
                #"{"learningRate":0.001,"rule":{"adam":{"beta1":0.9,"decoupled":false,"epsilon":1e-08}}}"#,
                "learningRate 0.001, rule (adam (beta1 0.9, decoupled no, epsilon 1e-08))"
            ),
            (#"{"decibels":{"_0":{"least":1e-10,"topDB":80}}}"#, "decibels (least 1e-10, topDB 80)"),
            (#"{"kernel":[3,5],"window":"hann","last":null}"#, "kernel 3, 5, last none, window hann"),
            ("24 MFCCs", "24 MFCCs"), ("{broken", "{broken"), ("", ""),
        ] { #expect(SettingText.readable(json) == text) }
        // Deeply nested braces of a stranger's file are no JSON to the decoder.
        let deep = String(repeating: #"{"a":"#, count: 100_000) + "1" + String(repeating: "}", count: 100_000)
        #expect(SettingText.readable(deep) == deep)
    }

    @Test func aReportOnAsManyClipsAsTESSHasStaysSmall() throws {
        let labels = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
        let results = try madeUpExperiment(
            clips: 2800, labels: labels, networks: ["cnn", "lstm", "ann", "gru", "rnn"], epochs: 100)
        let html = try Report(results).html
        #expect(html.utf8.count < 5_000_000, "\(html.utf8.count) bytes")
        #expect(html.utf8.count > 50_000)
    }

    @Test func aReportOfNothingAndOfOneClipCanBeMade() throws {
        let empty = try madeUpExperiment(clips: 6, isRun: false)
        #expect(try Report(empty).html.contains("not trained: ann, gru"))
        let one = try Report(madeUpExperiment(clips: 1, speakers: [nil]))
        #expect(figures(in: one.html).allSatisfy { Elements.of($0) != nil })
    }

    @Test func soundIsHeardAndDrawnWhereItIsAtHandAndLeftOutBeyondALimit() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sound-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var results = try madeUpExperiment(clips: 30)
        for index in results.folds[0].clips.indices { results.folds[0].clips[index].clip = "clip\(index).wav" }
        let buzz = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/audio/buzz.wav")
        for clip in results.folds[0].clips {
            try FileManager.default.copyItem(at: buzz, to: folder.appendingPathComponent(clip.clip))
        }
        let silent = try Report(results, sounds: ReportSounds(in: folder)).html
        #expect(silent.contains("data:image/png;base64,") && !silent.contains("<audio"))
        let size = try Data(contentsOf: buzz).count
        let heard = try Report(
            results, sounds: ReportSounds(in: folder, includesAudio: true, mostBytes: 3 * size)
        ).html
        #expect(heard.components(separatedBy: "<audio controls").count == 4)
        #expect(heard.contains("Some sound was left out: ") && !heard.contains("Some clips are not drawn"))
        // What cannot be drawn is told with its reason.
        for clip in results.folds[0].clips {
            try Data("noise".utf8).write(to: folder.appendingPathComponent(clip.clip))
        }
        let undrawn = try Report(results, sounds: ReportSounds(in: folder)).html
        #expect(undrawn.firstMatch(of: /Some clips are not drawn: 1 because [^<]*clip\d+\.wav/) != nil)
        try FileManager.default.removeItem(at: folder)
        let lost = try Report(results, sounds: ReportSounds(in: folder)).html
        #expect(lost.contains("Some clips are not drawn: 12 because there is no such file."))
        results.folds[0].clips[0].clip = "../clip0.wav"
        #expect(throws: Never.self) { _ = try Report(results, sounds: ReportSounds(in: folder)) }
    }
}
