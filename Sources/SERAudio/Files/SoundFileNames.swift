// SPDX-License-Identifier: Apache-2.0

/// What the names of sound files end in, where a folder is searched for them. What is inside is told by content.
package enum SoundFileNames {
    /// The endings, in small letters: of what libsndfile reads, and of what ffmpeg decodes for it.
    package static let endings: Set<String> = [
        "wav", "wave", "aif", "aiff", "aifc", "flac", "ogg", "oga", "opus", "mp3", "mp2", "au", "snd", "caf", "w64",
        "rf64", "sph", "nist", "voc", "m4a", "m4b", "mp4", "3gp", "webm", "weba", "mka", "aac", "wma", "amr", "wv",
        "ape", "tta", "ac3", "eac3", "ec3", "dts",
    ]

    /// The commonest, as they are told to people.
    package static let listed = "wav, aiff, flac, ogg, opus, mp3, m4a, mp4, webm, aac, wma, au, caf, w64 and rf64 files"
}
