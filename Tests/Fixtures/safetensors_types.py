"""Writes safetensors_types.safetensors: numbers of every floating-point type as safetensors holds them, beside what
PyTorch makes of them in 32 bits, and 32-bit numbers beside what PyTorch's narrower types make of them.

    python Tests/Fixtures/safetensors_types.py
"""
import os

import torch
from safetensors.torch import save_file

torch.manual_seed(1)
types = {
    "float64": torch.float64, "float16": torch.float16, "bfloat16": torch.bfloat16,
    "float8_e5m2": torch.float8_e5m2, "float8_e4m3fn": torch.float8_e4m3fn,
}
tensors = {}
for name, kind in types.items():
    size = torch.empty(0, dtype=kind).element_size()
    if size <= 2:
        # Every bit pattern of one byte, every 13th of two: signs, subnormals, zeros and the largest numbers.
        bits = torch.arange(0, 1 << (8 * size), 1 if size == 1 else 13, dtype=torch.int64)
        whole = bits.to(torch.uint8 if size == 1 else torch.uint16).view(kind)
    else:
        whole = torch.randn(500, dtype=kind) * 10 ** torch.randint(-42, 38, (500,)).to(kind)
    wide = whole.to(torch.float32)
    whole, wide = whole[torch.isfinite(wide)], wide[torch.isfinite(wide)]
    tensors[name], tensors[name + ".expected"] = whole, wide

# Numbers in all magnitudes of float16, ties between two neighbours, and subnormal results.
values = torch.cat([
    torch.randn(2000) * 2.0 ** torch.randint(-30, 15, (2000,)),
    (torch.arange(1, 400) + 0.5) * 2.0 ** -24, torch.arange(2049, 2449, 2).float(), 2.0 ** torch.arange(-30.0, 15.0),
    1 + torch.arange(1, 200) * 2.0 ** -8 / 2, torch.tensor([0.0, -0.0, 65504.0, 65519.0, -65519.996]),
])
tensors["values"] = values
tensors["values.float16"] = values.to(torch.float16).to(torch.float32)
tensors["values.bfloat16"] = values.to(torch.bfloat16).to(torch.float32)
tensors["num_batches_tracked"] = torch.tensor(7)
tensors["empty"] = torch.zeros(3, 0)
assert all(torch.isfinite(tensor.float()).all() for tensor in tensors.values())
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "safetensors_types.safetensors")
save_file(tensors, path, metadata={"made by": "PyTorch", "quotes": 'a "b" \\ \u00e9\n'})
print(path, os.path.getsize(path), "bytes")
