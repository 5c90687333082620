// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

extension Corpus {
    /// The clips in which nobody speaks, as far as SERAudio's `SpeechActivity` can tell; files that cannot be read are
    /// none of them.
    /// - Parameter seconds: How much of each clip is looked at, from its beginning; nil for all of it.
    public func clipsWithoutSpeech(within seconds: Double? = nil) -> [Clip] {
        clipsWithoutSpeech(within: seconds, stop: .never)
    }

    /// The same, until it is to stop; the clips not looked at are taken to have speech.
    package func clipsWithoutSpeech(within seconds: Double?, stop: StopSignal) -> [Clip] {
        let clips = clips
        let speechless = parallelMap(clips.count) { index in
            !stop.isSet && (try? SpeechSearch.findsNone(in: clips[index], within: seconds)) == true
        }
        return zip(clips, speechless).filter(\.1).map(\.0)
    }
}

/// Looks for speech in files, part by part, until some is found.
enum SpeechSearch {
    /// The length of a part, in seconds.
    private static let part = 10.0

    static func findsNone(in clip: Clip, within limit: Double?) throws(AudioError) -> Bool {
        let end = min(limit ?? .infinity, try duration(of: clip))
        var start = 0.0
        repeat {
            let sound = try clip.sound(from: start, duration: min(part, max(end - start, 2 / clip.sampleRate)))
            if try SpeechActivity(of: sound).hasSpeech { return false }
            start += part
        } while start < end
        return true
    }

    private static func duration(of clip: Clip) throws(AudioError) -> Double {
        if let segment = clip.segment { return segment.duration }
        return try AudioFile.info(at: clip.path, truncated: clip.truncated).duration
    }
}
