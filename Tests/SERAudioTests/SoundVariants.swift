// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// Ways in which common programs write sound: the program and its arguments, of which IN and OUT are the files.
enum SoundVariants {
    typealias Recipe = (name: String, arguments: [String])

    static func ffmpeg(_ name: String, _ arguments: String) -> Recipe {
        let words = arguments.split(separator: " ").map(String.init)
        return (name, ["ffmpeg", "-v", "quiet", "-y", "-i", "IN"] + words + ["OUT"])
    }

    static func sox(_ name: String, _ arguments: String, effects: String = "") -> Recipe {
        let words = arguments.split(separator: " ").map(String.init)
        return (name, ["sox", "-D", "IN"] + words + ["OUT"] + effects.split(separator: " ").map(String.init))
    }

    static func lame(_ name: String, _ arguments: String) -> Recipe {
        (name, ["lame", "--quiet"] + arguments.split(separator: " ").map(String.init) + ["IN", "OUT"])
    }

    /// Sound without loss, in every container.
    static let lossless: [Recipe] = [
        sox("16.wav", ""), sox("24.wav", "-b 24"), sox("float.wav", "-e floating-point -b 32"),
        sox("stereo.wav", "-c 2"), sox("rifx.wav", "-B"), ffmpeg("32.wav", "-c:a pcm_s32le"),
        ffmpeg("rf64.wav", "-rf64 always"), ffmpeg("mulaw.wav", "-c:a pcm_mulaw"), ffmpeg("alaw.wav", "-c:a pcm_alaw"),
        sox("a.aiff", ""), ffmpeg("sowt.aiff", "-c:a pcm_s16le -f aiff"), sox("a.au", ""), sox("mulaw.au", "-e mu-law"),
        ffmpeg("a.w64", ""), ffmpeg("24.w64", "-c:a pcm_s24le"), ffmpeg("float.w64", "-c:a pcm_f32le"),
        ffmpeg("double.w64", "-ac 2 -c:a pcm_f64le"), ffmpeg("double.wav", "-c:a pcm_f64le"),
        ffmpeg("float.aiff", "-c:a pcm_f32be"), ffmpeg("float.au", "-c:a pcm_f32be"), ffmpeg("a.caf", ""),
        ffmpeg("float.caf", "-c:a pcm_f32be"), sox("a.sph", ""), sox("a.voc", ""),
        sox("sox.flac", ""), ffmpeg("ffmpeg.flac", ""), ffmpeg("stereo.flac", "-ac 2 -compression_level 12"),
    ]

    /// Formats that code sound in blocks.
    static let blocks: [Recipe] = [
        ffmpeg("ima.wav", "-c:a adpcm_ima_wav"), ffmpeg("ms.wav", "-c:a adpcm_ms"),
        sox("gsm.wav", "-r 8000 -e gsm-full-rate"),
    ]

    /// MPEG audio.
    static let mpeg: [Recipe] = [
        lame("v0.mp3", "-V 0"), lame("v4.mp3", "-V 4"), lame("v9.mp3", "-V 9"), lame("cbr32.mp3", "-b 32"),
        lame("cbr128.mp3", "-b 128 --resample 44.1"), lame("cbr320.mp3", "-b 320 --resample 48"),
        lame("abr.mp3", "--abr 56"), lame("bare.mp3", "-t -b 64"), lame("barevbr.mp3", "-t -V 5"),
        lame("8000.mp3", "--resample 8 -b 16"), lame("11025.mp3", "--resample 11.025 -b 24"),
        lame("22050.mp3", "--resample 22.05 -V 3"), lame("24000.mp3", "--resample 24 -t -V 2"),
        lame("tagged.mp3", "--add-id3v2 --tt title --ta artist --tc comment -b 48"),
        lame("id3v1.mp3", "--id3v1-only --tt title -t -b 48"), lame("crc.mp3", "-p -b 64"),
        ffmpeg("ffmpeg.mp3", "-c:a libmp3lame -b:a 64k"), ffmpeg("noxing.mp3", "-c:a libmp3lame -q:a 4 -write_xing 0"),
        ffmpeg("stereo.mp3", "-ac 2 -c:a libmp3lame -joint_stereo 0 -b:a 96k"),
        ffmpeg("joint.mp3", "-ac 2 -ar 32000 -c:a libmp3lame -q:a 2"),
        ffmpeg("a.mp2", "-ar 44100 -c:a mp2 -b:a 96k"), ffmpeg("low.mp2", "-ar 24000 -c:a mp2 -b:a 32k"),
        ffmpeg("stereo.mp2", "-ar 48000 -ac 2 -c:a mp2 -b:a 192k"),
        ffmpeg("mp3.wav", "-c:a libmp3lame -b:a 64k"), ffmpeg("mp2.wav", "-ar 32000 -c:a mp2 -b:a 64k"),
    ]

    static let vorbis: [Recipe] = [
        ffmpeg("ffmpeg.ogg", "-c:a libvorbis -q:a 4"), ffmpeg("low.ogg", "-ar 44100 -ac 2 -c:a libvorbis -q:a 0"),
        sox("sox.ogg", ""), sox("high.ogg", "-r 48000 -C 9"),
        ("oggenc.ogg", ["oggenc", "-Q", "-q", "2", "-o", "OUT", "IN"]),
    ]

    /// Opus, of sound at 48 kHz.
    static let opus: [Recipe] = [
        ffmpeg("12.opus", "-c:a libopus -b:a 12k"), ffmpeg("64.opus", "-c:a libopus -b:a 64k"),
        ffmpeg("stereo.opus", "-ac 2 -c:a libopus -b:a 96k"), ffmpeg("60ms.opus", "-c:a libopus -frame_duration 60"),
        ("opusenc.opus", ["opusenc", "--quiet", "--bitrate", "24", "IN", "OUT"]),
        ("cbr.opus", ["opusenc", "--quiet", "--hard-cbr", "--bitrate", "40", "--framesize", "5", "IN", "OUT"]),
    ]

    /// AAC, in every container that holds it; ffmpeg decodes them for the library.
    static let aac: [Recipe] = [
        ffmpeg("a.m4a", "-c:a aac -b:a 64k"), ffmpeg("stereo.m4a", "-ac 2 -ar 44100 -c:a aac -b:a 128k"),
        ffmpeg("a.aac", "-c:a aac -b:a 48k"), ffmpeg("low.aac", "-ar 8000 -c:a aac -b:a 16k"),
        ffmpeg("fragmented.mp4", "-ar 48000 -c:a aac -movflags frag_keyframe+empty_moov"),
        ffmpeg("fast.mp4", "-ar 22050 -c:a aac -movflags faststart"), ffmpeg("a.mka", "-c:a aac -b:a 64k"),
    ]

    static func make(_ file: URL, of sound: URL, _ arguments: [String]) throws {
        let words = arguments.dropFirst().map { $0 == "IN" ? sound.path : $0 == "OUT" ? file.path : $0 }
        try SoundProgram.run(arguments[0], words)
    }
}
