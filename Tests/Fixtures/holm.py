"""Holm's correction as statsmodels makes it: python holm.py writes metrics/holm.json."""
import json
import os

import numpy as np
from statsmodels.stats.multitest import multipletests

generator = np.random.default_rng(7)
cases = [
    [0.04],
    [0.01, 0.04, 0.03, 0.005],
    [0.02, 0.02, 0.02],
    [1.0, 0.9, 0.0],
    [0.0001, 0.0499, 0.2, 0.011, 0.6, 0.03, 0.0051, 0.0049, 0.9, 0.012],
    generator.uniform(0, 0.2, 10).tolist(),
    generator.beta(0.3, 2, 45).tolist(),
]
written = [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in cases]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics", "holm.json"), "w") as file:
    json.dump(written, file, indent=1)
    file.write("\n")
