"""Statistics of ranks as SciPy makes them: python ranks.py writes metrics/ranks.json."""
import itertools
import json
import os

import numpy as np
from scipy import stats

generator = np.random.default_rng(11)


def case(values, other, groups):
    values, groups = np.array(values, float), np.array(groups)
    members = [values[groups == group] for group in np.unique(groups)]
    h = stats.kruskal(*members).statistic
    written = {
        "values": values.tolist(), "other": list(map(float, other)), "groups": groups.tolist(),
        "ranks": stats.rankdata(values).tolist(), "spearman": stats.spearmanr(values, other).statistic,
        "share": h / (len(values) - 1),
    }
    if len(values) <= 8:
        # Every order, counted.
        reached = total = 0
        for order in itertools.permutations(range(len(values))):
            shuffled = values[list(order)]
            members = [shuffled[groups == group] for group in np.unique(groups)]
            reached += stats.kruskal(*members).statistic >= h - 1e-9
            total += 1
        written["exact"] = reached / total
    return written


cases = [
    case([0.3, 0.5, 0.1, 0.9, 0.7, 0.2], [1, 2, 3, 4, 5, 6], [0, 0, 1, 1, 2, 2]),
    case([1, 1, 2, 2, 3, 3, 3], [5, 1, 4, 1, 5, 9, 2], [0, 1, 0, 1, 0, 1, 1]),
    case([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [7, 5, 6, 4, 3, 1, 2], [0, 0, 0, 1, 1, 2, 2]),
]
for count, kinds in ((20, 3), (57, 4), (200, 5)):
    groups = generator.integers(0, kinds, count)
    values = np.round(generator.normal(groups * 0.4, 1), 1)
    cases.append(case(values, generator.normal(0, 1, count) + values, groups))
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics", "ranks.json"), "w") as file:
    json.dump(cases, file, indent=1)
    file.write("\n")
