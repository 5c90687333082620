"""Writes voices.json: features of two voices, NumPy's statistics of them, and other voices' features on their own scale.

What is measured of the two is the mean of all rows and the deviation of each row from its own voice's mean. A voice that
was heard for a share s of 20 clips of mean length has the mean sqrt(s) own + (1 - sqrt(s)) measured, the variance
s own + (1 - s) measured, and no deviation below a tenth of the measured one."""
import json, os
import numpy as np

rng = np.random.RandomState(11)
scale, shift = np.array([1, 1e-3, 200, 0, 5]), np.array([0, 3, -4000, 2, 1e4])
def rows(n, wider=1.0, higher=0.0): return ((rng.randn(n, 5) * wider + higher) * scale + shift).astype(np.float32)
clips = [rows(3), rows(5, 2, 1), rows(2), rows(6, 2, 1)]
speakers = [0, 1, 0, 1]
voices = [np.concatenate([c for c, s in zip(clips, speakers) if s == v]).astype(np.float64) for v in (0, 1)]
every = np.concatenate(voices)
mean = every.mean(0)
within = np.sqrt(sum(((v - v.mean(0)) ** 2).sum(0) for v in voices) / len(every))
enough = 20 * len(every) / len(clips)

def own(heard):
    share = min(1.0, len(heard) / enough)
    m = np.sqrt(share) * heard.mean(0) + (1 - np.sqrt(share)) * mean if len(heard) else mean
    v = share * heard.var(0) + (1 - share) * within ** 2 if len(heard) else within ** 2
    return m, np.maximum(np.sqrt(v), 0.1 * within)

def flat(m): return [float(v) for v in np.asarray(m).reshape(-1)]
heard = []
for n, wider in ((0, 1), (1, 1), (20, 3), (80, 0.5), (200, 1), (90, 0.01)):
    pieces = rows(n, wider, -2)
    m, d = own(pieces.astype(np.float64))
    heard.append(dict(rows=n, values=flat(pieces), mean=flat(m), deviation=flat(d)))
values = dict(
    coefficients=5, clips=[flat(c) for c in clips], speakers=speakers, mean=flat(mean), deviation=flat(within),
    sufficient=enough, heard=heard)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "voices.json"), "w") as f:
    json.dump(values, f, indent=0)
    f.write("\n")
