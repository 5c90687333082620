// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Which clips the commands take, under which names, and what they tell of it.
@Suite struct ChosenClipsCommandTests {
    /// Twelve files of two labels; the labels of a second corpus may contradict those of the first.
    private func corpus(
        _ name: String, labels: [String] = ["happy", "sad"], seconds: Double = 0.3, in folder: URL
    ) throws -> String {
        for (place, label) in labels.enumerated() {
            let sounds = folder.appendingPathComponent("\(name)/\(label)")
            try FileManager.default.createDirectory(at: sounds, withIntermediateDirectories: true)
            for index in 0..<6 {
                try tone(seconds: seconds + Double(index) / 50 + Double(place) / 3)
                    .write(to: sounds.appendingPathComponent("\(label)-\(index).wav"))
            }
        }
        return folder.appendingPathComponent(name).path
    }

    private func train(_ data: [String], _ more: [String], in folder: URL) async throws -> Command {
        try await Command.run(
            ["train"] + data + ["--model", "ann", "--epochs", "1", "--skip-copy-search", "--shares", "0.5,0.25,0.25"]
                + ["--output", folder.appendingPathComponent("m.safetensors").path] + more)
    }

    @Test func everyListAndEveryMapCounts() async throws {
        try await withFolder { folder in
            let data = try corpus("one", labels: ["happy", "joy", "sad"], in: folder)
            func list(_ names: [String], _ file: String) throws -> [String] {
                let url = folder.appendingPathComponent(file)
                try Data(names.map { $0 + "\n" }.joined().utf8).write(to: url)
                return ["--exclude", url.path]
            }
            let lists = try list(["./happy-0.wav"], "a.txt") + list(["joy/joy-1.wav", "happy-0.wav"], "b.txt")
            let both = try await train(
                [data], lists + ["--map", "joy=glad", "--map", "glad=happy", "--json"], in: folder)
            #expect(both.code == 0, "\(both.errors)")
            #expect(both.errors.components(separatedBy: "1 clip is left out").count == 3, "\(both.errors)")
            let told = try object(both.output), result = told["result"] as? [String: Any]
            #expect((result?["metrics"] as? [String: Any])?["labels"] as? [String] == ["happy", "sad"])
            #expect(
                (told["split"] as? String)?.contains("50/25/25") == true && (told["testFiles"] as? [Any])?.count == 4)

            let all = try list(
                (0..<6).flatMap { index in ["happy", "joy", "sad"].map { "\($0)-\(index).wav" } }, "c.txt")
            let empty = try await train([data], all, in: folder)
            #expect(empty.code == 64 && empty.errors.contains("--exclude: nothing is left of one"), "\(empty.errors)")
            let none = try await train([data], ["--map", "happy=,joy=,sad="], in: folder)
            #expect(none.code == 64 && none.errors.contains("--map: nothing is left of one"), "\(none.errors)")
            let wrong = try await train([data], ["--exclude", folder.path], in: folder)
            #expect(wrong.code == 1 && wrong.errors.contains("it is a folder. Name a file."), "\(wrong.errors)")
            let inspected = try await Command.run(["inspect", data, "--map", "joy=happy", "--json"] + lists)
            #expect(try object(inspected.output)["labels"] as? [String] == ["happy", "sad"], "\(inspected.errors)")
        }
    }

    @Test(arguments: [
        ("happy=\u{7}", "none to be seen"), ("happy= ", "is blank"), ("happy", "write old=new"),
        ("a=b,a=c", "stands twice"),
        ("happy=" + String(repeating: "x", count: 201), "201 bytes"),
    ])
    func namesOfLabelsHaveOneRule(map: String, reason: String) async throws {
        let run = try await Command.run([
            "train", "x", "--model", "ann", "--output", "/tmp/x.safetensors", "--map", map,
        ])
        #expect(run.code == 64 && run.errors.contains(reason), "\(run.errors)")
    }

    @Test func anUnknownLabelIsToldWithWhatItIsCalled() async throws {
        try await withFolder { folder in
            let run = try await train([try corpus("one", in: folder)], ["--map", "happiness=glad"], in: folder)
            #expect(run.code == 1 && run.errors.contains("That emotion is \"happy\" here."), "\(run.errors)")
        }
    }

    /// One form of everything that is told: in words and in JSON.
    @Test func trainingTellsTheSameInJSON() async throws {
        try await withFolder { folder in
            let one = try corpus("one", in: folder), two = try corpus("two", labels: ["sad", "happy"], in: folder)
            try Data("no sound".utf8).write(to: URL(fileURLWithPath: one + "/sad/broken.wav"))
            let text = try await train([one, two], [], in: folder),
                json = try await train([one, two], ["--json"], in: folder)
            #expect(text.code == 0 && json.code == 0, "\(text.errors)")
            let told = try object(json.output), remarks = told["remarks"] as? [String] ?? []
            // Six sounds stand under both labels, each in one of the corpora.
            #expect(remarks.count == 12 && remarks.allSatisfy { $0.contains("the labels happy and sad, of which one") })
            for remark in remarks { #expect(text.errors.contains(remark)) }
            let unreadable = told["unreadable"] as? [[String: String]]
            #expect(unreadable?.map { $0["path"] } == ["sad/broken.wav"], "\(String(describing: unreadable))")
            let warned = text.output.split(separator: "\n").filter { $0.hasPrefix("Warning: ") }.map { $0.dropFirst(9) }
            #expect((told["warnings"] as? [String])?.map { Substring($0) } == warned && !warned.isEmpty, "\(warned)")
        }
    }

    /// The remedy for two folders of one layout is one that works.
    @Test func twoFoldersOfOneLayoutAreTakenAsTheErrorSays() async throws {
        try await withFolder { folder in
            for (name, words) in [("a", "4"), ("b", "5")] {
                let made = try await Command.run(["synthesize", folder.path + "/" + name, "--words", words])
                try #require(made.code == 0, "\(made.errors)")
            }
            let (one, two) = (folder.path + "/a", folder.path + "/b")
            let refused = try await train([one, two], [], in: folder)
            #expect(refused.code == 1 && refused.errors.contains("ser inspect FOLDER --csv > other.csv"))
            let table = try await Command.run(["inspect", two, "--csv"]), name = "synthetic (TESS-shaped)"
            let other = folder.appendingPathComponent("other.csv")
            try Data(table.output.replacing(name, with: name + " again").utf8).write(to: other)
            let taken = try await train([one, other.path], [], in: folder)
            #expect(taken.code == 0 && taken.errors.contains("2 speakers have the same name"), "\(taken.errors)")
        }
    }

    /// A published list of folds names what was left out on purpose.
    @Test func foldListsGoWithWhatIsLeftOut() async throws {
        try await withFolder { folder in
            let data = try corpus("one", labels: ["happy", "sad", "calm"], in: folder)
            let lists = folder.appendingPathComponent("folds.csv"), out = folder.appendingPathComponent("out.txt")
            let names = ["happy", "sad", "calm"].flatMap { label in (0..<6).map { "\(label)-\($0).wav,\($0 % 2)\n" } }
            try Data(("file,fold\n" + names.joined()).utf8).write(to: lists)
            try Data("sad/sad-1.wav\n".utf8).write(to: out)
            func run(_ more: [String]) async throws -> Command {
                try await Command.run(
                    [
                        "crossvalidate", data, "--model", "ann", "--epochs", "1", "--batch-size", "2", "--lists",
                        lists.path, "--map", "calm=",
                    ]
                        + ["--exclude", out.path, "--output", folder.path + "/results"] + more)
            }
            let listed = try await run([])
            #expect(listed.code == 0 && listed.output.contains("over all folds, 11 clips"), "\(listed.errors)")
            try Data((0..<9000).map { "gone-\($0).wav,1\n" }.joined().utf8).write(to: lists)
            let gone = try await run([])
            #expect(gone.code == 1 && gone.errors.utf8.count < 1000, "\(gone.errors.prefix(300))")
            #expect(gone.errors.contains("9000 files are listed that are not in the corpus: gone-0.wav"))
            // A table of which thousands of files are missing is told shortly, too.
            let table = folder.appendingPathComponent("table.csv")
            let there = ["happy", "sad"].flatMap { label in (0..<6).map { "one/\(label)/\(label)-\($0).wav,\(label)\n" }
            }
            let missing = (0..<3000).map { "one/gone-\($0).wav,sad\n" }
            try Data(("path,label\n" + (there + missing).joined()).utf8).write(to: table)
            let few = try await train([table.path], [], in: folder)
            #expect(few.code == 0 && few.errors.contains("and 2980 more"), "\(few.errors.suffix(300))")
        }
    }
}
