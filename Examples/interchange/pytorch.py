"""Moves the GRU of `ser train` to PyTorch and back: pytorch.py gru.safetensors finetuned.safetensors

Needs torch and safetensors. Docs/Interchange.md shows the whole way.
"""
import json, sys
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file


class GRU(torch.nn.Module):
    """The names of the modules are the paths of the library's layers: `ser summary --model gru` shows them."""

    def __init__(self, features, classes):
        super().__init__()
        self.rnn = torch.nn.GRU(features, 128, 2, batch_first=True)
        self.fc1 = torch.nn.Linear(128, 256)
        self.fc2 = torch.nn.Linear(256, classes)

    def forward(self, x, lengths):
        steps = self.rnn(x)[0]
        last = steps[torch.arange(len(x)), lengths - 1]  # each clip's last valid step
        return self.fc2(torch.relu(self.fc1(torch.relu(last))))


source, target = sys.argv[1:]

# From the library to PyTorch: the weights load by name, nothing missing and nothing left over.
weights = load_file(source)
labels = json.loads(safe_open(source, "pt").metadata()["ser.labels"])
model = GRU(weights["rnn.weight_ih_l0"].shape[1], len(labels))
model.load_state_dict(weights, strict=True)

# Something to do there: a few steps on (made-up) features of two clips, the second of which is shorter.
torch.manual_seed(0)
features, lengths, classes = torch.randn(2, 130, 40), torch.tensor([130, 80]), torch.tensor([0, 1])
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
for _ in range(3):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(features, lengths), classes)
    loss.backward()
    optimizer.step()

# And back: `ser import finetuned.safetensors --like gru.safetensors --output gru-finetuned.safetensors`
save_file(model.state_dict(), target)
print(f"{target}: {sum(p.numel() for p in model.parameters())} parameters for {', '.join(labels)}")
