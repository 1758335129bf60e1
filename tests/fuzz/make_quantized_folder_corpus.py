#!/usr/bin/env python3
"""Writes the seeds of quantized_folder_fuzz: a layer in each format, with its settings."""

import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus/quantized_folder_fuzz"
SIZES = {"F32": 4, "F16": 2, "I32": 4, "I8": 1, "U8": 1}


def safetensors(tensors):
    """tensors: name: (dtype, shape) or (dtype, shape, bytes)."""
    header, data = {}, b""
    for name, (dtype, shape, *content) in tensors.items():
        count = SIZES[dtype]
        for size in shape:
            count *= size
        part = content[0] if content else bytes(37 * i % 120 if dtype != "I32" or "g_idx" not in name else 0 for i in range(count))
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def state(**fields):
    text = json.dumps({"quant_type": "nf4", "blocksize": 8, "dtype": "float32", "shape": [3, 4], **fields}).encode()
    return ("U8", [len(text)], text)


SEEDS = {
    "gptq": ({"quant_method": "gptq", "bits": 4, "group_size": -1},
             {"a.qweight": ("I32", [1, 8]), "a.qzeros": ("I32", [1, 1]), "a.scales": ("F16", [1, 8]), "a.g_idx": ("I32", [8])}),
    "gptq_3_bits": ({"bits": 3, "group_size": 16, "checkpoint_format": "gptq_v2", "dynamic": {"-:lm_head": {}}},
                    {"a.qweight": ("I32", [3, 5]), "a.qzeros": ("I32", [2, 1]), "a.scales": ("F32", [2, 5])}),
    "awq": ({"quant_method": "awq", "bits": 4, "group_size": 2, "version": "gemm", "zero_point": True},
            {"a.qweight": ("I32", [4, 1]), "a.qzeros": ("I32", [2, 1]), "a.scales": ("F16", [2, 8]), "norm.weight": ("F32", [2])}),
    "int8": ({"load_in_8bit": True, "llm_int8_threshold": 6.0},
             {"a.weight": ("I8", [2, 3]), "a.SCB": ("F32", [2]), "a.weight_format": ("U8", [], b"\0")}),
    "nf4": ({"quant_method": "bitsandbytes", "load_in_8bit": False, "load_in_4bit": True},
            {"a.weight": ("U8", [6, 1]), "a.weight.absmax": ("F32", [2]), "a.weight.quant_map": ("F32", [16]),
             "a.weight.quant_state.bitsandbytes__nf4": state()}),
    "nf4_nested": ({"quant_method": "bitsandbytes", "load_in_4bit": True},
                   {"a.weight": ("U8", [6, 1]), "a.weight.absmax": ("U8", [2]), "a.weight.quant_map": ("F32", [16]),
                    "a.weight.nested_absmax": ("F32", [1]), "a.weight.nested_quant_map": ("F32", [256]),
                    "a.weight.quant_state.bitsandbytes__nf4": state(nested_blocksize=256, nested_offset=0.05)}),
}


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    for name, (settings, tensors) in SEEDS.items():
        (CORPUS / name).write_bytes(json.dumps(settings).encode() + b"\n" + safetensors(tensors))


if __name__ == "__main__":
    main()
