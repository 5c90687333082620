"""Recurrent layers by PyTorch in double precision: recurrent.json (what the cases are) and recurrent.bin (their numbers).

Run: python recurrent.py (PyTorch 2.x, NumPy). The numbers are little-endian float32, in the order of each case's `arrays`.
Inputs are exact in single precision. The gradients are those of sum(output * upstream).
"""
import json, os
import numpy as np
import torch

random = np.random.default_rng(11)
KINDS = {"tanh": (1, torch.nn.RNN), "relu": (1, torch.nn.RNN), "lstm": (4, torch.nn.LSTM), "gru": (3, torch.nn.GRU)}
# name, batch, steps, inputs, hidden, lengths, layers, bidirectional, all steps
CASES = [
    ("one", 1, 1, 1, 1, None, 1, False, True),
    ("odd", 1, 6, 3, 5, None, 1, False, False),
    ("padded", 5, 7, 3, 5, [7, 1, 4, 7, 2], 1, False, True),
    ("padded_last", 5, 7, 3, 5, [3, 1, 6, 7, 2], 1, False, False),
    ("wide", 9, 4, 17, 33, [4, 4, 1, 2, 3, 4, 1, 4, 2], 1, False, True),
    ("panel", 3, 5, 32, 32, None, 1, False, False),
    ("many", 35, 3, 2, 8, [1 + i % 3 for i in range(35)], 1, False, False),
    ("reverse", 4, 6, 3, 5, [6, 1, 4, 5], 1, True, True),
    ("reverse_last", 4, 6, 3, 5, [2, 1, 4, 6], 1, True, False),
    ("stacked", 6, 5, 3, 6, [5, 2, 1, 4, 5, 3], 2, False, False),
    ("stacked_both", 3, 5, 4, 3, [5, 1, 3], 2, True, True),
]


def draw(*shape, scale=1.0):
    return (random.standard_normal(shape) * scale).astype(np.float32)


def run(kind, batch, steps, inputs, hidden, lengths, layers, both, all_steps):
    gates, module = KINDS[kind]
    extra = {"nonlinearity": kind} if kind in ("tanh", "relu") else {}
    net = module(inputs, hidden, layers, batch_first=True, bidirectional=both, **extra).double()
    for parameter in net.parameters():
        parameter.data = torch.tensor(draw(*parameter.shape, scale=0.5)).double()
    x = torch.tensor(draw(batch, steps, inputs)).double().requires_grad_()
    counts = lengths or [steps] * batch
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, counts, batch_first=True, enforce_sorted=False)
    y, state = net(packed)
    y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=steps)
    state = state[0] if kind == "lstm" else state
    directions = 2 if both else 1
    last = state.view(layers, directions, batch, hidden)[-1].transpose(0, 1).reshape(batch, directions * hidden)
    out = y if all_steps else last
    upstream = torch.tensor(draw(*out.shape)).double()
    (out * upstream).sum().backward()
    arrays = [("x", x), ("output", out), ("upstream", upstream), ("x.gradient", x.grad)]
    for name, parameter in net.named_parameters():
        arrays += [(name, parameter), (name + ".gradient", parameter.grad)]
    return [(name, value.detach().numpy().astype("<f4")) for name, value in arrays]


described, numbers = [], []
for kind in KINDS:
    for name, batch, steps, inputs, hidden, lengths, layers, both, all_steps in CASES:
        arrays = run(kind, batch, steps, inputs, hidden, lengths, layers, both, all_steps)
        described.append({
            "name": f"{kind}/{name}", "kind": kind, "units": hidden, "layers": layers, "bidirectional": both,
            "allSteps": all_steps, "lengths": lengths,
            "arrays": [{"name": n, "shape": list(v.shape)} for n, v in arrays]})
        numbers += [v.tobytes() for _, v in arrays]

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "recurrent.json"), "w") as file:
    json.dump(described, file)
    file.write("\n")
with open(os.path.join(here, "recurrent.bin"), "wb") as file:
    file.write(b"".join(numbers))
