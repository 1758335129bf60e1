#!/usr/bin/env python3
"""Makes lora/<variant>/: adapters as peft writes them, on tiny bases, with the logits of peft's unmerged model in float32.

    ENVIRONMENT/bin/python tests/golden/make_lora.py [VARIANT...]     # the environment of make_quantized_folders.py, with peft==0.21.2

A base is lora/bases/<name> (config.json, model.safetensors), shared by variants, or a folder of families/ or quantized/: of that the
weights that it stands for, in float32. The matrices of an adapter are random and large enough that leaving any of them out, or scaling
it otherwise, is seen in the logits. The seeds of adapter_config_fuzz are made, too.
"""

import json
import os
import pathlib
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

import quantized_values

FOLDER = pathlib.Path(__file__).with_name("lora")
CORPUS = pathlib.Path(__file__).parents[1] / "fuzz/corpus/adapter_config_fuzz"

LLAMA = {"model_type": "llama", "vocab_size": 263, "hidden_size": 24, "intermediate_size": 34, "num_hidden_layers": 2,
         "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 8, "max_position_embeddings": 1024, "rms_norm_eps": 1e-5,
         "tie_word_embeddings": False, "attention_bias": True}
BASES = {
    "llama": LLAMA,
    "llama_tied": {**LLAMA, "tie_word_embeddings": True, "attention_bias": False},
    "gpt_neox": {"model_type": "gpt_neox", "vocab_size": 265, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2,
                 "num_attention_heads": 3, "max_position_embeddings": 128, "rotary_pct": 0.5, "hidden_act": "gelu",
                 "tie_word_embeddings": False},
    "gpt2": {"model_type": "gpt2", "vocab_size": 261, "n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 128},
    "gpt_bigcode": {"model_type": "gpt_bigcode", "vocab_size": 267, "n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 128},
    "phi3": {**LLAMA, "model_type": "phi3", "vocab_size": 269, "sliding_window": 16, "pad_token_id": 2},
    # Stored under the names of the bare model, as many older files are.
    "opt": {"model_type": "opt", "vocab_size": 271, "hidden_size": 24, "ffn_dim": 40, "num_hidden_layers": 2, "num_attention_heads": 2,
            "max_position_embeddings": 128, "word_embed_proj_dim": 24},
}
BARE = {"opt": "model."}
ATTENTION = ["q_proj", "v_proj"]
# Of each variant the base, and the settings of LoraConfig.
VARIANTS = {
    "llama": ("llama", {"target_modules": ATTENTION, "r": 4, "lora_alpha": 16}),
    "llama_all_linear": ("llama", {"target_modules": "all-linear", "r": 2, "lora_alpha": 3, "use_rslora": True}),
    "llama_patterns": ("llama", {"target_modules": r"model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(up|down)_proj)", "r": 3,
                                 "lora_alpha": 6, "rank_pattern": {r"layers\.1\.self_attn\.k_proj": 5, "up_proj": 2},
                                 "alpha_pattern": {r"0\.mlp\.up_proj": 7, "up_proj": 4, r"^model\.layers\.1\.mlp\.down_proj": 1}}),
    "llama_layers": ("llama", {"target_modules": ATTENTION, "layers_to_transform": [1], "layers_pattern": "layers", "r": 4}),
    "llama_saved": ("llama", {"target_modules": ATTENTION, "modules_to_save": ["embed_tokens", "lm_head"], "r": 4}),
    "llama_bias": ("llama", {"target_modules": ATTENTION, "bias": "all", "r": 4}),
    "llama_lora_only": ("llama", {"target_modules": ATTENTION, "bias": "lora_only", "r": 4}),
    "llama_lora_bias": ("llama", {"target_modules": ATTENTION, "lora_bias": True, "r": 4, "lora_alpha": 6}),
    "llama_dora": ("llama", {"target_modules": ["q_proj", "o_proj", "down_proj"], "use_dora": True, "r": 4}),
    "llama_embedding": ("llama", {"target_modules": ["embed_tokens", "lm_head", "up_proj"], "r": 4}),
    "llama_tied_embedding": ("llama_tied", {"target_modules": ["embed_tokens", "q_proj"], "r": 4}),
    "llama_tied_saved": ("llama_tied", {"target_modules": ATTENTION, "modules_to_save": ["embed_tokens"], "r": 4}),
    "llama_tied_head": ("llama_tied", {"target_modules": ATTENTION, "modules_to_save": ["lm_head"], "r": 4}),
    "llama_tied_kept": ("llama_tied", {"target_modules": ATTENTION, "modules_to_save": ["embed_tokens"], "ensure_weight_tying": True, "r": 4}),
    "gpt_neox": ("gpt_neox", {"target_modules": ["query_key_value", "dense_4h_to_h"], "r": 4}),
    "gpt2": ("gpt2", {"target_modules": ["c_attn", "c_proj", "c_fc"], "fan_in_fan_out": True, "r": 4}),
    "gpt_bigcode": ("gpt_bigcode", {"target_modules": ["c_attn", "c_proj"], "r": 4}),
    "phi3": ("phi3", {"target_modules": ["qkv_proj", "gate_up_proj"], "r": 4}),
    "opt": ("opt", {"target_modules": ["q_proj", "v_proj", "fc2"], "r": 4}),
    "gpt2_bias": ("gpt2", {"target_modules": ["c_attn"], "fan_in_fan_out": True, "bias": "lora_only", "r": 4}),
    "t5": ("families/t5", {"target_modules": ["q", "v"], "r": 4, "lora_alpha": 6}),
    "t5_all_linear": ("families/t5_gated", {"target_modules": "all-linear", "r": 3, "lora_alpha": 1, "use_rslora": True}),
    "t5_dora": ("families/t5_umt5", {"target_modules": ["k", "o", "wi_0", "wo"], "use_dora": True, "r": 4}),
    "t5_head": ("families/t5_gated", {"target_modules": r"decoder\..*\.EncDecAttention\.[qv]", "modules_to_save": ["lm_head"], "r": 4}),
    "t5_layers": ("families/t5_mt5", {"target_modules": ["q", "wi_1", "lm_head"], "layers_to_transform": [1], "layers_pattern": "block", "r": 4}),
    "gptq_groups": ("quantized/gptq_groups", {"target_modules": "all-linear", "r": 4}),
    "gptq_act_order": ("quantized/gptq_act_order", {"target_modules": ATTENTION, "r": 4}),
    "gptq_gpt2": ("quantized/gptq_gpt2", {"target_modules": ["c_attn", "c_proj"], "fan_in_fan_out": True, "r": 4}),
    "awq": ("quantized/awq", {"target_modules": ["q_proj", "up_proj", "down_proj"], "r": 4}),
    "bitsandbytes_int8": ("quantized/bitsandbytes_int8", {"target_modules": [*ATTENTION, "down_proj"], "r": 4}),
    "bitsandbytes_int8_gpt2": ("quantized/bitsandbytes_int8_gpt2", {"target_modules": ["c_attn"], "fan_in_fan_out": True, "r": 4}),
    # QLoRA: its adapters are of all linear layers.
    "bitsandbytes_nf4_nested": ("quantized/bitsandbytes_nf4_nested", {"target_modules": "all-linear", "r": 4, "lora_alpha": 16}),
    "bitsandbytes_fp4": ("quantized/bitsandbytes_fp4", {"target_modules": ["o_proj"], "use_dora": True, "r": 4}),
}


def draw(tensor, scale, generator):
    return (torch.randn(tensor.shape, generator=generator) * scale).bfloat16().to(tensor.dtype)


def make_base(name, settings, seed):
    folder = FOLDER / "bases" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = {"bos_token_id": 0, "eos_token_id": 1, **settings}
    (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
    config = transformers.AutoConfig.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_config(config)
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for key, tensor in model.state_dict().items():
        if config.tie_word_embeddings and key == "lm_head.weight":
            continue
        if tensor.dim() == 1:
            weights[key] = draw(tensor, 0.2, generator) + (1 if key.endswith("weight") else 0)
        else:
            weights[key] = draw(tensor, 0.7 if "embed" in key or "wte" in key else 0.25, generator)
    save_file({key.removeprefix(BARE.get(name, "")): tensor.bfloat16().contiguous() for key, tensor in weights.items()},
              folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def load(base):
    if base.parent.name == "quantized":
        return quantized_values.load(base)
    kind = transformers.AutoModelForSeq2SeqLM if base.name.startswith("t5") else transformers.AutoModelForCausalLM
    return kind.from_pretrained(base, dtype=torch.float32)


def make_variant(name, base, settings, seed):
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    generator = torch.Generator().manual_seed(seed)
    model = load(base)
    task = "SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM"
    model = peft.get_peft_model(model, peft.LoraConfig(task_type=task, **settings))
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            if "magnitude" in key:
                parameter.mul_(torch.rand(parameter.shape, generator=generator) + 0.5)
            elif "lora_" in key:
                parameter.copy_(draw(parameter, 0.3, generator))
            else:
                parameter.add_(draw(parameter, 0.2, generator))
    binary = name == "llama"  # the form of the first adapters
    model.save_pretrained(folder, safe_serialization=not binary)
    (folder / "README.md").unlink(missing_ok=True)
    settings = json.loads((folder / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = f"someone/{base.name}"
    if isinstance(settings["target_modules"], list):
        settings["target_modules"].sort()
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=2) + "\n")

    # From its files, on a fresh base, as users load it.
    fresh = load(base)
    vocabulary = fresh.config.vocab_size
    tokens = torch.randint(3, vocabulary, (1, 40), generator=generator)
    given, stored = {"input_ids": tokens}, {"token_ids": tokens[0].tolist()}
    if fresh.config.is_encoder_decoder:
        prompt = torch.randint(3, vocabulary, (1, 70), generator=generator)
        tokens[0, 0] = fresh.config.decoder_start_token_id
        given = {"input_ids": prompt, "decoder_input_ids": tokens}
        stored = {"prompt": prompt[0].tolist(), "token_ids": tokens[0].tolist()}
    with torch.inference_mode():
        plain = fresh(**given).logits[0]
        loaded = peft.PeftModel.from_pretrained(fresh, folder).eval()
        logits = loaded(**given).logits[0]
    assert torch.equal(logits, model.eval()(**given).logits[0]), name
    spread = float(plain.std())
    assert float((logits - plain).abs().mean()) > 0.2 * spread, name
    if fresh.config.is_encoder_decoder:  # whose rounding is much larger; merged in float32 as ours is
        with torch.inference_mode():
            rounded = loaded.merge_and_unload().bfloat16()(**given).logits[0].float()
        stored["bfloat16_error"] = float(f"{float((rounded - logits)[[0, 7, 39]].abs().max()) / spread:.3g}")
    expected = {"base": str(base.relative_to(FOLDER.parent)), **stored, "spread": spread, "positions": [0, 7, 39],
                "logits": [[float(f"{value:.9g}") for value in logits[position].tolist()] for position in (0, 7, 39)]}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    print(name, sorted(load_file(folder / "adapter_model.safetensors"))[:3] if not binary else "", flush=True)


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    bases = {}
    for seed, (name, settings) in enumerate(BASES.items(), 1):
        bases[name] = make_base(name, settings, seed)
    for seed, (name, (base, settings)) in enumerate(VARIANTS.items(), 100):
        if not sys.argv[1:] or name in sys.argv[1:]:
            make_variant(name, bases.get(base, FOLDER.parent / base), settings, seed)
    CORPUS.mkdir(parents=True, exist_ok=True)
    for name in ("llama_patterns", "llama_layers", "llama_saved"):
        shutil.copyfile(FOLDER / name / "adapter_config.json", CORPUS / name)
    for path in FOLDER.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    main()
