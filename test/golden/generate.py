"""Write test/golden/fixtures: `python3 test/golden/generate.py` (needs torch and numpy; nothing is downloaded)."""

import json
import os
import platform
import sys

sys.dont_write_bytecode = True

import numpy  # noqa: E402
import torch  # noqa: E402

import tensor_file  # noqa: E402
from make_modules import make_modules  # noqa: E402
from make_operations import make_operations  # noqa: E402
from make_steps import PRESETS, make_steps  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
DTYPES = {"float64": "F64", "int32": "I32", "uint8": "U8"}


def save(name, tensors, metadata):
    entries = {
        key: (DTYPES[str(values.dtype)], values.shape, numpy.ascontiguousarray(values).reshape(-1).tolist())
        for key, values in tensors.items()
    }
    tensor_file.write(os.path.join(FOLDER, f"{name}.safetensors"), entries)
    save_json(name, metadata)
    size = sum(os.path.getsize(os.path.join(FOLDER, f"{name}.{ending}")) for ending in ("safetensors", "json"))
    print(f"{name}: {len(tensors)} tensors, {size / 1024:.0f} KiB")


def save_json(name, metadata):
    with open(os.path.join(FOLDER, f"{name}.json"), "w", encoding="utf-8") as file:
        json.dump(metadata, file, separators=(",", ":"), allow_nan=False)
        file.write("\n")


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    os.makedirs(FOLDER, exist_ok=True)
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__}
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    save("modules", *make_modules())
    save("operations", *make_operations())
    for preset in PRESETS:
        save(f"steps-{preset}", *make_steps(preset))
    save_json("versions", versions)


if __name__ == "__main__":
    main()
