"""Linear support vector machines and logistic regression by scikit-learn (LIBLINEAR, Newton's method): metrics/linear.json.

Run: python linear.py (scikit-learn 1.6 or later, NumPy)
"""
import json
import os

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

random = np.random.default_rng(5)


def clips(counts, columns, scales=None, constant=None):
    """Clouds around a centre for each class, in values that single precision holds exactly."""
    labels = np.repeat(np.arange(len(counts)), counts)
    x = random.standard_normal((len(labels), columns)) + 0.8 * random.standard_normal((len(counts), columns))[labels]
    x *= 1.0 if scales is None else np.array(scales)
    if constant is not None:
        x[:, constant] = 3
    order = random.permutation(len(labels))
    return x[order].astype(np.float32).astype(np.float64), labels[order]


def solved(x, labels, loss, strength, balanced):
    weights = "balanced" if balanced else None
    if loss == "squared hinge":
        model = LinearSVC(dual=False, C=strength, class_weight=weights, tol=1e-13, max_iter=100_000)
    else:
        model = LogisticRegression(
            solver="newton-cholesky", C=strength, class_weight=weights, tol=1e-12, max_iter=10_000)
    model.fit(x, labels)
    rows = np.column_stack([model.coef_, model.intercept_])
    if len(rows) == 1:
        # One vector for the second of two classes: as logits of both, margins of either sign, or halves whose softmax
        # is the same.
        rows = np.concatenate([-rows, rows]) * (1.0 if loss == "squared hinge" else 0.5)
    elif loss == "softmax":
        rows[:, -1] -= rows[:, -1].mean()
    return {"loss": loss, "strength": strength, "balanced": balanced, "weights": rows.flatten().tolist()}


data = {
    "six classes": clips([20, 14, 9, 9, 6, 4], 5),
    "two classes": clips([30, 11], 4),
    "one clip of a class, a constant column": clips([15, 12, 1], 4, constant=2),
    "columns of all scales": clips([16, 12, 10], 4, scales=[1e4, 1, 1e-4, 30]),
}
cases = []
for name, (x, labels) in data.items():
    for loss in ("squared hinge", "softmax"):
        fits = [solved(x, labels, loss, strength, balanced) for strength in (0.01, 1.0) for balanced in (False, True)]
        cases.append({"name": name, "columns": x.shape[1], "values": x.flatten().tolist(), "labels": labels.tolist(),
                      "fits": fits})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics", "linear.json"), "w") as file:
    json.dump(cases, file)
    file.write("\n")
