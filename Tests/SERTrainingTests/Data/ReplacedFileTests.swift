// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// Files that are not, when they are read, what they were when the corpus was.
@Suite struct ReplacedFileTests {
    private let folder: TemporaryFolder
    private let pipeline: FeaturePipeline

    init() throws {
        folder = try TemporaryFolder()
        pipeline = try FeaturePipeline(
            for: [.time, 13], extractor: MFCC(.librosa, coefficients: 13, sampleRate: 8000), seconds: 1)
        try folder.wavs((0..<4).map { "happy/\($0).wav" } + (0..<4).map { "sad/\($0).wav" })
    }

    private func failures(of corpus: Corpus) throws -> [String] {
        try FeatureStore().matrices(of: corpus.clips, pipeline: pipeline).failures.map(\.reason)
    }

    private func replace(_ name: String, by other: String) throws {
        let file = folder.path(name)
        try FileManager.default.removeItem(at: file)
        try folder.wav(name, tone: other)
    }

    /// As the system sees them, files that were written long ago.
    private func age() throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.url.path) {
            let old = [FileAttributeKey.modificationDate: Date(timeIntervalSinceNow: -1000)]
            try FileManager.default.setAttributes(old, ofItemAtPath: folder.path(name).path)
        }
    }

    @Test(arguments: [false, true]) func aReplacedFileIsToldAndNotTrainedOn(isOld: Bool) throws {
        if isOld { try age() }
        let corpus = try Corpus.folders(at: folder.url)
        #expect(try failures(of: corpus).isEmpty)
        // As long as the one before, so that its size tells nothing.
        try replace("sad/2.wav", by: "another")
        let told = try failures(of: corpus)
        #expect(told.count == 1 && told[0].contains("sad/2.wav"), "\(told)")
        #expect(told.allSatisfy { $0.contains("not the one that was there when the corpus was read") }, "\(told)")
        let path = folder.path("sad/2.wav").path
        let clip = try #require(corpus.clips.first { $0.path.path == path })
        #expect(throws: AudioError.replaced(path: path)) { try clip.sound() }
        #expect(throws: AudioError.replaced(path: path)) { try clip.decode { _ in } }
        // Every way of listening: the audit, the search for copies.
        #expect(try corpus.audited().problems.contains { "\($0)".contains("when the corpus was read") })
        #expect(try corpus.nearCopies().unread.map(\.path) == [path])
        #expect(try failures(of: Corpus.folders(at: folder.url)).isEmpty)
    }

    /// In place, within the same moment, and back: what counts are the bytes.
    @Test func onlyTheBytesCount() throws {
        let corpus = try Corpus.folders(at: folder.url)
        let file = folder.path("happy/1.wav"), bytes = try Data(contentsOf: file)
        var others = bytes
        others[60] ^= 1
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: others)
        try handle.close()
        #expect(try failures(of: corpus).count == 1)
        try bytes.write(to: file)
        #expect(try failures(of: corpus).isEmpty)
        try age()
        #expect(try failures(of: corpus).isEmpty)
    }

    /// The store keeps features of what was heard, and not of what has taken its place.
    @Test func aStoreTellsTheOldFileFromTheNew() throws {
        let store = FeatureStore()
        let first = try store.matrices(of: Corpus.folders(at: folder.url).clips, pipeline: pipeline).matrices
        try replace("happy/0.wav", by: "another")
        let second = try store.matrices(of: Corpus.folders(at: folder.url).clips, pipeline: pipeline).matrices
        #expect(first[0] != second[0] && Array(first[1...]) == Array(second[1...]))
    }

    @Test func segmentsOfAReplacedFileAreToldToo() throws {
        try folder.write("path,label,start,end\nhappy/0.wav,a,0,0.01\nhappy/0.wav,b,0.01,0.02\n", to: "list.csv")
        let corpus = try Corpus.manifest(at: folder.path("list.csv"))
        _ = try corpus.clips.map { try $0.sound() }
        try replace("happy/0.wav", by: "another")
        for clip in corpus.clips {
            #expect(throws: AudioError.replaced(path: folder.path("happy/0.wav").path)) { try clip.sound() }
        }
    }

    /// A pipe with a silent writer would be waited for without end.
    @Test(.timeLimit(.minutes(1))) func aPipeInAFilesPlaceIsToldAtOnce() throws {
        let corpus = try Corpus.folders(at: folder.url)
        let file = folder.path("sad/3.wav")
        try FileManager.default.removeItem(at: file)
        try #require(mkfifo(file.path, 0o600) == 0)
        let writer = open(file.path, O_RDWR)
        defer { close(writer) }
        let told = try failures(of: corpus)
        #expect(told.count == 1 && told[0].contains("a folder, a device or a pipe"), "\(told)")
        let clip = try #require(corpus.clips.first { $0.path.path == file.path })
        #expect(throws: AudioError.notAFile(path: file.path)) { try clip.sound() }
        #expect(throws: AudioError.notAFile(path: file.path)) { try clip.decode { _ in } }
        #expect(clip.path.path == file.path && ((try? corpus.nearCopies())?.unread.count == 1))
        // Where a checkpoint must know the bytes, and nobody has read them yet.
        var unknown = clip
        unknown.content = nil
        #expect(try FeatureStore().matrices(of: [unknown], pipeline: pipeline).failures.count == 1)
    }
}
