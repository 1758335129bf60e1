#!/usr/bin/env python3
"""Makes a LoRA adapter of random small numbers for a Llama, in the files that PEFT writes; for trying things out, it has learnt nothing.

    make_adapter.py FOLDER [--layers 30] [--hidden 576] [--rank 4] [--scale 0.1]

The defaults fit SmolLM2-135M. The adapter changes the projection of the queries in every layer.
"""

import argparse
import array
import json
import pathlib
import random
import struct
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=30)
    parser.add_argument("--hidden", type=int, default=576)
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--scale", type=float, default=0.1)
    arguments = parser.parse_args()
    numbers = random.Random(1)
    header, values, end = {}, [], 0
    for layer in range(arguments.layers):
        for part, shape in (("A", [arguments.rank, arguments.hidden]), ("B", [arguments.hidden, arguments.rank])):
            floats = array.array("f", (numbers.gauss(0, arguments.scale) for _ in range(shape[0] * shape[1])))
            if sys.byteorder == "big":
                floats.byteswap()
            begin, end = end, end + 4 * len(floats)
            name = f"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_{part}.weight"
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
            values.append(floats.tobytes())
    text = json.dumps(header).encode()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with (arguments.folder / "adapter_model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(values))
    settings = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct",
                "r": arguments.rank, "lora_alpha": 2 * arguments.rank, "target_modules": ["q_proj"], "bias": "none"}
    (arguments.folder / "adapter_config.json").write_text(json.dumps(settings, indent=2) + "\n")


if __name__ == "__main__":
    main()
