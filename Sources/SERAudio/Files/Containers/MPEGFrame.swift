// SPDX-License-Identifier: Apache-2.0

/// The head of a frame of MPEG audio, layers I to III.
struct MPEGFrame: Equatable {
    /// What every frame of one stream has in common.
    struct Kind: Equatable {
        /// 1 for MPEG-1, 2 for MPEG-2, 3 for MPEG-2.5.
        var version: Int
        var layer: Int
        var sampleRate: Int
        var isMono: Bool

        /// Samples a channel in a frame.
        var samples: Int { layer == 1 ? 384 : layer == 3 && version > 1 ? 576 : 1152 }
    }

    var kind: Kind
    /// Length in bytes.
    var size: Int

    private static let kilobits: [[Int]] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ]

    /// The frame that begins with four bytes; nil where none does whose length is told.
    init?(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        guard first == 0xff, second & 0xe0 == 0xe0 else { return nil }
        let version = [3, 0, 2, 1][Int(second >> 3 & 3)]
        let layer = [0, 3, 2, 1][Int(second >> 1 & 3)]
        let rate = Int(third >> 2 & 3)
        let bitrate = Int(third >> 4)
        guard version > 0, layer > 0, rate < 3, bitrate > 0, bitrate < 15, fourth & 3 != 2 else { return nil }
        let sampleRate = [44_100, 48_000, 32_000][rate] >> (version - 1)
        let table = version == 1 ? layer - 1 : layer == 1 ? 3 : 4
        let bits = Self.kilobits[table][bitrate] * 1000
        let padding = Int(third >> 1 & 1)
        kind = Kind(version: version, layer: layer, sampleRate: sampleRate, isMono: fourth >> 6 == 3)
        size =
            switch layer {
            case 1: (12 * bits / sampleRate + padding) * 4
            case 3 where version > 1: 72 * bits / sampleRate + padding
            default: 144 * bits / sampleRate + padding
            }
    }
}

/// What the first frame of MPEG layer III may hold in place of sound: how many frames follow.
struct MPEGInfo {
    enum Form: Equatable {
        /// Xing's, with the place of the number of frames, if it has one.
        case xing(count: Int?)
        /// Fraunhofer's.
        case fraunhofer
    }

    var form: Form
    /// The number of frames that it promises.
    var frames: Int?
    /// Where LAME states the delays, 3 bytes: 12 bits for the beginning and 12 for the end.
    var delays: Int?

    init?(_ frame: [UInt8], _ kind: MPEGFrame.Kind) {
        let side = kind.version == 1 ? (kind.isMono ? 17 : 32) : (kind.isMono ? 9 : 17)
        if frame.has("VBRI", at: 36), frame.count >= 54 {
            form = .fraunhofer
            frames = frame.number(at: 36 + 14, bytes: 4, bigEndian: true)
            return
        }
        guard
            let place = [4 + side, 6 + side].first(where: { frame.has("Xing", at: $0) || frame.has("Info", at: $0) }),
            place + 8 <= frame.count
        else { return nil }
        let flags = frame[place + 7]
        var position = place + 8
        var count: Int?
        if flags & 1 != 0, position + 4 <= frame.count {
            count = position
            frames = frame.number(at: position, bytes: 4, bigEndian: true)
            position += 4
        }
        form = .xing(count: count)
        position += (flags & 2 != 0 ? 4 : 0) + (flags & 4 != 0 ? 100 : 0) + (flags & 8 != 0 ? 4 : 0)
        if position + 24 <= frame.count { delays = position + 21 }
    }
}
