"""What ffmpeg decodes of the MPEG, Vorbis and Opus files in soundfiles/: rate, number of frames, and every 499th sample.

    python3 soundfiles.py

The files themselves are of the kinds that common programs write: recorders that stopped (d0_*, avaudiofile_crash), programs
that write to a pipe (*_pipe*, caf_minus1), wrong lengths (over_*, data_double*), cut files (*_trunc*, *_cut*), MPEG audio
without a stated length (*_noxing*, mp3_*, mp2), and samples that no recording holds (float32_*, *huge*).
"""
import array
import json
import pathlib
import subprocess

folder = pathlib.Path(__file__).parent / "soundfiles"
result = {}
for path in sorted(folder.iterdir()):
    if path.suffix not in {".mp3", ".mp2", ".ogg", ".opus"}:
        continue
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=sample_rate", "-of", "csv=p=0", str(path)]
    rate = int(subprocess.run(probe, capture_output=True, check=True, text=True).stdout.strip())
    decode = ["ffmpeg", "-v", "quiet", "-i", str(path), "-ac", "1", "-f", "f32le", "-"]
    samples = array.array("f", subprocess.run(decode, capture_output=True, check=True).stdout)
    result[path.name] = {
        "rate": rate,
        "frames": len(samples),
        "step": 499,
        "samples": [round(value, 6) for value in samples[::499]],
    }
(folder.parent / "soundfiles.json").write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n")
