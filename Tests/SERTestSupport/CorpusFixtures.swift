import Foundation
import SERAudio
import SERTraining

/// A folder that is removed when the test is over, with helpers that put files into it.
package final class TemporaryFolder: Sendable {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("ser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package func path(_ relative: String) -> URL { url.appendingPathComponent(relative) }

    package func makeFolder(of relative: String) throws -> URL {
        let file = path(relative)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        return file
    }

    package func write(_ text: String, to relative: String) throws {
        try Data(text.utf8).write(to: makeFolder(of: relative))
    }

    /// Writes a WAV file of 160 samples whose contents depend on `tone`, by default on the file's name.
    package func wav(_ relative: String, tone: String? = nil, rate: Double = 8000) throws {
        var seed: UInt64 = 5381
        // Zeros at the end, so that the last letter too decides the upper bits, which are the sound.
        for byte in Array((tone ?? relative).utf8) + [UInt8](repeating: 0, count: 12) {
            seed = seed &* 33 &+ UInt64(byte)
        }
        let samples = (0..<160).map { i in Float((seed &* UInt64(2 * i + 1)) >> 48) / 131_072 }
        try AudioFile.write(AudioClip(samples: samples, sampleRate: rate), to: makeFolder(of: relative))
    }

    package func wavs(_ relatives: [String]) throws { for relative in relatives { try wav(relative) } }
}

/// A corpus as if read from a folder, with no files behind it: so many clips of each label, speakers and sentences in
/// turn.
package func madeUpCorpus(_ counts: [String: Int], speakers: Int? = 4, sentences: Int? = 5) -> Corpus {
    let clips = counts.sorted { $0.key < $1.key }.flatMap { label, count in
        (0..<count).map { i in
            Clip(
                path: URL(fileURLWithPath: "/made-up/\(label)-\(i).wav"), emotion: label,
                speaker: speakers.map { "speaker \(i % $0)" }, sentence: sentences.map { "sentence \(i / 3 % $0)" },
                duration: 1, sampleRate: 8000, corpus: "made up")
        }
    }
    return Corpus(name: "made up", clips: clips)
}

/// The folder with real corpora, where the environment names one.
package let realData: URL? = ProcessInfo.processInfo.environment["SER_DATA"].map { URL(fileURLWithPath: $0) }
