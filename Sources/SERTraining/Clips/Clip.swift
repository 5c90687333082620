// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// One recording of a corpus, a file or a part of one: where it is, what it expresses, who speaks and what the file's
/// header says.
public struct Clip: Sendable, Hashable, Codable {
    /// The file.
    public var path: URL
    /// The part of the file that is meant; nil for all of it.
    public var segment: Segment?
    /// The emotion's label.
    public var emotion: String
    /// Who speaks, where known; names are unique within a corpus.
    public var speaker: String?
    /// What is said (a word, or the corpus's code for a sentence), where known.
    public var sentence: String?
    /// What else is known of the speaker or the recording, by the names of a manifest's columns, such as `sex`: results
    /// are told for each group.
    public var groups: [String: String]
    /// Length in seconds.
    public var duration: Double
    /// Samples a second, in Hz.
    public var sampleRate: Double
    /// Number of channels.
    public var channels: Int
    /// The corpus that the clip comes from.
    public var corpus: String
    /// The fingerprint of the file's bytes, for a part of a file of these and its place; nil where the file was not read.
    public var content: ContentDigest?

    /// What is done with the file if its end is missing, by everything that reads the clip.
    public var truncated: TruncatedFiles
    /// What is known to be wrong with the file and does not keep it from being read.
    public var remarks: [AudioRemark]

    /// A clip described by hand, for corpora that no reader knows.
    public init(
        path: URL, segment: Segment? = nil, emotion: String, speaker: String? = nil, sentence: String? = nil,
        groups: [String: String] = [:], duration: Double, sampleRate: Double, channels: Int = 1, corpus: String,
        content: ContentDigest? = nil, truncated: TruncatedFiles = .refuse, remarks: [AudioRemark] = []
    ) {
        self.path = path
        self.segment = segment
        self.emotion = emotion
        self.speaker = speaker
        self.sentence = sentence
        self.groups = groups
        self.duration = duration
        self.sampleRate = sampleRate
        self.channels = channels
        self.corpus = corpus
        self.content = content
        self.truncated = truncated
        self.remarks = remarks
    }
}
