"""Every layer by PyTorch in double precision: forward values and all gradients of sum(output * pattern), in layers.json and,
for layers that weigh, sum up or distribute steps, layers_time.json.

Inputs and parameters follow a formula that the tests repeat, so that only results are stored. A padded batch is defined by
its rows: each is computed alone, cut to its length, and its result padded with zeros.

Run: python layers.py (PyTorch 2.x, NumPy)
"""
import json, pathlib
import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
cases = []


def pattern(shape, seed, scale=1.0):
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    x = (i * 2654435761 + seed * 0x9E3779B9) & 0xFFFFFFFF
    x ^= x >> 15
    x = (x * 2246822519) & 0xFFFFFFFF
    x ^= x >> 13
    values = ((x >> 8).astype(np.float64) / 2**23 - 1) * scale
    return torch.tensor(values.reshape(shape), dtype=torch.float64)


def numbers(t):
    return [float("%.7g" % v) for v in t.detach().reshape(-1).tolist()]


def case(name, forward, x, parameters=(), lengths=None, time=1, out_time=1, scale=1.0, kinks=False, state=None, whole=False):
    """forward(values, parameters) of a batch; parameters as (name, shape) in the order in which the layer declares them.

    `time` and `out_time` are the axes of time before and after, out_time None where none is left; `scale` is a power of 2.
    """
    X = pattern(x, 1)
    if kinks:  # keep away from places where there is no derivative
        X = torch.where(X.abs() < 1e-3, X + 0.01, X)
    X.requires_grad_()
    P = {n: pattern(s, 10 + i, scale).requires_grad_() for i, (n, s) in enumerate(parameters)}
    if lengths is None or whole:
        y = forward(X, P)
    else:
        rows = [forward(X[b:b + 1].narrow(time, 0, n), P) for b, n in enumerate(lengths)]
        if out_time is not None:
            most = forward(X, P).shape[out_time]
            rows = [pad(r, out_time, most) for r in rows]
        y = torch.cat(rows)
    (y * pattern(tuple(y.shape), 4)).sum().backward()
    entry = dict(name=name, x=list(x), lengths=lengths, scale=scale, kinks=kinks,
                 parameters=[dict(name=n, shape=list(s)) for n, s in parameters],
                 output=numbers(y), outputShape=list(y.shape),
                 gradients=[numbers(X.grad)] + [numbers(p.grad) for p in P.values()])
    if state:
        entry["state"] = {n: numbers(v) for n, v in state().items()}
    cases.append(entry)


def pad(row, axis, length):
    missing = length - row.shape[axis]
    shape = list(row.shape)
    shape[axis] = missing
    return torch.cat([row, torch.zeros(shape, dtype=row.dtype)], axis) if missing else row


# Dense

def dense(v, p):
    return F.linear(v, p["weight"], p.get("bias"))


case("dense", dense, (3, 4), [("weight", (5, 4)), ("bias", (5,))])
case("dense one of all", dense, (1, 1), [("weight", (1, 1)), ("bias", (1,))])
case("dense no bias", dense, (7, 9), [("weight", (3, 9))])
case("dense over time", dense, (2, 3, 4), [("weight", (6, 4)), ("bias", (6,))])
case("dense wide", dense, (5, 17), [("weight", (33, 17)), ("bias", (33,))])

# Convolution


def conv1d(sides, stride=1, dilation=1, groups=1):
    return lambda v, p: F.conv1d(
        F.pad(v.transpose(1, 2), sides), p["weight"], p.get("bias"), stride, 0, dilation, groups).transpose(1, 2)


def conv2d(sides, stride=1, dilation=1, groups=1):  # sides: left, right, top, bottom
    return lambda v, p: F.conv2d(F.pad(v, sides), p["weight"], p.get("bias"), stride, 0, dilation, groups)


case("conv1d", conv1d((0, 0)), (3, 9, 5), [("weight", (4, 5, 3)), ("bias", (4,))])
case("conv1d length 1", conv1d((1, 1)), (1, 1, 3), [("weight", (2, 3, 3)), ("bias", (2,))])
case("conv1d same even", conv1d((1, 2)), (2, 7, 3), [("weight", (5, 3, 4)), ("bias", (5,))])
case("conv1d causal dilated groups", conv1d((4, 0), dilation=2, groups=2), (2, 8, 4), [("weight", (6, 2, 3)), ("bias", (6,))])
case("conv1d stride lengths", conv1d((1, 2), stride=2), (3, 11, 3), [("weight", (4, 3, 4))], lengths=[11, 5, 1])
case("conv2d", conv2d((0, 0, 0, 0)), (2, 3, 6, 7), [("weight", (4, 3, 3, 2)), ("bias", (4,))])
case("conv2d same", conv2d((1, 1, 1, 1)), (1, 1, 5, 7), [("weight", (9, 1, 3, 3)), ("bias", (9,))])
case("conv2d length 1", conv2d((1, 1, 1, 1)), (1, 2, 1, 1), [("weight", (3, 2, 3, 3)), ("bias", (3,))])
case("conv2d all settings", conv2d((3, 0, 2, 1), (2, 1), (1, 2), 2), (3, 4, 7, 8), [("weight", (6, 2, 3, 2)), ("bias", (6,))])
case("conv2d lengths", conv2d((1, 1, 1, 1)), (3, 2, 4, 9), [("weight", (5, 2, 3, 3)), ("bias", (5,))], lengths=[4, 9, 1],
     time=3, out_time=3)

# Pooling


def pool1d(function, *settings):
    return lambda v, p: function(v.transpose(1, 2), *settings).transpose(1, 2)


case("maxpool1d", pool1d(F.max_pool1d, 2), (2, 9, 5))
case("maxpool1d overlapping", pool1d(F.max_pool1d, 3, 2, 1), (3, 8, 4))
case("maxpool1d lengths", pool1d(F.max_pool1d, 2), (3, 9, 4), lengths=[9, 5, 2])
case("maxpool2d", lambda v, p: F.max_pool2d(v, 2), (2, 3, 5, 7))
case("maxpool2d overlapping", lambda v, p: F.max_pool2d(v, (3, 2), (1, 2), (1, 1)), (1, 3, 6, 7))
case("maxpool2d lengths", lambda v, p: F.max_pool2d(v, 2), (3, 2, 4, 9), lengths=[9, 5, 2], time=3, out_time=3)
case("averagepool1d", pool1d(F.avg_pool1d, 3), (2, 10, 5))
case("averagepool1d overlapping", pool1d(F.avg_pool1d, 3, 2, 1), (3, 8, 4))
case("averagepool1d lengths", pool1d(F.avg_pool1d, 2), (3, 9, 4), lengths=[9, 5, 2])
case("averagepool2d", lambda v, p: F.avg_pool2d(v, 2), (2, 3, 5, 7))
case("averagepool2d overlapping", lambda v, p: F.avg_pool2d(v, (3, 2), (1, 2), (1, 1)), (1, 3, 6, 7))
case("averagepool2d lengths", lambda v, p: F.avg_pool2d(v, 2), (3, 2, 4, 9), lengths=[9, 5, 2], time=3, out_time=3)
case("globalaveragepool sequence", lambda v, p: v.mean(1), (3, 7, 5), lengths=[7, 1, 4], out_time=None)
case("globalaveragepool image", lambda v, p: v.mean((2, 3)), (3, 4, 3, 5), lengths=[5, 1, 2], time=3, out_time=None)
case("globalaveragepool", lambda v, p: v.mean((2, 3)), (1, 4, 3, 5))
case("globalmaxpool sequence", lambda v, p: v.amax(1), (3, 7, 5), lengths=[7, 1, 4], out_time=None)
case("globalmaxpool image", lambda v, p: v.amax((2, 3)), (3, 4, 3, 5), lengths=[5, 1, 2], time=3, out_time=None)
case("globalmaxpool", lambda v, p: v.amax((2, 3)), (1, 4, 3, 5))

# Normalisation


def batch_norm(axis, mean, variance, training, momentum=0.1):
    def forward(v, p):
        moved = v.movedim(axis, 1)
        return F.batch_norm(moved, mean, variance, p["weight"], p["bias"], training, momentum, 1e-5).movedim(1, axis)
    return forward


def batch_norm_case(name, x, axis, training, lengths=None, momentum=0.1):
    channels = x[axis]
    mean, variance = pattern((channels,), 30), pattern((channels,), 31).abs() + 0.5
    time = len(x) - 1 if len(x) == 4 else 1
    forward = batch_norm(axis, mean, variance, training, momentum)
    if lengths and training:  # statistics over the valid positions: normalise their list
        plain = forward
        def forward(v, p):
            moved = v.movedim((axis, time), (-1, 1)) if len(x) == 4 else v
            valid = torch.zeros(moved.shape[:2], dtype=torch.bool)
            for b, n in enumerate(lengths):
                valid[b, :n] = True
            kept = moved[valid]
            flat = F.batch_norm(kept.reshape(-1, channels), mean, variance, p["weight"], p["bias"], True, momentum, 1e-5)
            full = torch.zeros_like(moved)
            full[valid] = flat.reshape(kept.shape)
            return full.movedim((-1, 1), (axis, time)) if len(x) == 4 else full
    case(name, forward, x, [("weight", (channels,)), ("bias", (channels,))], lengths=lengths, time=time, out_time=time,
         state=lambda: {"running_mean": mean, "running_var": variance}, whole=training)


batch_norm_case("batchnorm training", (6, 5), 1, True)
batch_norm_case("batchnorm training sequence", (3, 7, 5), 2, True)
batch_norm_case("batchnorm training image", (2, 3, 4, 5), 1, True, momentum=0.25)
batch_norm_case("batchnorm training lengths", (3, 7, 5), 2, True, lengths=[7, 1, 3])
batch_norm_case("batchnorm training image lengths", (3, 2, 3, 6), 1, True, lengths=[2, 6, 1])
batch_norm_case("batchnorm inference", (1, 5), 1, False)
batch_norm_case("batchnorm inference image", (2, 3, 4, 5), 1, False)
batch_norm_case("batchnorm inference lengths", (3, 7, 5), 2, False, lengths=[7, 1, 3])
batch_norm_case("batchnorm frozen", (2, 3, 4, 5), 1, False)


def layer_norm(v, p):
    return F.layer_norm(v, (v.shape[-1],), p["weight"], p["bias"])


case("layernorm", layer_norm, (1, 7), [("weight", (7,)), ("bias", (7,))])
case("layernorm sequence", layer_norm, (3, 5, 33), [("weight", (33,)), ("bias", (33,))], lengths=[5, 1, 2])

# Recurrent layers

MODULES = {"lstm": (4, torch.nn.LSTM, {}), "gru": (3, torch.nn.GRU, {}), "rnn": (1, torch.nn.RNN, {}),
           "rnn relu": (1, torch.nn.RNN, {"nonlinearity": "relu"})}


def recurrent(kind, name, x, units, layers=1, merge=None, all_steps=False, lengths=None):
    gates, module, settings = MODULES[kind]
    directions = [""] if merge is None else ["", "_reverse"]
    width = units * (2 if merge == "concatenate" else 1)
    parameters = []
    for layer in range(layers):
        for direction in directions:
            inputs = x[2] if layer == 0 else width
            parameters += [(f"weight_ih_l{layer}{direction}", (gates * units, inputs)),
                           (f"weight_hh_l{layer}{direction}", (gates * units, units)),
                           (f"bias_ih_l{layer}{direction}", (gates * units,)),
                           (f"bias_hh_l{layer}{direction}", (gates * units,))]

    def last(steps, final):
        """What each direction of the top layer ends in."""
        state = final[0] if kind == "lstm" else final
        return state[-1] if merge is None else torch.cat([state[-2], state[-1]], -1)

    def summed(v):
        return (v[..., :units] + v[..., units:]) / (2 if merge == "mean" else 1)

    def forward(v, p):
        if merge not in ("sum", "mean"):  # PyTorch's own stack
            net = module(x[2], units, layers, batch_first=True, bidirectional=merge is not None, **settings).double()
            assert [n for n, _ in net.named_parameters()] == [n for n, _ in parameters]
            steps, final = torch.func.functional_call(net, p, (v,))
            return steps if all_steps else last(steps, final)
        for layer in range(layers):
            net = module(v.shape[2], units, 1, batch_first=True, bidirectional=True, **settings).double()
            own = {n.replace(f"_l{layer}", "_l0"): t for n, t in p.items() if f"_l{layer}" in n}
            steps, final = torch.func.functional_call(net, own, (v,))
            v = summed(steps)
        return v if all_steps else summed(last(steps, final))

    case(f"{kind} {name}", forward, x, parameters, lengths=lengths, out_time=1 if all_steps else None, scale=0.5)


for kind in MODULES:
    recurrent(kind, "one of all", (1, 1, 1), 1)
    recurrent(kind, "length 1", (3, 1, 2), 3, all_steps=True)
    recurrent(kind, "batch 1", (1, 6, 3), 5, all_steps=True)
    recurrent(kind, "last step", (3, 5, 4), 7)
    recurrent(kind, "lengths", (4, 6, 3), 5, all_steps=True, lengths=[6, 1, 4, 5])
    recurrent(kind, "lengths last step", (4, 6, 3), 5, lengths=[2, 6, 1, 5])
    recurrent(kind, "stacked", (4, 5, 3), 4, layers=3, lengths=[5, 1, 3, 2])
    recurrent(kind, "both directions", (3, 5, 3), 4, layers=2, merge="concatenate", all_steps=True, lengths=[3, 5, 1])
    recurrent(kind, "both directions last step", (3, 5, 3), 4, layers=2, merge="concatenate", lengths=[3, 5, 1])
    recurrent(kind, "sum of directions", (3, 5, 3), 4, layers=2, merge="sum", all_steps=True, lengths=[3, 5, 1])
    recurrent(kind, "sum of directions last step", (3, 5, 3), 4, layers=2, merge="sum", lengths=[3, 5, 1])

# Layers without parameters

case("relu", lambda v, p: F.relu(v), (3, 7), kinks=True)
case("leakyrelu", lambda v, p: F.leaky_relu(v, 0.2), (3, 7), kinks=True)
case("elu", lambda v, p: F.elu(v, 1.5), (3, 7), kinks=True)
case("gelu", lambda v, p: F.gelu(v), (3, 7))
case("gelu approximate", lambda v, p: F.gelu(v, approximate="tanh"), (3, 7))
case("tanh", lambda v, p: torch.tanh(v), (3, 7))
case("sigmoid", lambda v, p: torch.sigmoid(v), (3, 7))
case("softmax", lambda v, p: F.softmax(v, -1), (3, 5, 7))
case("dropout off", lambda v, p: F.dropout(v, 0.5, training=False), (3, 7))
case("flatten", lambda v, p: torch.flatten(v, 1), (3, 2, 5, 3))
case("flatten from 1", lambda v, p: torch.flatten(v, 2), (3, 4, 5, 3), lengths=[4, 1, 2])
case("reshape", lambda v, p: v.reshape(len(v), 1, -1, 4), (3, 5, 4), lengths=[5, 1, 2], out_time=2)
case("permute", lambda v, p: v.permute(0, 2, 1), (3, 5, 4), lengths=[5, 1, 2], out_time=2)
case("permute image", lambda v, p: v.permute(0, 3, 1, 2), (1, 2, 3, 4))



def write(name):
    path = pathlib.Path(__file__).with_name(name)
    path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    cases.clear()


write("layers.json")

# Attention and statistics over time


def attention_pooling(v, p):
    hidden = torch.tanh(F.linear(v, p["weight"], p["bias"])) if "weight" in p else v
    return torch.einsum("bt,btf->bf", torch.softmax(hidden @ p["vector"], 1), v)


additive = [("weight", (4, 5)), ("bias", (4,)), ("vector", (4,))]
case("attention pooling", attention_pooling, (3, 7, 5), [("vector", (5,))], out_time=None)
case("attention pooling lengths", attention_pooling, (4, 7, 5), [("vector", (5,))], lengths=[7, 1, 4, 6], out_time=None)
case("attention pooling length 1", attention_pooling, (1, 1, 1), [("vector", (1,))], out_time=None)
case("attention pooling additive", attention_pooling, (3, 7, 5), additive, out_time=None)
case("attention pooling additive lengths", attention_pooling, (4, 7, 5), additive, lengths=[7, 1, 4, 6], out_time=None)


def statistics_pooling(v, p):
    return torch.cat([v.mean(1), torch.sqrt(v.var(1, correction=0) + 1e-5)], 1)


case("statistics pooling", statistics_pooling, (3, 7, 5), out_time=None)
case("statistics pooling lengths", statistics_pooling, (4, 7, 5), lengths=[7, 2, 4, 6], out_time=None)
case("statistics pooling length 1", statistics_pooling, (2, 1, 3), out_time=None)


def attentive_statistics(heads):
    def forward(v, p):
        scores = torch.tanh(v @ p["weight"].T + p["bias"]) @ p["vectors"].T
        means, deviations = [], []
        for head, part in enumerate(v.chunk(heads, 2)):
            a = torch.softmax(scores[:, :, head], 1)[:, :, None]
            mean = (a * part).sum(1)
            means.append(mean)
            deviations.append(torch.sqrt((a * (part - mean[:, None]) ** 2).sum(1) + 1e-5))
        return torch.cat(means + deviations, 1)
    return forward


attentive = [("weight", (4, 6)), ("bias", (4,)), ("vectors", (3, 4))]
case("attentive statistics", attentive_statistics(1), (3, 7, 5), [("weight", (4, 5)), ("bias", (4,)), ("vectors", (1, 4))], out_time=None)
case("attentive statistics heads", attentive_statistics(3), (3, 7, 6), attentive, out_time=None)
case("attentive statistics lengths", attentive_statistics(3), (4, 7, 6), attentive, lengths=[7, 2, 4, 6], out_time=None)


def mean_normalization(v, p):
    return v - v.mean(1, keepdim=True)


case("mean normalization", mean_normalization, (3, 7, 5))
case("mean normalization lengths", mean_normalization, (4, 7, 5), lengths=[7, 2, 4, 6])


def multi_head(features, heads, bias=True):
    def forward(v, p):
        net = torch.nn.MultiheadAttention(features, heads, bias=bias, batch_first=True).double()
        assert [n for n, _ in net.named_parameters()] == list(p)
        return torch.func.functional_call(net, p, (v, v, v), dict(need_weights=False))[0]
    return forward


def multi_head_parameters(f):
    return [("in_proj_weight", (3 * f, f)), ("in_proj_bias", (3 * f,)), ("out_proj.weight", (f, f)), ("out_proj.bias", (f,))]


case("multi-head self-attention", multi_head(6, 1), (2, 5, 6), multi_head_parameters(6))
case("multi-head self-attention heads", multi_head(8, 4), (3, 6, 8), multi_head_parameters(8), lengths=[6, 1, 4])
case("multi-head self-attention no bias", multi_head(6, 2, False), (2, 5, 6), multi_head_parameters(6)[::2], lengths=[5, 3])
case("multi-head self-attention length 1", multi_head(2, 2), (1, 1, 2), multi_head_parameters(2))


def additive_attention(v, p):
    q, k = F.linear(v, p["query.weight"], p["bias"]), F.linear(v, p["key.weight"])
    return torch.softmax(torch.tanh(q[:, :, None] + k[:, None]) @ p["vector"], 2) @ v


def additive_parameters(f, u):
    return [("query.weight", (u, f)), ("key.weight", (u, f)), ("bias", (u,)), ("vector", (u,))]


case("additive self-attention", additive_attention, (2, 5, 4), additive_parameters(4, 3))
case("additive self-attention wide", additive_attention, (2, 4, 3), additive_parameters(3, 35))
case("additive self-attention lengths", additive_attention, (3, 6, 4), additive_parameters(4, 5), lengths=[6, 1, 4])


def excitation(axes):
    def forward(v, p):
        means = v.mean(axes)
        hidden = F.relu(F.linear(means, p["fc1.weight"], p["fc1.bias"]))
        gates = torch.sigmoid(F.linear(hidden, p["fc2.weight"], p["fc2.bias"]))
        return v * (gates[:, :, None, None] if v.dim() == 4 else gates[:, None])
    return forward


def excitation_parameters(c, s):
    return [("fc1.weight", (s, c)), ("fc1.bias", (s,)), ("fc2.weight", (c, s)), ("fc2.bias", (c,))]


case("squeeze-excitation", excitation((2, 3)), (3, 8, 3, 4), excitation_parameters(8, 4))
case("squeeze-excitation lengths", excitation((2, 3)), (3, 6, 2, 5), excitation_parameters(6, 2), lengths=[5, 1, 3], time=3,
     out_time=3)
case("squeeze-excitation sequence", excitation(1), (3, 6, 5), excitation_parameters(5, 2), lengths=[6, 1, 4])

# Wrappers


def per_step(forward):
    def stepwise(v, p):
        y = forward(v.reshape(-1, *v.shape[2:]), p)
        return y.reshape(*v.shape[:2], *y.shape[1:])
    return stepwise


def both_ways(forward, merge, time=1, features=2, keeps_time=True):
    def run(v, p):
        one = {n: t for n, t in p.items() if not n.endswith("_reverse")}
        other = {n.removesuffix("_reverse"): t for n, t in p.items() if n.endswith("_reverse")}
        a, b = forward(v, one), forward(v.flip(time), other)
        b = b.flip(time) if keeps_time else b
        return torch.cat([a, b], features) if merge == "concatenate" else a + b if merge == "sum" else (a + b) / 2
    return run


def twice(parameters):
    return parameters + [(n + "_reverse", s) for n, s in parameters]


conv = [("weight", (4, 3, 3)), ("bias", (4,))]
case("time distributed", per_step(conv1d((0, 0))), (3, 4, 6, 3), conv, lengths=[4, 1, 2])
case("time distributed image", per_step(conv2d((1, 1, 1, 1))), (2, 3, 2, 4, 4), [("weight", (3, 2, 3, 3)), ("bias", (3,))])
case("bidirectional mean", both_ways(conv1d((2, 0)), "mean"), (3, 7, 3), twice(conv), lengths=[7, 1, 4])
case("bidirectional stride", both_ways(conv1d((2, 0), 2), "sum"), (3, 7, 3), twice(conv), lengths=[7, 1, 4])
case("bidirectional image", both_ways(conv2d((1, 1, 1, 1)), "concatenate", 3, 1), (3, 2, 3, 6),
     twice([("weight", (3, 2, 3, 3)), ("bias", (3,))]), lengths=[6, 1, 4], time=3, out_time=3)
case("bidirectional pooling", both_ways(attention_pooling, "concatenate", 1, 1, False), (3, 6, 4), twice([("vector", (4,))]),
     lengths=[6, 1, 4], out_time=None)
for kind in ("gru", "lstm"):
    recurrent(kind, "wrapped", (3, 5, 3), 4, merge="concatenate", all_steps=True, lengths=[3, 5, 1])
    recurrent(kind, "wrapped last step", (3, 5, 3), 4, merge="concatenate", lengths=[3, 5, 1])
    recurrent(kind, "mean of directions", (3, 5, 3), 4, layers=2, merge="mean", lengths=[3, 5, 1])

write("layers_time.json")
