"""Reference values of convolution, pooling and normalisation from PyTorch in double precision: convolution.json.

Inputs are made by a formula that the tests repeat, so that only results are stored.
"""
import json, pathlib
import numpy as np, torch
import torch.nn.functional as F

torch.set_num_threads(1)

def pattern(shape, seed):
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    x = (i * 2654435761 + seed * 0x9E3779B9) & 0xFFFFFFFF
    x ^= x >> 15; x = (x * 2246822519) & 0xFFFFFFFF; x ^= x >> 13
    values = (x >> 8).astype(np.float64) / 2**23 - 1
    return torch.tensor(values.reshape(shape), dtype=torch.float64, requires_grad=True)

def numbers(t): return [float("%.7g" % v) for v in t.detach().reshape(-1).tolist()]

def keep_first(x, lengths, axis):
    if lengths is None: return x
    mask = torch.zeros_like(x)
    for b, n in enumerate(lengths): mask[b].narrow(axis - 1, 0, n).fill_(1)
    return x * mask

def finish(case, y, inputs, seed):
    """Adds the output and the gradients of sum(output * pattern)."""
    (y * pattern(tuple(y.shape), seed).detach()).sum().backward()
    case["output"] = numbers(y); case["outputShape"] = list(y.shape)
    case["gradients"] = [numbers(x.grad) for x in inputs]
    return case

def convolution(name, x, w, bias=True, stride=(1, 1), pads=(0, 0, 0, 0), dilation=(1, 1), groups=1, lengths=None):
    X, W, B = pattern(x, 1), pattern(w, 2), pattern((w[0],), 3) if bias else None
    top, bottom, left, right = pads
    y = F.conv2d(F.pad(keep_first(X, lengths, 3), (left, right, top, bottom)), W, B, stride, 0, dilation, groups)
    case = dict(name=name, x=x, weight=w, bias=bias, stride=stride, pads=pads, dilation=dilation, groups=groups, lengths=lengths)
    return finish(case, y, [X, W] + ([B] if bias else []), 4)

def convolution1d(name, x, w, stride=1, left=0, right=0, dilation=1, groups=1, lengths=None):
    X, W, B = pattern(x, 1), pattern(w, 2), pattern((w[0],), 3)
    y = F.conv1d(F.pad(keep_first(X, lengths, 1).transpose(1, 2), (left, right)), W, B, stride, 0, dilation, groups).transpose(1, 2)
    case = dict(name=name, x=x, weight=w, bias=True, stride=(1, stride), pads=(0, 0, left, right), dilation=(1, dilation), groups=groups, lengths=lengths)
    return finish(case, y, [X, W, B], 4)

def block(name, x, w, pool, bias=True, stride=(1, 1), pads=(1, 1, 1, 1), relu=True, frozen=False, lengths=None):
    X, W, B = pattern(x, 1), pattern(w, 2), pattern((w[0],), 3) if bias else None
    gamma, beta = pattern((w[0],), 5), pattern((w[0],), 6)
    with torch.no_grad():
        X[0, :, :, x[3] // 2:] = 0  # silence: ties in the pooling windows
        gamma[0] = 0
    top, bottom, left, right = pads
    y = F.conv2d(F.pad(keep_first(X, lengths, 3), (left, right, top, bottom)), W, B, stride)
    widths = None if lengths is None else [(n + left + right - w[3]) // stride[1] + 1 for n in lengths]
    if frozen: mean, var = pattern((w[0],), 7).detach(), pattern((w[0],), 8).detach().abs() + 0.5
    else:
        rows = [y[b, :, :, :(y.shape[3] if widths is None else widths[b])].reshape(w[0], -1) for b in range(x[0])]
        valid = torch.cat(rows, 1); mean, var = valid.mean(1), valid.var(1, unbiased=False)
    z = (y - mean[:, None, None]) / torch.sqrt(var + 1e-5)[:, None, None] * gamma[:, None, None] + beta[:, None, None]
    if relu: z = torch.relu(z)
    p = keep_first(F.max_pool2d(z, pool), None if widths is None else [n // pool[1] for n in widths], 3)
    case = dict(name=name, x=x, weight=w, bias=bias, stride=stride, pads=pads, pool=pool, relu=relu, frozen=frozen, lengths=lengths,
                mean=numbers(mean), variance=numbers(var))
    return finish(case, p, [X, W, gamma, beta] + ([B] if bias else []), 4)

def batch_norm(name, x, lengths=None):
    X = pattern(x, 1); axis = 1 if len(x) != 3 else 2
    gamma, beta = pattern((x[axis],), 5), pattern((x[axis],), 6)
    time = len(x) - 1 if len(x) == 4 else 1
    shifted = X + 3  # a mean that is large beside the deviation
    masked = keep_first(torch.ones_like(X), lengths, time)
    last = shifted.movedim(axis, -1).reshape(-1, x[axis]); keep = masked.movedim(axis, -1).reshape(-1, x[axis])[:, 0] > 0
    valid = last[keep]; mean, var = valid.mean(0), valid.var(0, unbiased=False)
    y = ((shifted.movedim(axis, -1) - mean) / torch.sqrt(var + 1e-5) * gamma + beta).movedim(-1, axis) * masked
    case = dict(name=name, x=x, lengths=lengths, mean=numbers(mean), variance=numbers(var))
    return finish(case, y, [X, gamma, beta], 4)

def layer_norm(name, x):
    X, gamma, beta = pattern(x, 1), pattern((x[-1],), 5), pattern((x[-1],), 6)
    return finish(dict(name=name, x=x), F.layer_norm(X, (x[-1],), gamma, beta), [X, gamma, beta], 4)

def pooling(name, kind, x, window, stride, pad):
    X = pattern(x, 1)
    with torch.no_grad(): X[..., -3:] = 0.25  # ties
    y = F.max_pool2d(X, window, stride, pad) if kind == "max" else F.avg_pool2d(X, window, stride, pad)
    return finish(dict(name=name, kind=kind, x=x, window=window, stride=stride, pad=pad), y, [X], 4)

result = dict(
    pattern=numbers(pattern((8,), 1)),
    convolutions=[
        convolution("3 x 3 same", (2, 5, 7, 9), (11, 5, 3, 3), pads=(1, 1, 1, 1)),
        convolution("batch of 1, one channel", (1, 1, 9, 13), (32, 1, 3, 3), pads=(1, 1, 1, 1)),
        convolution("more than one panel", (1, 3, 5, 6), (70, 3, 3, 3), pads=(1, 1, 1, 1)),
        convolution("valid, 5 x 3, no bias", (2, 3, 8, 7), (6, 3, 5, 3), bias=False),
        convolution("stride, uneven padding", (2, 3, 12, 17), (9, 3, 3, 3), stride=(2, 3), pads=(1, 2, 0, 1)),
        convolution("dilation, even kernel", (2, 3, 10, 11), (5, 3, 3, 2), pads=(1, 2, 4, 1), dilation=(2, 3)),
        convolution("groups", (2, 6, 6, 7), (9, 2, 3, 3), pads=(1, 1, 1, 1), groups=3),
        convolution("padding beyond the kernel", (1, 2, 4, 5), (3, 2, 1, 1), pads=(2, 1, 3, 2)),
        convolution("padding beyond the kernel, stride", (2, 2, 5, 6), (4, 2, 2, 2), stride=(2, 2), pads=(2, 1, 3, 2)),
        convolution("1 x 1 image", (1, 1, 1, 1), (1, 1, 1, 1)),
        convolution("kernel larger than the image", (1, 2, 3, 3), (2, 2, 5, 5), pads=(2, 2, 2, 2)),
        convolution("parts of tiles, uneven padding", (1, 16, 6, 7), (17, 16, 3, 3), pads=(2, 0, 3, 1)),
        convolution("lengths", (3, 2, 4, 9), (4, 2, 3, 3), pads=(1, 1, 1, 1), lengths=[9, 4, 0]),
    ],
    convolutions1D=[
        convolution1d("same", (2, 13, 6), (7, 6, 5), left=2, right=2),
        convolution1d("causal, dilation", (2, 13, 3), (4, 3, 3), left=6, dilation=3),
        convolution1d("depthwise", (1, 12, 8), (8, 1, 3), left=1, right=1, groups=8),
        convolution1d("stride, lengths", (3, 14, 4), (5, 4, 4), stride=2, left=1, right=2, lengths=[14, 6, 1]),
    ],
    blocks=[
        block("first block", (2, 1, 8, 14), (5, 1, 3, 3), (2, 2)),
        block("later block", (2, 6, 6, 11), (18, 6, 3, 3), (2, 2)),
        block("tiles", (2, 16, 6, 9), (17, 16, 3, 3), (2, 2)),
        block("tiles, lengths", (2, 16, 7, 9), (16, 16, 3, 3), (3, 2), lengths=[9, 6]),
        block("first block, odd window", (2, 1, 8, 14), (18, 1, 3, 3), (3, 2), pads=(0, 2, 1, 1), stride=(2, 1)),
        block("odd window, valid", (2, 4, 9, 11), (3, 4, 3, 3), (3, 2), pads=(0, 0, 0, 0), bias=False),
        block("no pooling, no ReLU, stride", (3, 5, 7, 8), (4, 5, 3, 3), (1, 1), stride=(2, 2), relu=False),
        block("frozen", (2, 6, 6, 11), (5, 6, 3, 3), (2, 2), frozen=True),
        block("lengths", (3, 5, 6, 12), (6, 5, 3, 3), (2, 2), lengths=[12, 7, 4]),
        block("lengths, first block", (3, 1, 6, 12), (6, 1, 3, 3), (2, 2), lengths=[12, 7, 4]),
    ],
    batchNormalizations=[
        batch_norm("features", (9, 5)),
        batch_norm("sequence", (3, 7, 18)),
        batch_norm("sequence with lengths", (3, 7, 18), lengths=[7, 2, 0]),
        batch_norm("image", (2, 3, 4, 5)),
        batch_norm("image with lengths", (3, 3, 4, 5), lengths=[5, 1, 3]),
    ],
    layerNormalizations=[layer_norm("one row", (1, 7)), layer_norm("sequence", (3, 19, 33))],
    poolings=[
        pooling("side by side", "max", (2, 3, 6, 9), (2, 2), (2, 2), (0, 0)),
        pooling("overlapping, padded", "max", (2, 3, 7, 9), (3, 3), (2, 1), (1, 1)),
        pooling("side by side", "average", (2, 3, 6, 9), (2, 3), (2, 3), (0, 0)),
        pooling("overlapping, padded", "average", (2, 3, 7, 9), (3, 3), (2, 1), (1, 1)),
    ],
)
path = pathlib.Path(__file__).with_name("convolution.json")
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
