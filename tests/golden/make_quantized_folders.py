#!/usr/bin/env python3
"""Makes quantized/<variant>/: tiny random models in quantized formats, with the float32 logits of the weights that they stand for.

    python3 -m venv ENVIRONMENT
    ENVIRONMENT/bin/pip install transformers==5.24.0 torch==2.15.0 safetensors==0.8.0 bitsandbytes==0.50.2
    ENVIRONMENT/bin/python tests/golden/make_quantized_folders.py [--packages DIR] [VARIANT...]

GPTQ's and AWQ's tensors are written here by the layouts that their libraries publish, bitsandbytes' by bitsandbytes itself; what the
weights stand for is computed here by the formats' formulas. `--packages DIR` unpacks every layer once more with the libraries' own code: DIR
holds the unpacked source distributions or wheels of auto-gptq 0.7.1 (auto_gptq/) and autoawq 0.2.9 (awq/), which need not be installed.
"""

import argparse
import importlib.util
import json
import pathlib
import shutil
import tempfile

import bitsandbytes.functional as bnb
import make_families as families
import numpy as np
import torch
import transformers
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).with_name("quantized")
LLAMA = {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "vocab_size": 265,
         "tie_word_embeddings": True}
GPT2 = {"model_type": "gpt2", "n_embd": 48, "n_layer": 2, "n_head": 3, "n_positions": 320, "vocab_size": 271}
NEOX = {"model_type": "gpt_neox", "hidden_size": 40, "intermediate_size": 72, "num_hidden_layers": 2, "num_attention_heads": 5,
        "max_position_embeddings": 512, "rotary_pct": 0.25, "vocab_size": 273, "use_parallel_residual": False}
BNB8 = {"quant_method": "bitsandbytes", "load_in_8bit": True, "load_in_4bit": False, "llm_int8_threshold": 6.0}
BNB4 = {"quant_method": "bitsandbytes", "load_in_8bit": False, "load_in_4bit": True, "bnb_4bit_compute_dtype": "float32"}


def gptq(bits, group_size, **settings):
    return {"quant_method": "gptq", "bits": bits, "group_size": group_size, "desc_act": False, "sym": True, **settings}


def awq(group_size, **settings):
    return {"quant_method": "awq", "bits": 4, "group_size": group_size, "zero_point": True, "version": "gemm", **settings}


# The model and its quantization_config. "file": the config stands in that file of its own, without "quant_method".
VARIANTS = {
    "gptq_groups": (LLAMA, gptq(4, 32)),
    "gptq_act_order": (LLAMA, gptq(4, 16, desc_act=True, sym=False, checkpoint_format="gptq")),
    "gptq_old_folder": (LLAMA, gptq(4, -1, file="quantize_config.json")),
    "gptq_v2": (LLAMA, gptq(4, 40, sym=False, desc_act=True, checkpoint_format="gptq_v2")),
    "gptq_2_bits": (LLAMA, gptq(2, 8)),
    "gptq_3_bits": (LLAMA, gptq(3, 32, sym=False)),
    "gptq_8_bits": (LLAMA, gptq(8, -1, sym=False)),
    "gptq_gpt2": (GPT2, gptq(4, 24, sym=False)),
    "gptq_gpt_neox": (NEOX, gptq(4, 20, desc_act=True)),
    "awq": (LLAMA, awq(32, modules_to_not_convert=["down_proj"])),
    "awq_old_folder": (NEOX, {"zero_point": True, "q_group_size": -1, "w_bit": 4, "version": "GEMM", "quant_method": "awq",
                              "file": "quant_config.json"}),
    "bitsandbytes_int8": (LLAMA, BNB8),
    "bitsandbytes_int8_gpt2": (GPT2, BNB8),
    "bitsandbytes_nf4": (LLAMA, {**BNB4, "bnb_4bit_quant_type": "nf4"}),
    "bitsandbytes_nf4_nested": (LLAMA, {**BNB4, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}),
    "bitsandbytes_fp4": (LLAMA, {**BNB4, "bnb_4bit_quant_type": "fp4"}),
}


def packed(values, bits):
    """[..., n] values to [..., ⌈n·bits/32⌉] words, from the lowest bit on."""
    count = values.shape[-1]
    bit_rows = (values[..., None].astype(np.uint32) >> np.arange(bits, dtype=np.uint32)) & 1
    stream = bit_rows.reshape(*values.shape[:-1], count * bits)
    stream = np.concatenate([stream, np.zeros((*values.shape[:-1], -count * bits % 32), np.uint32)], -1)
    words = stream.reshape(*values.shape[:-1], -1, 32) << np.arange(32, dtype=np.uint32)
    return words.sum(-1, dtype=np.uint32).view(np.int32)


def in_groups(weight, bits, group_of, symmetric, zero_least):
    """Rounds to nearest: q [out, in], zeros and float16 scales [groups, out], and the float32 values."""
    most = 2**bits - 1
    groups = group_of.max() + 1
    scales = np.zeros((groups, len(weight)), np.float16)
    zeros = np.zeros((groups, len(weight)), np.int64)
    for group in range(groups):
        part = weight[:, group_of == group]
        low, high = np.minimum(part.min(1), 0), np.maximum(part.max(1), 0)
        if symmetric:
            high = np.maximum(-low, high)
            low = -high
        scales[group] = (high - low) / most
        zeros[group] = most // 2 + 1 if symmetric else np.clip(np.round(-low / scales[group].astype(np.float32)), zero_least, most)
    scale, zero = scales[group_of].T.astype(np.float32), zeros[group_of].T
    q = np.clip(np.round(weight / scale) + zero, 0, most).astype(np.int64)
    return q, zeros, scales, scale * (q - zero).astype(np.float32)


def gptq_layer(weight, settings, random):
    bits, inputs = settings["bits"], weight.shape[1]
    size = inputs if settings["group_size"] == -1 else settings["group_size"]
    group_of = np.arange(inputs) // size
    if settings["desc_act"]:
        group_of = group_of[random.permutation(inputs)]
    second = settings.get("checkpoint_format") == "gptq_v2"
    q, zeros, scales, values = in_groups(weight, bits, group_of, settings["sym"], 0 if second else 1)
    tensors = {"qweight": torch.from_numpy(np.ascontiguousarray(packed(q, bits).T)),
               "qzeros": torch.from_numpy(packed(zeros if second else zeros - 1, bits)),
               "scales": torch.from_numpy(scales)}
    if "file" not in settings:
        tensors["g_idx"] = torch.from_numpy(group_of.astype(np.int32))
    return tensors, values


def awq_layer(weight, settings, _):
    size = settings.get("group_size", settings.get("q_group_size"))
    group_of = np.arange(weight.shape[1]) // (weight.shape[1] if size == -1 else size)
    q, zeros, scales, values = in_groups(weight, 4, group_of, False, 0)
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    words = [packed(rows.reshape(len(rows), -1, 8)[:, :, order].reshape(len(rows), -1), 4) for rows in (q.T, zeros)]
    return {"qweight": torch.from_numpy(words[0]), "qzeros": torch.from_numpy(words[1]), "scales": torch.from_numpy(scales)}, values


def int8_layer(weight, *_):
    q, greatest, _ = bnb.int8_vectorwise_quant(torch.from_numpy(weight).half())
    values = q.float() * greatest[:, None] * np.float32(1 / 127)
    return {"weight": q, "SCB": greatest, "weight_format": torch.tensor(0, dtype=torch.uint8)}, values.numpy()


def four_bit_layer(weight, settings, _):
    q, state = bnb.quantize_4bit(torch.from_numpy(weight), blocksize=64, quant_type=settings["bnb_4bit_quant_type"],
                                 compress_statistics=settings.get("bnb_4bit_use_double_quant", False))
    tensors = {"weight": q, **{f"weight.{key}": value for key, value in state.as_dict(packed=True).items()}}
    nibbles = np.stack([q.numpy().ravel() >> 4, q.numpy().ravel() & 15], -1).ravel()[:weight.size]
    scales = state.absmax.numpy()
    if state.nested:
        scales = state.state2.code.numpy()[scales] * np.repeat(state.state2.absmax.numpy(), 256)[:len(scales)] + np.float32(state.offset)
    values = state.code.numpy()[nibbles] * np.repeat(scales, 64)[:weight.size]
    values = values.reshape(weight.shape)
    # Not dequantize_4bit: its kernel for CPUs takes wrong scales where a row is not whole blocks.
    absmax = bnb.dequantize_blockwise(state.absmax, state.state2) + state.offset if state.nested else state.absmax
    theirs = _dequantize_4bit_compute(q.reshape(-1), absmax, state.code, 64, weight.shape, torch.float32).numpy()
    assert np.abs(values - theirs).max() < 1e-6
    return tensors, values


LAYERS = {"gptq": gptq_layer, "awq": awq_layer, "load_in_8bit": int8_layer, "load_in_4bit": four_bit_layer}


def kind_of(settings):
    if settings["quant_method"] != "bitsandbytes":
        return settings["quant_method"]
    return "load_in_8bit" if settings["load_in_8bit"] else "load_in_4bit"


def module(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def check_with_libraries(packages, settings, tensors, values):
    """The libraries' own float16 weights of a layer, against ours rounded to float16."""
    kind, inputs = kind_of(settings), values.shape[1]
    if kind == "awq":
        size = settings.get("group_size", settings.get("q_group_size"))
        theirs = module(packages / "awq/utils/packing_utils.py", "packing").dequantize_gemm(
            tensors["qweight"], tensors["qzeros"], tensors["scales"], 4, inputs if size == -1 else size).T
    elif kind == "gptq" and settings.get("checkpoint_format") != "gptq_v2":
        linear = module(packages / "auto_gptq/nn_modules/qlinear/qlinear_cuda.py", "qlinear").QuantLinear(
            settings["bits"], settings["group_size"], inputs, len(values), False)
        for name, tensor in tensors.items():
            setattr(linear, name, tensor)
        theirs = linear(torch.eye(inputs).half()).T
    else:
        return False
    assert torch.equal(theirs.half(), torch.from_numpy(values).half()), settings
    return True


def is_linear(name, tensor, settings):
    left = settings.get("modules_to_not_convert") or []
    return tensor.dim() == 2 and not any(part in name for part in ("embed", "wte", "wpe", "lm_head", *left))


def try_to_make(name, packages, seed):
    model, settings = VARIANTS[name]
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    content = {"vocab_size": 0, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2, **model}
    generator, random = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as plain:
        plain = pathlib.Path(plain)
        (plain / "config.json").write_text(json.dumps(content))
        config = transformers.AutoConfig.from_pretrained(plain)
        weights = families.weights_of(config, generator)
        stored, values, checked = {}, {}, []
        for key, tensor in weights.items():
            if not is_linear(key, tensor, settings):
                stored[key], values[key] = tensor, tensor.float()
                continue
            layer = key.removesuffix(".weight")
            matrix = tensor.float().numpy()
            if config.model_type == "gpt2":  # [in, out]
                matrix = np.ascontiguousarray(matrix.T)
            tensors, floats = LAYERS[kind_of(settings)](matrix, settings, random)
            if packages is not None:
                checked.append(check_with_libraries(packages, settings, tensors, floats))
            stored.update({f"{layer}.{part}": value.contiguous() for part, value in tensors.items()})
            values[key] = torch.from_numpy(np.ascontiguousarray(floats.T if config.model_type == "gpt2" else floats))
        save_file(values, plain / "model.safetensors", metadata={"format": "pt"})
        sequences = [torch.randint(3, config.vocab_size, (length,), generator=generator).tolist() for length in families.LENGTHS]
        exact, rounded = families.load(plain, torch.float32), families.load(plain, torch.bfloat16)
        if not families.store_expected(folder, config.vocab_size, sequences, lambda tokens: families.logits_of(exact, tokens),
                                       lambda tokens: families.logits_of(rounded, tokens)):
            return False
    settings = dict(settings)
    own_file = settings.pop("file", None)
    file = folder / ("gptq_model-4bit--1g.safetensors" if own_file == "quantize_config.json" else "model.safetensors")
    save_file(stored, file, metadata={"format": "pt"})
    file.chmod(0o644)
    if own_file is None:
        content["quantization_config"] = settings
    else:
        del settings["quant_method"]
        (folder / own_file).write_text(json.dumps(settings, indent=2) + "\n")
    (folder / "config.json").write_text(json.dumps(content, indent=2) + "\n")
    print(f"{name}: seed {seed}, {sum(checked)} layers unpacked by the library as well", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=pathlib.Path)
    parser.add_argument("variants", nargs="*", metavar="VARIANT")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    for seed, name in enumerate(VARIANTS, 1):
        if arguments.variants and name not in arguments.variants:
            continue
        assert any(try_to_make(name, arguments.packages, seed + 1000 * attempt) for attempt in range(20)), name


if __name__ == "__main__":
    main()
