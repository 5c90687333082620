"""Attributions by PyTorch in double precision over the report's networks: explanations.json.

Run: python explanations.py (PyTorch 2.x, NumPy; the networks are those of ../SERInterchangeTests/torch_models.py). Weights
and inputs follow from a formula that the tests repeat, so that only the attributions are stored: of logit 2, gradient x
input, and integrated gradients from zero over the midpoints of 16 pieces, row by row as the network reads them.
"""
import json
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "SERInterchangeTests"))
import torch_models  # noqa: E402

FRAMES, COEFFICIENTS, TARGET, STEPS = 25, 40, 2, 16


def pattern(count, phase):
    """Numbers from -1 to 1 without a visible order."""
    i = np.arange(count, dtype=np.float64)
    return (np.sin(i * 12.9898 + phase * 78.233) * 43758.5453) % 2 - 1


def filled(model):
    for number, (name, tensor) in enumerate(model.state_dict().items()):
        if not tensor.is_floating_point():
            continue
        values = pattern(tensor.numel(), number + 1)
        if name.endswith("running_var"):
            values = 1 + 0.5 * values
        elif tensor.dim() > 1:
            # The fan-in keeps activations of like size from layer to layer.
            values = values * (3 / (tensor.numel() / tensor.shape[0])) ** 0.5
        else:
            values = 0.2 * values + (1 if "weight" in name and "rnn" not in name else 0)
        tensor.copy_(torch.tensor(values.astype(np.float32)).reshape(tensor.shape))
    return model.double().eval()


def score(model, x):
    return model(x)[:, TARGET].sum()


def gradient(model, x):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(score(model, x), x)[0]


networks = []
for name, make in torch_models.MODELS.items():
    with torch.no_grad():
        model = filled(make(t=FRAMES) if name == "cnn" else make())
    shape = dict(ann=[COEFFICIENTS], cnn=[1, COEFFICIENTS, FRAMES]).get(name, [FRAMES, COEFFICIENTS])
    x = torch.tensor((1.5 * pattern(int(np.prod(shape)), 0.5)).astype(np.float32)).double().reshape(1, *shape)
    points = [(step + 0.5) / STEPS for step in range(STEPS)]
    mean = sum(gradient(model, point * x) for point in points) / STEPS
    networks.append({
        "name": name, "score": score(model, x).item(), "baseline": score(model, 0 * x).item(),
        "gradientTimesInput": [float(f"{v:.7g}") for v in (gradient(model, x) * x).flatten().tolist()],
        "integratedGradients": [float(f"{v:.7g}") for v in (mean * x).flatten().tolist()],
    })

with open(os.path.join(HERE, "explanations.json"), "w") as file:
    json.dump({
        "frames": FRAMES, "coefficients": COEFFICIENTS, "target": TARGET, "steps": STEPS, "networks": networks,
    }, file, separators=(",", ":"))
