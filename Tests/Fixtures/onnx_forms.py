"""Networks in the forms that PyTorch's two exporters give them at several versions of the operators, with the logits that
PyTorch computes in float64, and one whose weights are computed from constants, with onnxruntime's: python onnx_forms.py
writes interchange/forms/.

Needs torch, onnx, onnxscript, onnxruntime and numpy.
"""
import json, pathlib, warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

warnings.filterwarnings("ignore")
folder = pathlib.Path(__file__).parent / "interchange" / "forms"
folder.mkdir(exist_ok=True)
torch.manual_seed(7)


class MeanOverTime(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.f = nn.Conv1d(6, 4, 3, padding=1), nn.Linear(4, 3)

    def forward(self, x):
        return self.f(torch.relu(self.c(x.transpose(1, 2))).mean(2))


class MaxOverTime(MeanOverTime):
    def __init__(self):
        super().__init__()
        self.p = nn.AdaptiveMaxPool1d(1)

    def forward(self, x):
        return self.f(self.p(torch.relu(self.c(x.permute(0, 2, 1)))).squeeze(-1))


class AverageOverTime(MaxOverTime):
    def __init__(self):
        super().__init__()
        self.p = nn.AdaptiveAvgPool1d(1)


class Viewed(nn.Module):
    """Flattens with view and the length of the batch."""

    def __init__(self):
        super().__init__()
        self.c, self.p, self.f = nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), nn.Linear(2 * 3 * 4, 3)

    def forward(self, x):
        x = self.p(torch.relu(self.c(x)))
        return self.f(x.view(x.size(0), -1))


class ViewedByParts(Viewed):
    def forward(self, x):
        x = self.p(torch.relu(self.c(x)))
        return self.f(x.reshape(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3]))


class MeanOfWidth(nn.Module):
    """The mean along the last axis of an image alone."""

    def __init__(self):
        super().__init__()
        self.c, self.f = nn.Conv2d(1, 2, 3, padding=1), nn.Linear(2 * 6, 3)

    def forward(self, x):
        return self.f(torch.relu(self.c(x.unsqueeze(1))).mean(3).flatten(1))


class MaxOfHeight(MeanOfWidth):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(2 * 8, 3)

    def forward(self, x):
        return self.f(torch.relu(self.c(x.unsqueeze(1))).amax(2, keepdim=True).flatten(1))


class MeanOfChannels(MeanOfWidth):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(8, 3)

    def forward(self, x):
        return self.f(torch.relu(self.c(x.unsqueeze(1))).mean((1, 2)))


class Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.g, self.f = nn.Conv2d(1, 2, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Linear(2, 3)

    def forward(self, x):
        return self.f(self.g(torch.relu(self.c(x))).flatten(1))


class Ending(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.net, self.last = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)), last

    def forward(self, x):
        return self.last(self.net(x))


def settle(path):
    """Takes out what the exporters say of the place they ran at."""
    model = onnx.load(path)
    for part in [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, path)


cases = {}


def write(name, net, shape, time=None, versions=(13, 18, 20), dynamo=True):
    net = net.eval()
    x = torch.randn(shape)
    files = []
    for version in versions:
        axes = {"input": {0: "batch"} | ({time: "time"} if time else {})}
        files.append(f"{name}-{version}.onnx")
        torch.onnx.export(
            net, (x,), folder / files[-1], dynamo=False, opset_version=version, input_names=["input"], dynamic_axes=axes)
    if dynamo:  # of fixed shape, the batch too
        files.append(f"{name}-dynamo.onnx")
        torch.onnx.export(net, (x,), folder / files[-1], dynamo=True, external_data=False, verbose=False)
    for file in files:
        settle(folder / file)
    core = net.net if isinstance(net, Ending) else net
    with torch.no_grad():
        logits = core.double()(x.double())
    cases[name] = dict(files=files, input=x.flatten().tolist(), shape=list(shape), logits=logits.flatten().tolist())


write("mean-over-time", MeanOverTime(), (2, 9, 6), time=1)
write("max-over-time", MaxOverTime(), (2, 9, 6))
write("average-over-time", AverageOverTime(), (2, 9, 6), time=1)
write("viewed", Viewed(), (2, 1, 6, 8))
write("viewed-by-parts", ViewedByParts(), (2, 1, 6, 8), dynamo=False)
write("mean-of-width", MeanOfWidth(), (2, 6, 8))
write("max-of-height", MaxOfHeight(), (2, 6, 8))
write("mean-of-channels", MeanOfChannels(), (2, 6, 8))
write("pooled", Pooled(), (2, 1, 6, 8))
write("softmax", Ending(nn.Softmax(1)), (2, 6), versions=(13, 20))
write("log-softmax", Ending(nn.LogSoftmax(1)), (2, 6), versions=(13, 20))
write("sigmoid", Ending(nn.Sigmoid()), (2, 6), versions=(13, 20))


def folding():
    """Two dense layers whose weights, biases and axes are computed from constants by every operator that folds."""
    random = np.random.default_rng(3)
    constants, nodes = [], []

    def constant(name, values, type=None):
        constants.append(numpy_helper.from_array(np.asarray(values, dtype=type), name))
        return name

    def node(kind, inputs, output, **settings):
        nodes.append(helper.make_node(kind, inputs, [output], **settings))
        return output

    def listed(name, value):
        return node("Constant", [], name, value_ints=value)

    # [6, 5] of halves, put together of two, the rows of one in another order, turned around twice.
    a = constant("a", random.normal(size=(5, 4)), np.float16)
    b = constant("b", random.normal(size=(2, 5)), np.float32)
    whole = node("Cast", [a], "wide", to=TensorProto.FLOAT)
    turned = node("Transpose", [whole], "turned", perm=[1, 0])
    order = node("Cast", [constant("order", [1, -2], np.int32)], "order64", to=TensorProto.INT64)
    rows = node("Gather", [b, order], "rows", axis=0)
    weight = node("Concat", [turned, rows], "weight", axis=0)
    x = node("MatMul", ["input", weight], "product")
    # Its bias is the middle of a longer list, scaled, and plus a number that is an attribute.
    long = constant("long", random.normal(size=(1, 9)), np.float32)
    middle = node("Slice", [long, listed("from", [2]), listed("to", [-2]), listed("along", [1])], "middle")
    flat = node("Squeeze", [middle, listed("none", [0])], "flat")
    scaled = node("Mul", [flat, node("Constant", [], "half", value_float=0.5)], "scaled")
    bias = node("Sub", [scaled, node("Constant", [], "shift", value_floats=[0.25])], "bias")
    x = node("Relu", [node("Add", [x, bias], "sum")], "relu")
    # [1, 15] to [3, 5] by a shape that is computed from another constant's.
    shape = node("Div", [node("Shape", [constant("shaped", np.zeros((6, 10)), np.float32)], "double"), listed("two", [2])], "shape")
    second = node("Reshape", [constant("c", random.normal(size=(1, 15)), np.float32), shape], "second")
    last = node("Neg", [node("Sqrt", [constant("d", [1.0, 4.0, 2.0], np.float32)], "root")], "last")
    node("Gemm", [x, node("Identity", [second], "same"), last], "logits", transB=1)
    graph = helper.make_graph(
        nodes, "folding", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 6])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, folder / "folding.onnx")
    given = random.normal(size=(2, 6)).astype(np.float32)
    logits = onnxruntime.InferenceSession(str(folder / "folding.onnx")).run(None, {"input": given})[0]
    cases["folding"] = dict(
        files=["folding.onnx"], input=given.flatten().tolist(), shape=[2, 6], logits=logits.flatten().tolist())


folding()
(folder / "forms.json").write_text(json.dumps(cases))
