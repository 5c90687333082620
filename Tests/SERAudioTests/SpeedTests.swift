// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import Testing

/// Run by hand, SER_MEASURE=1 with SER_DATA: 40 MFCCs of every EMO-DB clip at its own rate, clips decoded beforehand;
/// the work that librosa does in its own loop is `for y, r in clips: librosa.feature.mfcc(y=y, sr=r, n_mfcc=40)`.
@Suite(.serialized) struct SpeedTests {
    private static let isWanted =
        AudioReference.data != nil && ProcessInfo.processInfo.environment["SER_MEASURE"] != nil

    @Test(.enabled(if: isWanted, "SER_MEASURE and SER_DATA are not set")) func mfccsOfDecodedClips() throws {
        let folder = try #require(AudioReference.data).appendingPathComponent("emodb")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let clips = try files.filter { $0.pathExtension == "wav" }.map { try AudioFile.read(at: $0) }
        let threads = Parallelism.threads
        defer { Parallelism.threads = threads }
        for count in [1, 2] {
            Parallelism.threads = count
            var best = Double.infinity
            for _ in 0..<12 {
                let start = DispatchTime.now().uptimeNanoseconds
                parallelFor(clips.count) { index in
                    _ = try? MFCC(.librosa, coefficients: 40, sampleRate: clips[index].sampleRate).extract(clips[index])
                }
                best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-6)
            }
            print("mfcc of \(clips.count) clips on \(count) threads: \(best) ms")
        }
    }
}
