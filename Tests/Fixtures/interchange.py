"""Networks as PyTorch saves and exports them, with what they give: python interchange.py writes interchange/.

Needs torch, safetensors, onnx and onnxscript. The weights of speech.safetensors lie in all floating-point types; the logits are
computed in float64 from those weights as they lie there.
"""
import json, pathlib, warnings

import onnx
import torch
from safetensors.torch import save_file

warnings.filterwarnings("ignore")
folder = pathlib.Path(__file__).parent / "interchange"
folder.mkdir(exist_ok=True)
torch.manual_seed(3)


def settle(net):
    """Running statistics and affine weights other than the ones they begin with."""
    for module in net.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    return net.eval()


class Speech(torch.nn.Module):
    """Convolution over time, a bidirectional GRU, a dense layer on its last states."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv1d(6, 8, 3, padding=1)
        self.norm = torch.nn.BatchNorm1d(8)
        self.encoder = torch.nn.GRU(8, 5, 2, batch_first=True, bidirectional=True)
        self.head = torch.nn.Linear(10, 3)

    def forward(self, x):
        x = torch.relu(self.norm(self.conv(x.transpose(1, 2)))).transpose(1, 2)
        states = self.encoder(x)[1]
        return self.head(torch.cat([states[-2], states[-1]], 1))


speech = settle(Speech())
types = {"conv.weight": torch.float16, "encoder.weight_hh_l0": torch.bfloat16, "head.weight": torch.float64}
stored = {name: value.to(types.get(name, value.dtype)) for name, value in speech.state_dict().items()}
save_file({name: value.contiguous() for name, value in stored.items()}, folder / "speech.safetensors")
speech.load_state_dict(stored)
x = torch.randn(2, 9, 6)
with torch.no_grad():
    speech_logits = speech.double()(x.double())

image = settle(
    torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(4, 6, (3, 2), stride=(1, 2), bias=False), torch.nn.BatchNorm2d(6), torch.nn.ELU(),
        torch.nn.AvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(36, 8), torch.nn.LayerNorm(8), torch.nn.Tanh(),
        torch.nn.Dropout(0.2), torch.nn.Linear(8, 3),
    )
)
picture = torch.randn(2, 1, 12, 26)
torch.onnx.export(
    image, (picture,), folder / "image-script.onnx", input_names=["image"], output_names=["logits"],
    dynamic_axes={"image": {0: "batch"}}, dynamo=False, opset_version=17)
torch.onnx.export(
    image, (picture,), folder / "image-dynamo.onnx", input_names=["image"], output_names=["logits"],
    dynamic_shapes=[{0: torch.export.Dim("batch", min=1, max=4096)}], dynamo=True, external_data=False, verbose=False)
for file in folder.glob("*.onnx"):  # what the exporters say of the place they ran at
    model = onnx.load(file)
    for part in [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, file)
with torch.no_grad():
    image_logits = image.double()(picture.double())

(folder / "interchange.json").write_text(
    json.dumps(
        dict(
            speech=dict(input=x.flatten().tolist(), shape=list(x.shape), logits=speech_logits.flatten().tolist()),
            image=dict(
                input=picture.flatten().tolist(), shape=list(picture.shape), logits=image_logits.flatten().tolist()))))
