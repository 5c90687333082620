"""Compares this library with onnxruntime and PyTorch: run by Scripts/check-interchange, which says what it needs.

Every line printed holds the largest difference found, and the bound it must stay within; exits with 1 where one does not.
"""
import json, pathlib, sys
import numpy as np, onnx, onnxruntime, torch
from safetensors.torch import load_file

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from torch_models import MODELS

folder = pathlib.Path(sys.argv[1])
failures = 0


def reference(name):
    shapes = json.loads((folder / f"{name}.json").read_text())
    numbers = np.fromfile(folder / f"{name}.bin", dtype="<f4")
    count = int(np.prod(shapes["values"]))
    return numbers[:count].reshape(shapes["values"]), shapes.get("lengths"), numbers[count:].reshape(shapes["results"])


def report(what, worst, bound):
    global failures
    failures += not worst <= bound
    print(f"{what:34} {worst:.2e} of {bound:.2e} {'ok' if worst <= bound else 'FAILED'}")


def session(name):
    file = str(folder / f"{name}.onnx")
    onnx.checker.check_model(onnx.load(file), full_check=True)
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


def compare_onnx(name, file):
    values, lengths, logits = reference(name)
    feed = {"input": values} | ({"lengths": np.array(lengths, dtype=np.int64)} if lengths else {})
    out = session(file).run(None, feed)[0]
    assert out.shape == logits.shape, (out.shape, logits.shape)
    report(f"onnxruntime {file}", np.abs(out - logits).max(), 1e-5 * np.abs(logits).max() + 1e-4)


def compare_torch(name):
    """PyTorch in float64 from the same float32 weights, loaded by name with nothing missing and nothing left over."""
    values, lengths, logits = reference(name)
    net = MODELS[name](c=logits.shape[1])
    net.load_state_dict(load_file(folder / f"{name}.safetensors"), strict=True)
    net = net.double().eval()
    x = torch.tensor(values, dtype=torch.float64)
    with torch.no_grad():
        # Each clip on its own: the modules take the last step, which for a padded clip would be padding.
        rows = [net(x[i : i + 1, :length]) for i, length in enumerate(lengths)] if lengths else [net(x)]
    out = torch.cat(rows).numpy()
    report(f"PyTorch {name}", np.abs(out - logits).max(), 1e-6 * np.abs(logits).max() + 1e-5)


def compare_samples(name, bound=1e-3):
    samples, lengths, ours = reference(f"{name}-probabilities")
    run = session(f"{name}-features")
    worst, start, agree = 0, 0, True
    for row, length in enumerate(lengths):
        clip = samples[start : start + length]
        start += length
        theirs = run.run(None, {"samples": clip[None]})[0][0]
        worst = max(worst, np.abs(theirs - ours[row]).max())
        top = np.sort(ours[row])
        agree &= theirs.argmax() == ours[row].argmax() or top[-1] - top[-2] < 1e-3
    report(f"onnxruntime {name} from samples", worst, bound)
    assert agree, "another label"


for name in MODELS:
    compare_torch(name)
    compare_onnx(name, name)
    compare_samples(name)
for index in range(10):
    compare_onnx(f"random{index}", f"random{index}")
    compare_onnx(f"random{index}", f"random{index}-unfolded")
for file in sorted(folder.glob("written*.onnx")):
    compare_onnx(file.stem, file.stem)
for index in range(10):  # networks that were not trained amplify little, so the bound is closer
    compare_samples(f"features{index}", 1e-5)
print("all within their bounds" if not failures else f"{failures} out of their bounds")
sys.exit(failures > 0)
