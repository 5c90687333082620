"""Small sound files in every container and coding to begin with: python make_seeds.py writes Seeds/sound-*.

Needs numpy and soundfile (with libsndfile 1.1 or later for MPEG). The other seeds are made by the fuzz targets themselves, or
lie here as `ser` wrote them.
"""
import pathlib

import numpy as np
import soundfile

folder = pathlib.Path(__file__).parent / "Seeds"
rate = 8000
t = np.arange(800) / rate
tone = (0.4 * np.sin(2 * np.pi * 440 * t) * np.hanning(len(t))).astype(np.float32)
stereo = np.stack([tone, -tone], 1)

seeds = {
    "sound-wav": [
        ("WAV", "PCM_16", tone), ("WAV", "PCM_U8", tone), ("WAV", "PCM_24", stereo), ("WAV", "FLOAT", tone),
        ("WAV", "DOUBLE", tone), ("WAV", "ULAW", tone), ("WAV", "IMA_ADPCM", tone), ("WAV", "MS_ADPCM", tone),
        ("WAV", "GSM610", tone), ("WAV", "NMS_ADPCM_32", tone), ("WAVEX", "PCM_16", stereo), ("RF64", "PCM_16", tone),
        ("W64", "PCM_16", tone),
    ],
    "sound-aiff": [
        ("AIFF", "PCM_16", tone), ("AIFF", "FLOAT", tone), ("AIFF", "IMA_ADPCM", tone), ("AU", "PCM_16", tone),
        ("AU", "ULAW", tone), ("CAF", "PCM_16", tone), ("CAF", "ALAC_16", tone), ("VOC", "PCM_16", tone),
        ("NIST", "PCM_16", tone), ("SVX", "PCM_16", tone), ("IRCAM", "PCM_16", tone), ("PVF", "PCM_16", tone),
        ("MAT5", "FLOAT", tone), ("HTK", "PCM_16", tone), ("AVR", "PCM_16", tone),
    ],
    "sound-flac": [("FLAC", "PCM_16", tone), ("FLAC", "PCM_24", stereo), ("FLAC", "PCM_S8", tone)],
    "sound-ogg": [("OGG", "VORBIS", tone), ("OGG", "VORBIS", stereo), ("OGG", "OPUS", tone)],
    "sound-mpeg": [
        ("MP3", "MPEG_LAYER_III", tone), ("MP3", "MPEG_LAYER_III", stereo), ("MP3", "MPEG_LAYER_III", np.tile(tone, 3)),
    ],
}
for name, sounds in seeds.items():
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    for index, (container, coding, samples) in enumerate(sounds):
        file = place / f"{index:02}-{container}-{coding}".lower()
        soundfile.write(file, samples, rate, subtype=coding, format=container)
