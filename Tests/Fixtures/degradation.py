"""Reference values for Tests/SERAudioTests/DegradationTests.swift: G.711 by Python's audioop, the active speech level by
the sample-by-sample algorithm of ITU-T P.56 (2011), annex, and the telephone's filter by SciPy's firwin.

python3.11 degradation.py > degradation.json
"""

import audioop
import json
import math

import numpy
from scipy.signal import firwin


def active_level(samples, rate):
    """ITU-T P.56, method B, in dB relative to an RMS of 1, for a signal whose peak is 1."""
    decay = math.exp(-1 / (rate * 0.03))
    hangover = math.ceil(rate * 0.2)
    thresholds = [2.0 ** (index - 15) for index in range(15)]
    active, idle = [0] * 15, [hangover] * 15
    first = second = 0.0
    for sample in samples:
        first = decay * first + (1 - decay) * abs(sample)
        second = decay * second + (1 - decay) * first
        for place, threshold in enumerate(thresholds):
            if second >= threshold:
                active[place] += 1
                idle[place] = 0
            elif idle[place] < hangover:
                active[place] += 1
                idle[place] += 1
    energy = float(numpy.sum(numpy.square(samples)))
    last = None
    for threshold, count in zip(thresholds, active):
        if count == 0:
            continue
        level = 10 * math.log10(energy / count)
        excess = level - 20 * math.log10(threshold) - 15.9
        if excess <= 0:
            if last is None:
                return level
            return last[0] + last[1] / (last[1] - excess) * (level - last[0])
        last = (level, excess)
    raise ValueError("no level")


def bursts(rate):
    """Tone bursts of several heights with pauses between them, as the test makes them too."""
    count = 3 * rate
    samples = numpy.zeros(count)
    for index in range(count):
        time = index / rate
        height = [1.0, 0.0, 0.3, 0.0, 0.0, 0.6][int(time * 2)]
        samples[index] = height * math.sin(2 * math.pi * 440 * time)
    return samples / numpy.max(numpy.abs(samples))


values = [0, 1, -1, 5, 31, 33, 100, -100, 500, -777, 1000, 4000, -8159, 16000, -20000, 30000, 32635, 32767, -32768]
shorts = numpy.array(values, dtype=numpy.int16)
decoded = numpy.frombuffer(audioop.ulaw2lin(audioop.lin2ulaw(shorts.tobytes(), 2), 2), dtype=numpy.int16)
print(json.dumps({
    "shorts": values,
    "muLaw": decoded.tolist(),
    "level": active_level(bursts(8000), 8000),
    "paddedLevel": active_level(numpy.concatenate([numpy.zeros(4000), bursts(8000), numpy.zeros(8000)]), 8000),
    "filter": firwin(257, [300, 3400], window=("kaiser", 5.653), pass_zero=False, scale=False, fs=8000).tolist(),
}))
