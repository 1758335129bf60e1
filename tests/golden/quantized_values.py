"""The float32 models that folders of make_quantized_folders.py stand for, read back from their files and held against their logits."""

import json

import bitsandbytes.functional as bnb
import numpy as np
import torch
import transformers
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from safetensors.torch import load_file

PARTS = (".qweight", ".qzeros", ".scales", ".g_idx", ".SCB", ".weight_format")


def unpacked(words, bits):
    """Along the last axis: what make_quantized_folders.packed packs."""
    stream = (words.view(np.uint32)[..., None] >> np.arange(32, dtype=np.uint32)) & 1
    stream = stream.reshape(*words.shape[:-1], -1)
    stream = stream[..., :stream.shape[-1] // bits * bits].reshape(*words.shape[:-1], -1, bits)
    return (stream << np.arange(bits, dtype=np.uint32)).sum(-1).astype(np.int64)


def gptq_matrix(parts, settings):
    bits = settings["bits"]
    q = unpacked(np.ascontiguousarray(parts["qweight"].numpy().T), bits)  # [out, in]
    scales = parts["scales"].float().numpy()
    zeros = unpacked(parts["qzeros"].numpy(), bits)[:, :scales.shape[1]] + (settings.get("checkpoint_format") != "gptq_v2")
    size = q.shape[1] if settings["group_size"] == -1 else settings["group_size"]
    groups = parts["g_idx"].numpy() if "g_idx" in parts else np.arange(q.shape[1]) // size
    return scales[groups].T * (q - zeros[groups].T).astype(np.float32)


def awq_matrix(parts, settings):
    order = np.argsort([0, 2, 4, 6, 1, 3, 5, 7])
    q, zeros = (unpacked(parts[name].numpy(), 4) for name in ("qweight", "qzeros"))
    q, zeros = (rows.reshape(len(rows), -1, 8)[:, :, order].reshape(len(rows), -1) for rows in (q, zeros))
    scales = parts["scales"].float().numpy()
    groups = np.arange(len(q)) // (len(q) // len(scales))
    return (scales[groups] * (q - zeros[groups]).astype(np.float32)).T


def four_bit_matrix(parts):
    state = bnb.QuantState.from_dict({key: value for key, value in parts.items() if key != "weight"}, torch.device("cpu"))
    absmax = bnb.dequantize_blockwise(state.absmax, state.state2) + state.offset if state.nested else state.absmax
    return _dequantize_4bit_compute(parts["weight"].reshape(-1), absmax, state.code, state.blocksize, state.shape, torch.float32).numpy()


def layers_of(stored, settings):
    """The matrices [out, in] of the layers that are quantized, by their names."""
    kind = settings["quant_method"]
    ending = ".qweight" if kind in ("gptq", "awq") else ".SCB" if settings["load_in_8bit"] else ".weight.absmax"
    for layer in sorted(name.removesuffix(ending) for name in stored if name.endswith(ending)):
        parts = {name.removeprefix(layer + "."): value for name, value in stored.items() if name.startswith(layer + ".")}
        if kind == "gptq":
            yield layer, gptq_matrix(parts, settings)
        elif kind == "awq":
            yield layer, awq_matrix(parts, settings)
        elif settings["load_in_8bit"]:
            yield layer, (parts["weight"].float() * parts["SCB"][:, None] * np.float32(1 / 127)).numpy()
        else:
            yield layer, four_bit_matrix(parts)


def load(folder):
    content = json.loads((folder / "config.json").read_text())
    settings = content.pop("quantization_config")
    stored = load_file(folder / "model.safetensors")
    values = {name: tensor.float() for name, tensor in stored.items() if not name.endswith(PARTS) and ".weight." not in name}
    for layer, matrix in layers_of(stored, settings):
        values[f"{layer}.weight"] = torch.from_numpy(np.ascontiguousarray(matrix.T if content["model_type"] == "gpt2" else matrix))
    config = transformers.AutoConfig.for_model(**content)
    config._attn_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_config(config).float()
    report = model.load_state_dict(values, strict=False)
    assert not report.unexpected_keys and set(report.missing_keys) <= {"lm_head.weight"}, report
    model.tie_weights()
    check(model.eval(), json.loads((folder / "expected.json").read_text()))
    return model


@torch.inference_mode()
def check(model, expected):
    for sequence in expected["sequences"]:
        logits = model(torch.tensor([sequence["token_ids"]])).logits[0]
        for row in sequence["rows"]:
            difference = logits[row["position"], expected["entries"]] - torch.tensor(row["logits"])
            assert difference.abs().max() < 1e-4 * expected["spread"], difference
