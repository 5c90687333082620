"""A layer's weights as torch.save writes them, in both of its forms, whole and within a checkpoint, and as safetensors
under the names that wrappers give them: python torch_archives.py writes interchange/torch-*.

Needs torch and safetensors.
"""
import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent / "interchange"
torch.manual_seed(5)
net = torch.nn.Sequential(torch.nn.Linear(3, 2))
weights = net.state_dict()
torch.save(weights, folder / "torch-zip.pt")
torch.save(weights, folder / "torch-legacy.pt", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "state_dict": weights}, folder / "torch-checkpoint.pt")

wrapped = {
    "data-parallel": torch.nn.DataParallel(net), "compiled": torch.compile(net), "both": torch.compile(torch.nn.DataParallel(net)),
    "averaged": torch.optim.swa_utils.AveragedModel(net), "inner": torch.nn.Sequential(torch.compile(net[0])),
}
for name, module in wrapped.items():
    state = {key: value.contiguous().clone() for key, value in module.state_dict().items()}
    print(name, list(state))
    save_file(state, folder / f"torch-{name}.safetensors")
save_file({"0.weight": (weights["0.weight"] * 100).to(torch.int8), "0.bias": weights["0.bias"]}, folder / "torch-int8.safetensors")
