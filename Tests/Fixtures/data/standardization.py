"""Writes standardization.json: feature matrices, and NumPy's mean, standard deviation and scaled values of them."""
import json, os
import numpy as np

rng = np.random.RandomState(7)
scale, shift = np.array([1, 1e-3, 200, 0, 5]), np.array([0, 3, -4000, 2, 1e4])
matrices = [(rng.randn(n, 5) * scale + shift).astype(np.float32) for n in (1, 7, 30, 2, 13)]
frames = np.concatenate(matrices).astype(np.float64)
mean, std = frames.mean(0), frames.std(0)
other = (rng.randn(4, 5) * scale + shift).astype(np.float32)
values = dict(
    matrices=[[float(v) for v in m.reshape(-1)] for m in matrices], frames=[len(m) for m in matrices], coefficients=5,
    mean=mean.tolist(), deviation=std.tolist(), other=[float(v) for v in other.reshape(-1)],
    scaled=((other - mean) / (std + 1e-8)).reshape(-1).tolist())
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "standardization.json"), "w") as f:
    json.dump(values, f, indent=0)
    f.write("\n")
