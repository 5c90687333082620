"""Values and gradients of tensor operations by PyTorch in double precision -> operations.json.

Run: python operations.py (PyTorch 2; the same file every time). A case holds inputs, the output, weights, and the
gradients of sum(weights * output) with respect to the inputs."""
import json
import pathlib

import torch
import torch.nn.functional as F

generator = torch.Generator().manual_seed(20)


def draw(*shape, low=-2.0, high=2.0):
    values = torch.rand(shape, generator=generator, dtype=torch.float64) * (high - low) + low
    return (values * 128).round() / 128  # exact in single precision, and short in text


def plain(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.8g}") for v in tensor.flatten().tolist()]}


cases = []


def case(name, function, *inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    output = function(*inputs)
    weights = draw(*output.shape)
    gradients = torch.autograd.grad((output * weights).sum(), inputs, allow_unused=True)
    gradients = [torch.zeros_like(x) if g is None else g for x, g in zip(inputs, gradients)]
    cases.append({
        "name": name, "inputs": [plain(x.detach()) for x in inputs], "output": plain(output.detach()),
        "weights": plain(weights), "gradients": [plain(g) for g in gradients]})


pairs = [((), ()), ((5,), (5,)), ((3, 4), (4,)), ((3, 4), (3, 1)), ((1, 4), (3, 1)), ((2, 3, 4), (3, 1)),
         ((4,), (2, 1, 4)),        ((2, 1, 3), (1, 5, 1)), ((2, 3), ()), ((1,), (2, 3))]
for a, b in pairs:
    case("add", lambda x, y: x + y, draw(*a), draw(*b))
    case("subtract", lambda x, y: x - y, draw(*a), draw(*b))
    case("multiply", lambda x, y: x * y, draw(*a), draw(*b))
    case("divide", lambda x, y: x / y, draw(*a), draw(*b, low=0.5))
for a, b in [((3, 4), (4,)), ((2, 1), (1, 3))]:
    case("power", torch.pow, draw(*a, low=0.2), draw(*b))
    case("maximum", torch.maximum, draw(*a), draw(*b))
    case("minimum", torch.minimum, draw(*a), draw(*b))
    case("where", lambda x, y: torch.where(x > y, x, y * 3), draw(*a), draw(*b))
ties = torch.tensor([1.0, 2.0, -0.5, 0.0], dtype=torch.float64)
case("maximum", torch.maximum, ties, ties.clone())
case("constants", lambda x: 3 - (2 * x + 1) / 4 + 1.5 / x - (x - 0.25), draw(7, low=0.5))

functions = {
    "exp": torch.exp, "square": torch.square, "abs": torch.abs, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
    "relu": F.relu, "leakyReLU": F.leaky_relu, "leakyReLU(0.2)": lambda x: F.leaky_relu(x, 0.2), "elu": F.elu,
    "elu(0.7)": lambda x: F.elu(x, 0.7), "gelu": F.gelu, "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
    "softplus": lambda x: F.softplus(x, threshold=1000),
    "clamped": lambda x: x.clamp(-0.5, 1.25), "negate": lambda x: -x}
special = torch.tensor([0.0, 2.0**-14, -(2.0**-14), 9.5, -9.5], dtype=torch.float64)
for name, function in functions.items():
    case(name, function, torch.cat([draw(37, low=-6, high=6), special]))
positive = {"log": torch.log, "sqrt": torch.sqrt, "power(1.7)": lambda x: x.pow(1.7), "power(-1)": lambda x: x.pow(-1),
            "power(0)": lambda x: x.pow(0), "power(3)": lambda x: x.pow(3)}
for name, function in positive.items():
    near_one = torch.tensor([1.0, 1023 / 1024, 1025 / 1024], dtype=torch.float64)
    case(name, function, torch.cat([draw(13, low=0.02, high=30), near_one]))
case("power(3)", lambda x: x.pow(3), draw(5))

products = [((3, 4), (4, 5)), ((1, 1), (1, 1)), ((2, 3, 4), (2, 4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)),
            ((2, 1, 3, 4), (5, 4, 2)), ((2, 1, 2, 3), (1, 3, 3, 2)), ((4,), (4,)), ((4,), (4, 3)), ((3, 4), (4,)),
            ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((1, 3, 4), (2, 4, 2)), ((3, 0), (0, 2)), ((0, 3), (3, 2))]
for a, b in products:
    case("matmul", torch.matmul, draw(*a), draw(*b))

axes = [((5,), None), ((2, 3, 4), None), ((2, 3, 4), [0]), ((2, 3, 4), [1]), ((2, 3, 4), [-1]), ((2, 3, 4), [0, 2]),
        ((2, 3, 4), [0, 1]), ((2, 3, 4), [1, 2]), ((2, 1, 3), [1]), ((3, 70), [1]), ((70, 3), [0]),
        ((2, 3, 2, 2), [0, 2])]
for shape, over in axes:
    every = list(range(len(shape))) if over is None else over
    label = "all" if over is None else ",".join(map(str, over))
    case(f"sum[{label}]", lambda x: x.sum(every), draw(*shape))
    case(f"mean[{label}]", lambda x: x.mean(every, keepdim=True), draw(*shape))
    case(f"maximum[{label}]", lambda x: x.amax(every), (draw(*shape) * 2).round())  # rounded: ties
    case(f"minimum[{label}]", lambda x: x.amin(every, keepdim=True), draw(*shape))
    if shape != (2, 1, 3):
        case(f"variance[{label}]", lambda x: x.var(every), draw(*shape))
    case(f"biasedVariance[{label}]", lambda x: x.var(every, correction=0, keepdim=True), draw(*shape))
case("sum[1]", lambda x: x.sum(1), draw(2, 0, 3))

case("reshaped", lambda x: x.reshape(4, -1), draw(2, 3, 2))
case("flattened", lambda x: x.flatten(1), draw(2, 3, 2))
case("transposed", lambda x: x.transpose(-1, -2), draw(2, 3, 4))
for order in [(1, 0, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 1, 2)]:
    case("permuted" + "".join(map(str, order)), lambda x: x.permute(order), draw(2, 3, 4))
case("permuted3120", lambda x: x.permute(3, 1, 2, 0), draw(2, 3, 1, 4))
case("transposed", lambda x: x.transpose(-1, -2), draw(19, 35))
case("expanded", lambda x: x.unsqueeze(1).unsqueeze(-1), draw(2, 3))
case("squeezed", lambda x: x.squeeze(), draw(1, 3, 1))
case("repeated", lambda x: x.expand(2, 3, 4), draw(3, 1))
case("slice0", lambda x: x[1:3], draw(4, 3))
case("slice1", lambda x: x[:, 1:4], draw(2, 5, 3))
case("sliceStride", lambda x: x[:, :, 1:6:2], draw(2, 3, 7))
case("sliceEmpty", lambda x: x[:, 2:2], draw(2, 3))
case("sliceAt", lambda x: x[:, -2], draw(2, 3, 4))
case("padded", lambda x: F.pad(x, (1, 2, 0, 3), value=0.5), draw(2, 3, 2))
case("concatenate0", lambda x, y, z: torch.cat([x, y, z]), draw(2, 3), draw(1, 3), draw(0, 3))
case("concatenate1", lambda x, y: torch.cat([x, y, x], 1), draw(2, 3, 2), draw(2, 1, 2))
case("stack0", lambda x, y: torch.stack([x, y]), draw(2, 3), draw(2, 3))
case("stack-1", lambda x, y: torch.stack([x, y], -1), draw(2, 3), draw(2, 3))
case("selecting0", lambda x: x.index_select(0, torch.tensor([2, 0, 2])), draw(3, 2))
case("selecting1", lambda x: x.index_select(1, torch.tensor([1, 1, 0, 3])), draw(2, 4, 3))
case("gathering1", lambda x: x.gather(1, torch.tensor([[0, 2], [1, 1]])), draw(2, 3))
case("gathering0", lambda x: x.gather(0, torch.tensor([[[0, 1], [1, 1], [0, 0]]])), draw(2, 3, 2))

for shape, axis in [((5,), 0), ((3, 7), -1), ((3, 7), 0), ((2, 3, 4), 1), ((2, 130), 1), ((3, 1), 1)]:
    case(f"softmax[{axis}]", lambda x: x.softmax(axis), draw(*shape, low=-8, high=8))
    case(f"logSoftmax[{axis}]", lambda x: x.log_softmax(axis), draw(*shape, low=-8, high=8))
    case(f"logSumExp[{axis}]", lambda x: x.logsumexp(axis), draw(*shape, low=-8, high=8))
case("linear", F.linear, draw(3, 4), draw(5, 4), draw(5))
case("linear", F.linear, draw(2, 3, 4), draw(1, 4), draw(1))
case("linear", F.linear, draw(1, 3), draw(2, 3))
case("twice", lambda x: x * x + x, draw(4))
case("diamond", lambda x: torch.tanh(x) * x.exp() + torch.tanh(x) * x, draw(2, 3))

target = pathlib.Path(__file__).with_suffix(".json")
target.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", target.stat().st_size, "bytes")
