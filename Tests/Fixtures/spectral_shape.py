"""Reference values of the features of spectral shape for SERAudio, by librosa 0.11.

    python Tests/Fixtures/spectral_shape.py

Reads audio/*.wav that audio_reference.py makes; writes audio/shape.{json,bin} in its form.
"""
import json, os
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
import numpy as np, librosa, scipy.io.wavfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "audio")
STFT = [dict(), dict(n_fft=512, hop_length=160), dict(n_fft=1024, hop_length=256, win_length=600, window="hamming")]
OWN = {"spectral_centroid": [dict()], "spectral_bandwidth": [dict(), dict(p=1.5)],
       "spectral_flatness": [dict(), dict(amin=1e-6)], "spectral_rolloff": [dict(), dict(roll_percent=0.25)],
       "spectral_contrast": [dict(), dict(n_bands=4, fmin=300.0), dict(n_bands=5, quantile=0.1)]}


def main():
    cases, parts, offset = [], [], 0
    for source in ("noise", "chirp", "buzz"):
        rate, x = scipy.io.wavfile.read(os.path.join(HERE, source + ".wav"))
        y = x.astype(np.float32) / 32768
        for feature, sets in OWN.items():
            # Between the harmonics of the buzz lies nothing but what single precision rounds off.
            if feature == "spectral_contrast" and source == "buzz": continue
            for settings in [{**stft, **own} for stft in STFT for own in sets]:
                if feature == "spectral_contrast" and rate < 20000: settings.setdefault("n_bands", 5)
                rates = {} if feature == "spectral_flatness" else {"sr": rate}
                values = np.ascontiguousarray(getattr(librosa.feature, feature)(y=y, **rates, **settings).T, "<f4")
                cases.append(dict(feature=feature, input=source, settings=settings, shape=list(values.shape), step=1,
                                  offset=offset, count=values.size))
                parts.append(values.ravel())
                offset += values.size
    with open(os.path.join(HERE, "shape.json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(c, sort_keys=True) for c in cases) + "\n]\n")
    np.concatenate(parts).tofile(os.path.join(HERE, "shape.bin"))


main()
