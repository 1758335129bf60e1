#!/usr/bin/env python3
"""Writes the seeds of gguf_file_fuzz, safetensors_file_fuzz and model_config_fuzz: small valid files, each with other parts of the formats;
the configs are those of the golden checkpoints."""

import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32, UINT16 = 4, 6, 7, 8, 9, 5, 2


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def number(code, type_, value):
    return struct.pack("<I" + code, type_, value)


def strings(values):
    return struct.pack("<IIQ", ARRAY, STRING, len(values)) + b"".join(map(text, values))


def numbers(code, type_, values):
    return struct.pack("<IIQ", ARRAY, type_, len(values)) + struct.pack(f"<{len(values)}{code}", *values)


def gguf(values, tensors, version=3, alignment=32):
    """tensors: (name, dimensions innermost first, type's number, bytes)."""
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(values))
    header += b"".join(text(key) + value for key, value in values.items())
    data = b""
    for name, dimensions, type_, content in tensors:
        data += b"\0" * (-len(data) % alignment)
        header += text(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, type_, len(data))
        data += content
    return header + b"\0" * (-len(header) % alignment) + data


def llama(**more):
    values = {"general.architecture": struct.pack("<I", STRING) + text("llama")}
    for key, value in {
        "block_count": 1,
        "context_length": 16,
        "embedding_length": 8,
        "feed_forward_length": 8,
        "attention.head_count": 2,
        "rope.dimension_count": 4,
    }.items():
        values[f"llama.{key}"] = number("I", UINT32, value)
    values["llama.attention.layer_norm_rms_epsilon"] = number("f", FLOAT32, 1e-5)
    values.update(more)
    return values


def plain_gguf():
    floats = struct.pack("<64f", *range(64))
    return gguf(
        llama(),
        [
            ("token_embd.weight", [8, 3], 0, floats[:96]),
            ("blk.0.attn_q.weight", [8, 8], 0, floats),
            ("blk.0.attn_q.bias", [8], 0, floats[:32]),
            ("output_norm.weight", [8], 30, floats[:16]),
        ],
    )


def quantized_gguf():
    sizes = {2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34)}
    sizes.update({10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292)})
    tensors = [(f"t{type_}", [values, 1], type_, bytes(size)) for type_, (values, size) in sizes.items()]
    return gguf(llama(), tensors, version=2)


def tokenizer_gguf():
    values = llama()
    values["general.alignment"] = number("I", UINT32, 8)
    values["tokenizer.ggml.tokens"] = strings(["<s>", "a", "b", "ab"])
    values["tokenizer.ggml.scores"] = numbers("f", FLOAT32, [0.0, -1.0, -2.0, -3.0])
    values["tokenizer.ggml.token_type"] = numbers("i", INT32, [3, 1, 1, 1])
    values["tokenizer.ggml.add_bos_token"] = struct.pack("<IB", BOOL, 1)
    values["split.count"] = number("H", UINT16, 1)
    nested = struct.pack("<IIQ", ARRAY, ARRAY, 2) + numbers("i", INT32, [1])[4:] + numbers("i", INT32, [])[4:]
    values["nested"] = nested
    return gguf(values, [("token_embd.weight", [2, 4], 1, bytes(16))], alignment=8)


def safetensors(header, size):
    content = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(content)) + content + bytes(range(256))[:size]


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def main():
    files = {
        "gguf_file_fuzz/plain": plain_gguf(),
        "gguf_file_fuzz/quantized": quantized_gguf(),
        "gguf_file_fuzz/tokenizer": tokenizer_gguf(),
        "safetensors_file_fuzz/two_types": safetensors(
            {
                "__metadata__": {"format": "pt"},
                "a.weight": entry("F32", [2, 3], 0, 24),
                "b.weight": entry("BF16", [4], 24, 32),
                "c.bias": entry("F16", [1, 2, 1], 32, 36),
            },
            36,
        ),
        "safetensors_file_fuzz/odd_shapes": safetensors(
            {
                "scalar": entry("F32", [], 0, 4),
                "empty": entry("F16", [0, 4], 4, 4),
                "position_ids": entry("I64", [1, 2], 4, 20),
            },
            20,
        ),
    }
    for config in sorted(GOLDEN.glob("*/*/config.json")):
        files[f"model_config_fuzz/{config.parent.name}.json"] = config.read_bytes()
    for name, content in files.items():
        path = CORPUS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
