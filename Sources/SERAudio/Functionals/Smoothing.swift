// SPDX-License-Identifier: Apache-2.0

/// Moving averages over three frames. Values beyond the ends are those at the ends, and the average after the last
/// frame is kept too, as openSMILE does: the result is one frame longer.
enum Smoothing {
    /// The mean of each frame that is not 0 and of those of its neighbours that are not; 0 stays 0.
    static func meanOfNonzero(_ track: [Float]) -> [Float] { meanOfNonzero(track[...]) }

    /// The same as openSMILE smooths what comes of pitch and samples together: where the pitch of the last frames was
    /// decided only because the clip had ended, those before were smoothed as if the clip ended with them.
    static func meanOfNonzero(_ track: [Float], decided: Int) -> [Float] {
        var result = meanOfNonzero(track)
        guard decided > 0, decided < track.count else { return result }
        result.replaceSubrange(...decided, with: meanOfNonzero(track[..<decided]))
        return result
    }

    /// The mean of each frame and its neighbours.
    static func mean(_ track: [Float]) -> [Float] {
        smoothed(track[...]) { before, now, after in (now + before + after) / 3 }
    }

    private static func meanOfNonzero(_ track: ArraySlice<Float>) -> [Float] {
        smoothed(track) { before, now, after in
            guard now != 0 else { return 0 }
            let count: Float = 1 + (before == 0 ? 0 : 1) + (after == 0 ? 0 : 1)
            return (now + before + after) / count
        }
    }

    @inline(__always)
    private static func smoothed(_ track: ArraySlice<Float>, _ average: (Float, Float, Float) -> Float) -> [Float] {
        guard let first = track.first, let last = track.last else { return [] }
        var result = [Float](repeating: 0, count: track.count + 1)
        var before = first
        for frame in 0..<track.count {
            let now = track[frame], after = frame + 1 < track.count ? track[frame + 1] : last
            result[frame] = average(before, now, after)
            before = now
        }
        result[track.count] = average(before, last, last)
        return result
    }
}
