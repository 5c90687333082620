// SPDX-License-Identifier: Apache-2.0

import CSndFile

/// What libsndfile decodes for a file: the file's own bytes, or those that ffmpeg made of it.
struct OpenedSound {
    let source: ByteSource
    let layout: SoundLayout
    let decoder: SoundDecoder
    /// The format that ffmpeg decoded; nil where libsndfile reads the file itself.
    private(set) var foreign: ForeignFormat?
    /// Whether ffmpeg found the file damaged, and that was accepted.
    private(set) var isDamaged = false

    /// Container and encoding in words.
    var formatName: String { foreign.map { "\($0.title), by ffmpeg" } ?? decoder.formatName }

    /// Finds the layout of a file and a decoder for it.
    init(_ own: ByteSource, _ path: String, truncated: TruncatedFiles) throws(AudioError) {
        let layout = SoundLayout(of: own)
        guard !layout.changesKind else {
            throw .notAudio(path: path, reason: "its frames change their rate or their number of channels")
        }
        guard layout.pieces.count <= SoundFileReader.mostPieces else {
            throw .notAudio(path: path, reason: "its sound lies in more than \(SoundFileReader.mostPieces) pieces")
        }
        if layout.isChained {
            try self.init(decoding: own, path, .chainedOgg, truncated)
            return
        }
        let wave = RIFFFile(own), coded = wave?.foreignFormat
        // What its header calls plain samples would be heard as noise.
        if coded != .waveOfDTS, let decoder = SoundDecoder(layout, own) {
            self.init(source: own, layout: layout, decoder: decoder)
            return
        }
        let code = sf_error(nil), reason = String(cString: sf_strerror(nil))
        let content = FileContent(own)
        // A damaged WAV file is told as such; only its codec may be foreign.
        if case .foreign(let format) = content, layout.extent != .cut,
            format != .wave || coded != nil || code == SF_ERR_UNSUPPORTED_ENCODING || wave?.hasForeignCodec == true
        {
            try self.init(decoding: own, path, coded ?? format, truncated)
            return
        }
        // Something may stand before a stream of MPEG audio that is no tag.
        if let stream = MPEGStream(own, in: 0..<own.count, within: 1 << 16), !stream.layout.changesKind,
            let decoder = SoundDecoder(stream.layout, own)
        {
            self.init(source: own, layout: stream.layout, decoder: decoder)
            return
        }
        if let failure = own.failure { throw .unreadable(path: path, reason: failure) }
        if layout.extent == .cut {
            throw .truncated(path: path, expectedFrames: layout.promisedFrames, foundFrames: 0)
        }
        switch content {
        case .placeholder(let placeholder): throw .placeholder(path: path, placeholder)
        case .text(let text): throw .text(path: path, text)
        case .foreign, .unknown: throw .notAudio(path: path, reason: reason)
        }
    }

    private init(source: ByteSource, layout: SoundLayout, decoder: SoundDecoder) {
        self.source = source
        self.layout = layout
        self.decoder = decoder
    }

    private init(
        decoding own: ByteSource, _ path: String, _ format: ForeignFormat, _ truncated: TruncatedFiles
    ) throws(AudioError) {
        let (source, isDamaged) = try FFmpeg.decode(own, path, format, truncated)
        let layout = SoundLayout(of: source)
        guard let decoder = SoundDecoder(layout, source) else {
            throw .ffmpegFailed(path: path, format: format.title, .complained(of: String(cString: sf_strerror(nil))))
        }
        self.init(source: source, layout: layout, decoder: decoder)
        foreign = format
        self.isDamaged = isDamaged
    }
}
