#!/usr/bin/env python3
"""Makes quantization.json: random blocks of every GGUF type and their float32 values, by the `gguf` package.

    pip install gguf==0.19.0 && python tests/golden/make_quantization_golden.py

Scales are random float16 numbers, negative and subnormal ones among them, but no NaN or infinity: NaN has many bit patterns.
gguf does not have Q8_K, which llama.cpp only computes with: its one multiplication is written out here.
"""

import json
import pathlib

import gguf
import numpy as np

BLOCKS = 6
# Where a block's float16 scales begin.
SCALES = {
    "Q8_0": [0],
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q2_K": [80, 82],
    "Q3_K": [108],
    "Q4_K": [0, 2],
    "Q5_K": [0, 2],
    "Q6_K": [208],
}


def random_float16(random, shape):
    """Any finite float16, each exponent as likely as another."""
    bits = random.integers(0, 1 << 16, shape, dtype=np.uint16)
    return np.where((bits & 0x7C00) == 0x7C00, bits & 0xBFFF, bits).astype(np.uint16)


def blocks_of(random, name, size):
    blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
    for offset in SCALES.get(name, []):
        blocks[:, offset : offset + 2] = random_float16(random, (BLOCKS, 1)).view(np.uint8)
    # One block with scales of the usual size, as quantizers make them.
    for offset in SCALES.get(name, []):
        blocks[0, offset : offset + 2] = np.array([0.0123 if offset % 4 else -0.0456], np.float16).view(np.uint8)
    return blocks


def dequantize_q8_k(blocks):
    scales = np.ascontiguousarray(blocks[:, :4]).view(np.float32)
    return scales * np.ascontiguousarray(blocks[:, 4:260]).view(np.int8).astype(np.float32)


def main():
    random = np.random.default_rng(20240601)
    golden = {}
    for name in [*SCALES, "Q8_K", "F16", "BF16"]:
        type_ = gguf.GGMLQuantizationType[name]
        if name == "F16":
            blocks = random_float16(random, (1, 256)).view(np.uint8)
        elif name == "BF16":
            blocks = (random.normal(size=(1, 256)).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
        else:
            blocks = blocks_of(random, name, gguf.GGML_QUANT_SIZES[type_][1])
        if name == "Q8_K":
            blocks[:, :4] = random.normal(size=(BLOCKS, 1)).astype(np.float32).view(np.uint8)
            values = dequantize_q8_k(blocks)
        else:
            values = gguf.quants.dequantize(blocks, type_)
        assert np.isfinite(values).all(), name
        golden[name] = {"blocks": blocks.tobytes().hex(), "float32": values.astype("<f4").tobytes().hex()}
    path = pathlib.Path(__file__).with_name("quantization.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
