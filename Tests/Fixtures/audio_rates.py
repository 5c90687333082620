"""What each preset of MFCCs becomes at other sample rates, by librosa 0.11, torch and kaldi_native_fbank.

    python Tests/Fixtures/audio_rates.py [8000 Hz WAV]

Writes audio/rates.json: for each preset and rate the number of frames, the mean of each of 13 coefficients over time, and
the first, middle and last frame, of the sound that `sound` makes at that rate (and of a file, Kaldi's alone).
"""
import json, os, sys
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
import numpy as np, librosa, soundfile
from audio_reference import HERE, kaldi, torchaudio

RATES = [8000, 11025, 16000, 22050, 24414, 44100, 48000, 96000]


def sound(rate):
    """0.4 s of two tones, one of which rises, and of noise, as 16-bit integers over 32768."""
    count = rate * 2 // 5
    t = np.arange(count) / rate
    state, noise = 1, np.empty(count)
    for i in range(count):
        state = (state * 1103515245 + 12345) % 2 ** 31
        noise[i] = state / 2 ** 30 - 1
    x = 0.3 * np.sin(2 * np.pi * 220 * t) + 0.2 * np.sin(2 * np.pi * (400 + 2000 * t) * t) + 0.05 * noise
    return (np.round(x * 32767) / 32768).astype(np.float32)


def of_librosa(y, rate, pad_mode):
    mel = librosa.feature.melspectrogram(y=y, sr=rate, pad_mode=pad_mode)
    return librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=13).T


def case(preset, rate, features, file=None):
    rows = [0, len(features) // 2, len(features) - 1]
    numbers = lambda row: [float(f"{x:.6g}") for x in row]
    return {"preset": preset, "rate": rate, "file": file, "frames": len(features),
            "mean": numbers(features.astype(np.float64).mean(0)), "rows": [numbers(features[i]) for i in rows]}


def main():
    cases = []
    for rate in RATES:
        y = sound(rate)
        cases.append(case("librosa", rate, of_librosa(y, rate, "constant")))
        cases.append(case("librosaLegacy", rate, of_librosa(y, rate, "reflect")))
        cases.append(case("torchaudio", rate, torchaudio(y, rate, n_mfcc=13)))
        cases.append(case("kaldi", rate, kaldi(y, rate)))
    for file in sys.argv[1:]:
        y, rate = soundfile.read(file, dtype="float32")
        cases.append(case("kaldi", rate, kaldi(y, rate), os.path.basename(file)))
    with open(os.path.join(HERE, "rates.json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
