// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import Testing

/// Which recordings a model was trained on, as its file keeps it.
@Suite struct HeardClipsTests {
    @Test func recordingsAreKnownAgain() throws {
        let fingerprints = (0..<500).map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 }
        let heard = try #require(HeardClips(fingerprints + fingerprints.prefix(3)))
        #expect(heard.marks.count == 500 && heard.marks == heard.marks.sorted())
        #expect(fingerprints.allSatisfy(heard.contains))
        #expect(!(500..<5000).contains { heard.contains(UInt64($0) &* 0x9e37_79b9_7f4a_7c15) })
        // 40 bits decide.
        #expect(heard.contains(fingerprints[7] ^ 1 << 40) && !heard.contains(fingerprints[7] ^ 1 << 39))
        #expect(HeardClips([]) == nil && HeardClips(0..<150_001) == nil && HeardClips(0..<150_000) != nil)
    }

    @Test func textsComeBackOrAreRefused() throws {
        let heard = try #require(HeardClips([0x01_0203_0405, 7]))
        let text = try JSONEncoder().encode([heard])
        // 07 00 00 00 00, 05 04 03 02 01
        #expect(String(decoding: text, as: UTF8.self) == "[\"BwAAAAAFBAMCAQ==\"]")
        #expect(try JSONDecoder().decode([HeardClips].self, from: text) == [heard])
        // Nothing, no Base64, no whole mark, out of order, twice the same.
        for bad in ["", "!", "BwAAAA==", "BQQDAgEHAAAAAA==", "BwAAAAAHAAAAAA=="] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode([HeardClips].self, from: Data("[\"\(bad)\"]".utf8))
            }
        }
    }
}
