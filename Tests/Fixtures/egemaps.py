"""Reference values of eGeMAPSv02 for SERAudio, by the openSMILE package 2.6 (openSMILE 3.0).

    python Tests/Fixtures/egemaps.py

Writes audio/egemaps_*.wav, three sounds made here, and of them, of audio/chirp.wav and of silence the functionals and
the low-level descriptors: audio/egemaps.{json,bin}, in the form of audio_reference.py, and audio/egemaps_names.json.
"""
import json, os, wave
import numpy as np, scipy.signal, opensmile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "audio")
RATE = 16000
VOWELS = [[(700, 90), (1200, 110), (2600, 160)], [(300, 60), (2300, 120), (3000, 180)],
          [(400, 70), (800, 90), (2500, 150)]]


def voice(random, seconds, pitch, breath, uneven, pauses):
    """Pulses of a varying pitch through the resonances of three vowels in turn, with breath between them."""
    count = int(seconds * RATE)
    pulses, position = np.zeros(count), 0.0
    while position < count - 1:
        pulses[int(position)] += 1 + uneven * 4 * random.standard_normal()
        position += RATE / pitch(position / RATE) * (1 + uneven * random.standard_normal())
    source = scipy.signal.lfilter([1], [1, -0.95], pulses) + breath * random.standard_normal(count)
    out = np.zeros(count)
    for index, vowel in enumerate(VOWELS):
        x = source
        for frequency, width in vowel:
            radius = np.exp(-np.pi * width / RATE)
            slope = -2 * radius * np.cos(2 * np.pi * frequency / RATE)
            x = scipy.signal.lfilter([1 - radius], [1, slope, radius ** 2], x)
        share = np.clip(1 - np.abs(np.linspace(0, len(VOWELS) - 1, count) - index) * 1.2, 0, 1)
        out += share * x / np.abs(x).max()
    t = np.arange(count) / RATE
    for begin, end in pauses: out *= 1 - np.clip(np.minimum(t - begin, end - t) * 60, 0, 1)
    return 0.5 * out / np.abs(out).max() + 3e-4 * random.standard_normal(count)


def sounds():
    random = np.random.Generator(np.random.PCG64(7))
    pauses = [(0, 0.08), (0.5, 0.62), (0.95, 1.05), (1.2, 2)]
    low = voice(random, 1.3, lambda t: 105 + 40 * np.sin(4 * t), 0.02, 0.008, pauses)
    # Ends voiced.
    high = voice(random, 0.9, lambda t: 210 + 110 * t, 0.004, 0.004, [(0.3, 0.42)])
    t = np.arange(12000) / RATE
    noise = random.standard_normal(12000) * 0.1 * np.abs(np.sin(9 * t)) ** 3 + 1e-3 * random.standard_normal(12000)
    for name, x in ("low", low), ("high", high), ("noise", noise):
        yield "egemaps_" + name, np.clip(np.round(x * 32768), -32768, 32767).astype("<i2")


def read(name):
    with wave.open(os.path.join(HERE, name + ".wav")) as file:
        assert file.getframerate() == RATE
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def main():
    for name, x in sounds():
        with wave.open(os.path.join(HERE, name + ".wav"), "wb") as out:
            out.setparams((1, 2, RATE, len(x), "NONE", ""))
            out.writeframes(x.tobytes())
    inputs = {name: read(name) for name in ("egemaps_low", "egemaps_high", "egemaps_noise", "chirp")}
    inputs["silence"] = np.zeros(8000, "<i2")
    inputs["click"] = np.array([0] * 500 + [20000] + [0] * 459, "<i2")
    names, cases, parts, offset = {}, [], [], 0
    for feature, level in ("egemaps", "Functionals"), ("egemapsLLD", "LowLevelDescriptors"):
        smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel[level])
        names[feature] = smile.feature_names
        for source, x in inputs.items():
            values = np.ascontiguousarray(smile.process_signal(x.astype(np.float32) / 32768, RATE).to_numpy(), "<f4")
            cases.append(dict(feature=feature, input=source, settings={}, shape=list(values.shape), step=1,
                              offset=offset, count=values.size))
            parts.append(values.ravel())
            offset += values.size
    with open(os.path.join(HERE, "egemaps.json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(c, sort_keys=True) for c in cases) + "\n]\n")
    with open(os.path.join(HERE, "egemaps_names.json"), "w") as out: json.dump(names, out, indent=0)
    np.concatenate(parts).astype("<f4").tofile(os.path.join(HERE, "egemaps.bin"))


main()
