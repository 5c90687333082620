"""Twenty steps of each optimiser by PyTorch in double precision, over gradients that this script draws: optimizers.json.

Run: python optimizers.py (PyTorch 2.x, NumPy)
"""
import json, os
import numpy as np
import torch

STEPS = 20
SHAPES = {"a": [3, 5], "b": [7]}
random = np.random.default_rng(7)


def draw(*shape):
    """Values that single precision holds exactly, so that both sides begin from the same numbers."""
    return random.standard_normal(shape).astype(np.float32).astype(np.float64)


start = {name: draw(*shape) for name, shape in SHAPES.items()}
gradients = []
for step in range(STEPS):
    scale = 10.0 ** (step % 4 - 2)  # steps of very different size
    gradients.append({n: (draw(*s) * scale).astype(np.float32).astype(np.float64) for n, s in SHAPES.items()})

CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
    "sgd_decay": lambda p: torch.optim.SGD(p, lr=0.01, weight_decay=0.1),
    "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.05),
    "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.05),
    "adam": lambda p: torch.optim.Adam(p),
    "adam_settings": lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p),
    "adamw_settings": lambda p: torch.optim.AdamW(p, lr=0.02, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.2),
    "rmsprop": lambda p: torch.optim.RMSprop(p),
    "rmsprop_momentum": lambda p: torch.optim.RMSprop(p, lr=0.003, alpha=0.9, momentum=0.8, weight_decay=0.1),
    "rmsprop_centered": lambda p: torch.optim.RMSprop(p, lr=0.003, alpha=0.9, eps=1e-3, centered=True),
    "rmsprop_all": lambda p: torch.optim.RMSprop(
        p, lr=0.003, alpha=0.9, eps=1e-3, centered=True, momentum=0.5, weight_decay=0.01),
}


def run(make, schedule=None):
    parameters = {n: torch.tensor(v, requires_grad=True) for n, v in start.items()}
    optimizer = make(list(parameters.values()))
    after = []
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(gradients[step][name])
        optimizer.step()
        after.append([x for n in SHAPES for x in parameters[n].detach().flatten().tolist()])
    return after


def flat(values):
    return [x for n in SHAPES for x in values[n].flatten().tolist()]


def clipped(function):
    parameters = {n: torch.tensor(v, requires_grad=True) for n, v in start.items()}
    for name, parameter in parameters.items():
        parameter.grad = torch.tensor(gradients[3][name])
    norm = function(list(parameters.values()))
    return {"norm": float(norm) if norm is not None else None,
            "gradient": [x for n in SHAPES for x in parameters[n].grad.flatten().tolist()]}


def rates(make, steps, metrics=None):
    """The learning rate at each step of a schedule; PyTorch's schedulers are stepped after each."""
    parameter = torch.zeros(1, requires_grad=True, dtype=torch.float64)
    parameter.grad = torch.zeros_like(parameter)
    optimizer = torch.optim.SGD([parameter], lr=0.4)
    scheduler = make(optimizer)
    result = []
    for step in range(steps):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if metrics is None:
            scheduler.step()
        else:
            scheduler.step(metrics[step])
    return result


S = torch.optim.lr_scheduler
metrics = [1.0, 0.9, 0.95, 0.90005, 0.8999, 0.91, 0.92, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4, 0.4, 0.4]
schedules = {
    "step": rates(lambda o: S.StepLR(o, step_size=6, gamma=0.3), 20),
    "exponential": rates(lambda o: S.ExponentialLR(o, gamma=0.9), 20),
    "cosine": rates(lambda o: S.CosineAnnealingLR(o, T_max=19, eta_min=0.04), 20),
    "warm_up": rates(lambda o: S.LinearLR(o, start_factor=0.1, total_iters=8), 20),
    "warm_up_cosine": rates(lambda o: S.SequentialLR(
        o, [S.LinearLR(o, start_factor=0.1, total_iters=5), S.CosineAnnealingLR(o, T_max=15)], milestones=[5]), 20),
    "product": rates(lambda o: S.ChainedScheduler(
        [S.StepLR(o, step_size=6, gamma=0.3), S.LinearLR(o, start_factor=0.2, total_iters=9)]), 20),
    "plateau": rates(lambda o: S.ReduceLROnPlateau(o, factor=0.5, patience=2), 20, metrics),
    "plateau_cooldown": rates(lambda o: S.ReduceLROnPlateau(
        o, factor=0.1, patience=1, cooldown=2, threshold=0.05, min_lr=0.01), 20, metrics),
    "plateau_max": rates(lambda o: S.ReduceLROnPlateau(
        o, mode="max", factor=0.5, patience=3), 20, [-m for m in metrics]),
}

out = {
    "shapes": SHAPES,
    "start": flat(start),
    "gradients": [flat(g) for g in gradients],
    "after": {name: run(make) for name, make in CASES.items()},
    "clip_norm_1": clipped(lambda p: torch.nn.utils.clip_grad_norm_(p, 1.0)),
    "clip_norm_1000": clipped(lambda p: torch.nn.utils.clip_grad_norm_(p, 1000.0)),
    "clip_value": clipped(lambda p: torch.nn.utils.clip_grad_value_(p, 5.0)),
    "metrics": metrics,
    "rates": schedules,
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


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.json"), "w") as file:
    json.dump(rounded(out), file, separators=(",", ":"))
    file.write("\n")
