"""Small sound files in every container and coding to begin with: python make_seeds.py writes Seeds/sound-*.

Needs numpy and soundfile (with libsndfile 1.1 or later for MPEG). The other seeds are made by the fuzz targets
themselves, or lie here as `ser` wrote them.
"""
import io
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


def sound(container, coding, samples, endian=None):
    """The bytes of a sound file."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=coding, format=container, endian=endian)
    return file.getvalue()


def chunk(name, body=b"", size=None):
    """A chunk of RIFF; with `size`, one that states another length."""
    length = len(body) if size is None else size
    return name + length.to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def patched(file, place, value, count=4):
    return file[:place] + value.to_bytes(count, "little") + file[place + count:]


def wav(tag, body, *before, block=1, size=None, after=b""):
    """A WAV file of one channel, its `data` chunk as long as `size` says."""
    numbers = [(tag, 2), (1, 2), (rate, 4), (rate * block, 4), (block, 2), (8 * block, 2)]
    form = b"".join(number.to_bytes(count, "little") for number, count in numbers)
    chunks = b"WAVE" + chunk(b"fmt ", form) + b"".join(before) + chunk(b"data", body, size) + after
    return b"RIFF" + len(chunks).to_bytes(4, "little") + chunks


# Headers that were left open, are wrong, or hold what libsndfile does not write.
integers = (tone * 32767).astype("<i2").tobytes()
gsm = sound("WAV", "GSM610", tone)
adpcm = sound("WAV", "IMA_ADPCM", tone)
wide = sound("RF64", "PCM_16", tone)
mpeg = sound("MP3", "MPEG_LAYER_III", tone)
bigendian = sound("WAV", "PCM_16", tone, "BIG")
headers = {
    "bigendian": bigendian,
    "bigendian-open": patched(bigendian, bigendian.find(b"data") + 4, 0),
    "open-zero": wav(1, integers, block=2, size=0),
    "open-ones": wav(1, integers, block=2, size=0xffffffff),
    "wrong": wav(1, integers, block=2, size=len(integers) + 8),
    "cut": wav(1, integers, block=2, size=3 * len(integers)),
    "cut-gsm": patched(gsm, gsm.find(b"data") + 4, 4000),
    "open-gsm": patched(gsm, gsm.find(b"data") + 4, 0xffffffff),
    "cut-adpcm": adpcm[:-100],
    "open-adpcm": patched(adpcm, adpcm.find(b"data") + 4, 0x7ffff000),
    "silent": wav(1, b"", block=2, after=chunk(b"LIST", b"INFOabcd")),
    "wide-open": patched(wide, wide.find(b"ds64") + 16, (1 << 64) - 1, 8),
    "wide-cut": patched(wide, wide.find(b"ds64") + 16, 8000, 8),
    "mpeg": wav(0x55, mpeg, chunk(b"fact", (800).to_bytes(4, "little"))),
    "mpeg-open": wav(0x50, mpeg, size=0),
    "chunks": b"RIFF\0\0\0\0WAVE" + chunk(b"junk") * 1025,
}
for name, file in headers.items():
    (folder / "sound-wav" / f"header-{name}").write_bytes(file)

# Two files in one.
for name in ("sound-wav", "sound-aiff", "sound-flac", "sound-ogg"):
    parts = [file.read_bytes() for file in sorted((folder / name).glob("0[01]-*"))]
    (folder / name / "joined").write_bytes(b"".join(parts))
