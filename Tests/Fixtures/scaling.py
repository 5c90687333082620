"""Powers fitted by scipy.stats.linregress to logarithms: python scaling.py writes scaling.json."""
import json
import os

import numpy as np
from scipy import stats

random = np.random.RandomState(7)
cases = []
for count, exponent, spread in [(3, 1.0, 0.05), (5, 2.1, 0.2), (7, 0.4, 0.01), (9, -0.3, 0.5), (40, 1.5, 0.3)]:
    x = np.sort(random.uniform(1, 5000, count))
    y = 0.003 * x**exponent * np.exp(spread * random.normal(size=count))
    fit = stats.linregress(np.log(x), np.log(y))
    reach = stats.t.ppf(0.975, count - 2) * fit.stderr
    cases.append(dict(
        x=x.tolist(), y=y.tolist(), exponent=fit.slope, factor=float(np.exp(fit.intercept)), lower=fit.slope - reach,
        upper=fit.slope + reach, rSquared=fit.rvalue**2))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "scaling.json"), "w") as file:
    json.dump(cases, file, indent=1)
