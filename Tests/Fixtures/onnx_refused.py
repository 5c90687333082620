"""ONNX files that must be refused: python onnx_refused.py writes interchange/refused. Needs onnx and numpy."""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = pathlib.Path(__file__).parent / "interchange" / "refused"
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(1)


def constant(name, *shape):
    return numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name)


def write(name, nodes, constants, inputs=(6,)):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / f"{name}.onnx")


dense = helper.make_node("Gemm", ["x", "w", "b"], ["h"], "dense", transB=1)
last = helper.make_node("Gemm", ["h2", "v", "c"], ["y"], "last", transB=1)
weights = [constant("w", 4, 6), constant("b", 4), constant("v", 3, 4), constant("c", 3)]
relu = helper.make_node("Relu", ["h"], ["h2"], "relu")

write("constant-twice", [dense, relu, last], weights + [constant("w", 4, 6)])
write("output-twice", [dense, helper.make_node("Tanh", ["h"], ["h2"], "tanh"), relu, last], weights)
write("slope-nan", [dense, helper.make_node("LeakyRelu", ["h"], ["h2"], "leaky", alpha=float("nan")), last], weights)
scale = [constant(name, 4) for name in ("gamma", "beta", "mean")]
variance = numpy_helper.from_array(np.array([1, -1, 1, 1], np.float32), "variance")
write(
    "variance-negative",
    [dense, helper.make_node("BatchNormalization", ["h", "gamma", "beta", "mean", "variance"], ["h2"], "norm"), last],
    weights + scale + [variance])
