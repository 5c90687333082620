"""Losses and their gradients by PyTorch in double precision: losses.json.

Run: python losses.py (PyTorch 2.x, NumPy)
"""
import json, os
import numpy as np
import torch
import torch.nn.functional as F

random = np.random.default_rng(11)


def draw(*shape, scale=1.0):
    """Values that single precision holds exactly, so that both sides begin from the same numbers."""
    return (random.standard_normal(shape) * scale).astype(np.float32).astype(np.float64)


def case(logits, loss, **about):
    x = torch.tensor(logits, requires_grad=True)
    value = loss(x)
    value.backward()
    return {"shape": list(logits.shape), "logits": logits.flatten().tolist(), "loss": value.item(),
            "gradient": x.grad.flatten().tolist(), **about}


def sparse(rows, classes, scale, weighted, smoothing):
    logits, labels = draw(rows, classes, scale=scale), random.integers(0, classes, rows)
    weights = np.abs(draw(classes)) + 0.5 if weighted else None
    weights = None if weights is None else weights.astype(np.float32).astype(np.float64)
    tensor = None if weights is None else torch.tensor(weights)
    loss = lambda x: F.cross_entropy(x, torch.tensor(labels), weight=tensor, label_smoothing=smoothing)
    return case(logits, loss, labels=labels.tolist(), smoothing=smoothing,
                weights=None if weights is None else weights.tolist())


def soft(rows, classes, scale, weighted, smoothing, one_hot=False):
    logits = draw(rows, classes, scale=scale)
    targets = np.exp(draw(rows, classes))
    if one_hot:
        targets = np.eye(classes)[random.integers(0, classes, rows)]
    targets = (targets / targets.sum(1, keepdims=True)).astype(np.float32).astype(np.float64)
    weights = (np.abs(draw(classes)) + 0.5).astype(np.float32).astype(np.float64) if weighted else None
    tensor = None if weights is None else torch.tensor(weights)
    loss = lambda x: F.cross_entropy(x, torch.tensor(targets), weight=tensor, label_smoothing=smoothing)
    return case(logits, loss, targets=targets.flatten().tolist(), smoothing=smoothing,
                weights=None if weights is None else weights.tolist())


def binary(rows, columns, scale, weighted):
    logits = draw(rows, columns, scale=scale)
    targets = random.integers(0, 2, (rows, columns)).astype(np.float64)
    targets[0, 0] = 0.25
    weights = (np.abs(draw(columns)) + 0.5).astype(np.float32).astype(np.float64) if weighted else None
    tensor = None if weights is None else torch.tensor(weights)
    loss = lambda x: F.binary_cross_entropy_with_logits(x, torch.tensor(targets), pos_weight=tensor)
    return case(logits, loss, targets=targets.flatten().tolist(),
                weights=None if weights is None else weights.tolist())


def squared(*shape):
    predictions, targets = draw(*shape, scale=3), draw(*shape)
    return case(predictions, lambda x: F.mse_loss(x, torch.tensor(targets)), targets=targets.flatten().tolist())


out = {
    "sparse": [sparse(5, 7, 2, False, 0), sparse(1, 3, 1, False, 0), sparse(6, 4, 2, True, 0), sparse(4, 5, 2, False, 0.1),
               sparse(7, 3, 2, True, 0.25), sparse(4, 6, 1e4, False, 0), sparse(4, 6, 1e4, True, 0.1),
               sparse(3, 1, 1, False, 0), sparse(3, 4, 1, True, 1.0)],
    "soft": [soft(5, 7, 2, False, 0), soft(1, 3, 1, False, 0, True), soft(6, 4, 2, True, 0), soft(4, 5, 2, False, 0.1),
             soft(3, 4, 2, True, 0.25), soft(4, 6, 1e4, False, 0.1), soft(4, 6, 1e4, True, 0, True)],
    "binary": [binary(4, 3, 2, False), binary(1, 1, 1, False), binary(5, 4, 3, True), binary(3, 4, 1e4, True),
               binary(3, 2, 100, False)],
    "squared": [squared(3, 4), squared(1), squared(2, 3, 5)],
}


def rounded(value):
    """Nine digits: far more than single precision can tell apart, and stable."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return value


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "losses.json"), "w") as file:
    json.dump(rounded(out), file, separators=(",", ":"))
    file.write("\n")
