#!/usr/bin/env python3
"""Makes families/<variant>/: tiny random checkpoints of every decoder family, with the logits and greedy outputs of `transformers`.

    python3 -m venv ENVIRONMENT
    ENVIRONMENT/bin/pip install transformers==5.24.0 torch==2.15.0 safetensors==0.8.0
    ENVIRONMENT/bin/python tests/golden/make_families.py [VARIANT...]

(tests/bench makes an environment that serves as well: environments/huggingface of its cache.) Sizes are odd on purpose: heads that are no
multiple of a vector, different numbers of key heads, windows shorter than the prompts, vocabularies that are no multiple of 64. Weights are
stored as bfloat16 that float16 and float32 hold exactly; logits are those of a float32 run on the CPU. A greedy output is kept only where
every token's logit is clear of the next one's.
"""

import json
import math
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from safetensors.torch import load_file, save_file

FOLDER = pathlib.Path(__file__).with_name("families")
LENGTHS = [1, 7, 64, 150, 300]
POSITIONS = [[0], [0, 6], [31, 63], [63, 64, 100, 149], [20, 128, 200, 255, 256, 299]]
GENERATED = 16  # tokens behind each prompt but the longest
ENTRIES = 24  # of the vocabulary, evenly spaced

LLAMA = {"hidden_size": 36, "intermediate_size": 51, "num_hidden_layers": 2, "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 12,
         "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False}
NEOX = {"model_type": "gpt_neox", "hidden_size": 40, "intermediate_size": 72, "num_hidden_layers": 2, "num_attention_heads": 5,
        "max_position_embeddings": 512, "rotary_pct": 0.25, "rotary_emb_base": 10000, "hidden_act": "gelu", "vocab_size": 273}
GPT2 = {"model_type": "gpt2", "n_embd": 42, "n_layer": 2, "n_head": 3, "n_positions": 320, "vocab_size": 271}
GPTJ = {"model_type": "gptj", "n_embd": 40, "n_layer": 2, "n_head": 2, "n_positions": 512, "rotary_dim": 8, "vocab_size": 267,
        "tie_word_embeddings": False}
CODEGEN = {"model_type": "codegen", "n_embd": 48, "n_layer": 2, "n_head": 4, "n_positions": 512, "n_ctx": 512, "rotary_dim": 8,
           "vocab_size": 275, "tie_word_embeddings": False}
BIGCODE = {"model_type": "gpt_bigcode", "n_embd": 42, "n_layer": 2, "n_head": 3, "n_positions": 320, "vocab_size": 269}
OPT = {"model_type": "opt", "hidden_size": 40, "ffn_dim": 70, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 320,
       "word_embed_proj_dim": 40, "vocab_size": 277}
BLOOM = {"model_type": "bloom", "hidden_size": 40, "n_layer": 2, "n_head": 4, "vocab_size": 279}
MPT = {"model_type": "mpt", "d_model": 40, "n_layers": 2, "n_heads": 4, "max_seq_len": 512, "expansion_ratio": 4, "vocab_size": 281}
FALCON = {"model_type": "falcon", "hidden_size": 40, "num_hidden_layers": 2, "num_attention_heads": 5, "vocab_size": 283,
          "max_position_embeddings": 512, "multi_query": True, "parallel_attn": True, "bias": False, "alibi": False,
          "new_decoder_architecture": False}
PHI = {"model_type": "phi", "hidden_size": 40, "intermediate_size": 66, "num_hidden_layers": 2, "num_attention_heads": 2,
       "max_position_embeddings": 512, "partial_rotary_factor": 0.4, "vocab_size": 263}
GEMMA = {**LLAMA, "vocab_size": 285, "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": True, "head_dim": 20}
RWKV = {"model_type": "rwkv", "hidden_size": 40, "intermediate_size": 75, "num_hidden_layers": 4, "context_length": 512, "rescale_every": 2,
        "vocab_size": 307}
GLM = {**LLAMA, "model_type": "glm", "vocab_size": 293, "head_dim": 24, "attention_bias": True, "partial_rotary_factor": 0.5}

VARIANTS = {
    "gpt_neox_parallel": NEOX,
    "gpt_neox_sequential": {**NEOX, "use_parallel_residual": False, "rotary_pct": 1.0},
    "gpt_neox_tanh": {**NEOX, "hidden_act": "gelu_fast", "attention_bias": False, "num_attention_heads": 2, "rotary_pct": 0.4,
                      "rotary_emb_base": 500},
    "gpt2": GPT2,
    "gpt2_inner": {**GPT2, "n_inner": 53, "activation_function": "relu", "scale_attn_weights": False, "n_head": 7},
    "gptj": GPTJ,
    "gptj_all_rotated": {**GPTJ, "n_head": 5, "rotary_dim": 8, "n_inner": 65},
    "codegen": CODEGEN,
    "codegen_more_heads": {**CODEGEN, "n_embd": 64, "n_head": 8, "rotary_dim": 4, "n_layer": 1},
    "gpt_bigcode": BIGCODE,
    "gpt_bigcode_multi_head": {**BIGCODE, "multi_query": False, "n_inner": 61, "activation_function": "gelu"},
    "opt": OPT,
    "opt_norm_behind": {**OPT, "do_layer_norm_before": False, "word_embed_proj_dim": 24},
    "opt_no_biases": {**OPT, "enable_bias": False, "layer_norm_elementwise_affine": False, "num_attention_heads": 4},
    "bloom": BLOOM,
    "bloom_odd_heads": {**BLOOM, "hidden_size": 42, "n_head": 6},
    "bloom_normed_stream": {**BLOOM, "apply_residual_connection_post_layernorm": True},
    "mpt": MPT,
    "mpt_clipped": {**MPT, "n_heads": 5, "attn_config": {"clip_qkv": 0.75, "alibi": True, "softmax_scale": 0.4}},
    "falcon_7b": FALCON,
    "falcon_40b": {**FALCON, "new_decoder_architecture": True, "num_attention_heads": 4, "num_kv_heads": 2},
    "falcon_11b": {**FALCON, "new_decoder_architecture": True, "num_attention_heads": 4, "num_kv_heads": 2, "num_ln_in_parallel_attn": 1,
                   "tie_word_embeddings": False, "ffn_hidden_size": 90},
    "falcon_rw": {**FALCON, "alibi": True, "bias": True, "multi_query": False, "parallel_attn": False},
    "phi": PHI,
    "phi_normed_heads": {**PHI, "qk_layernorm": True, "num_key_value_heads": 1, "partial_rotary_factor": 0.5},
    "mistral": {**LLAMA, "model_type": "mistral", "vocab_size": 265, "sliding_window": 37},
    "mistral_no_window": {**LLAMA, "model_type": "mistral", "vocab_size": 265, "sliding_window": None},
    "qwen2": {**LLAMA, "model_type": "qwen2", "vocab_size": 287},
    "qwen2_window": {**LLAMA, "model_type": "qwen2", "vocab_size": 287, "num_hidden_layers": 3, "use_sliding_window": True,
                     "sliding_window": 64, "max_window_layers": 1, "tie_word_embeddings": True},
    "qwen3": {**LLAMA, "model_type": "qwen3", "vocab_size": 289, "head_dim": 20, "attention_bias": False},
    "smollm3": {**LLAMA, "model_type": "smollm3", "vocab_size": 291, "num_hidden_layers": 4, "intermediate_size": 33},
    "gemma": {**GEMMA, "model_type": "gemma"},
    "gemma2": {**GEMMA, "model_type": "gemma2", "sliding_window": 37, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 6.0,
               "query_pre_attn_scalar": 15},
    "gemma3": {**GEMMA, "model_type": "gemma3_text", "sliding_window": 65, "num_hidden_layers": 3, "sliding_window_pattern": 3,
               "rope_theta": 50000.0, "rope_local_base_freq": 300.0, "query_pre_attn_scalar": 20,
               "rope_scaling": {"rope_type": "linear", "factor": 4.0}},
    "phi3": {**LLAMA, "model_type": "phi3", "vocab_size": 295, "sliding_window": 70},
    "stablelm": {**LLAMA, "model_type": "stablelm", "vocab_size": 297, "head_dim": 12, "partial_rotary_factor": 0.5, "use_qkv_bias": True,
                 "layer_norm_eps": 1e-5},
    "stablelm_parallel": {**LLAMA, "model_type": "stablelm", "vocab_size": 297, "partial_rotary_factor": 0.5, "use_parallel_residual": True},
    "starcoder2": {**LLAMA, "model_type": "starcoder2", "vocab_size": 299, "head_dim": 12, "hidden_act": "gelu_pytorch_tanh",
                   "sliding_window": 50, "tie_word_embeddings": True, "norm_epsilon": 1e-5},
    "glm": GLM,
    "chatglm2": GLM,  # the same computation; its own code is not part of transformers
    "moss": {**CODEGEN, "n_embd": 56, "n_head": 4, "rotary_dim": 10, "vocab_size": 301, "n_layer": 1},  # likewise
    "rwkv": RWKV,
    "rwkv_wide": {**RWKV, "attention_hidden_size": 44, "intermediate_size": 101, "rescale_every": 1, "num_hidden_layers": 3,
                  "vocab_size": 309},
    "rwkv_no_rescale": {**RWKV, "attention_hidden_size": 64, "hidden_size": 36, "intermediate_size": None, "num_hidden_layers": 2,
                        "rescale_every": 0, "tie_word_embeddings": True, "vocab_size": 311},
}

# Stored under the names of the bare model, as many older files are.
BARE = {"bloom_odd_heads": "transformer.", "gpt2_inner": "transformer.", "opt_no_biases": "model."}


def draw(shape, scale, generator):
    """Normal values of about this scale, with at most 8 significant bits."""
    step = 2.0 ** (math.floor(math.log2(scale)) - 6)
    return torch.randn(shape, generator=generator).mul(scale / step).round().clamp(-255, 255).mul(step)


def weights_of(config, generator):
    """Weights that make every part felt: attention far from uniform, logits some units wide."""
    model = transformers.AutoModelForCausalLM.from_config(config)
    tied = {name for name in ("lm_head.weight", "embed_out.weight", "head.weight") if config.tie_word_embeddings}
    weights = {}
    for name, tensor in model.state_dict().items():
        if name in tied:
            continue
        if "time_mix" in name:
            weights[name] = torch.randint(0, 129, tensor.shape, generator=generator) / 128
        elif "time_decay" in name:  # weights that halve in hundreds of tokens, to ones that are gone after two
            weights[name] = torch.randint(-96, 17, tensor.shape, generator=generator) / 16
        elif "time_first" in name:
            weights[name] = draw(tensor.shape, 1.0, generator)
        elif tensor.dim() == 1 and name.endswith(".weight"):
            weights[name] = torch.randint(-63, 64, tensor.shape, generator=generator) / 128
            if not config.model_type.startswith("gemma"):
                weights[name] += 1
        elif tensor.dim() == 1:
            weights[name] = draw(tensor.shape, 0.25, generator)
        elif name == "head.weight" or any(part in name for part in ("embed", "wte", "lm_head")):
            scale = 0.6 / math.sqrt(config.hidden_size) if config.model_type.startswith("gemma") else 0.6
            weights[name] = draw(tensor.shape, scale, generator)
        elif any(part in name for part in ("wpe", "positions")):
            weights[name] = draw(tensor.shape, 0.3, generator)
        else:
            depth = tensor.shape[0] if config.model_type == "gpt2" else tensor.shape[1]
            attends = any(part in name for part in ("q_proj", "k_proj", "qkv", "query_key_value", "c_attn", "attention.key"))
            weights[name] = draw(tensor.shape, (1.5 if attends else 1.0) / math.sqrt(depth), generator)
    for name, tensor in weights.items():
        assert torch.equal(tensor, tensor.bfloat16().float()) and torch.equal(tensor, tensor.half().float()), name
    if config.model_type == "gpt_neox" and config.use_parallel_residual:  # as all files of its time call it
        weights["embed_out.weight"] = weights.pop("lm_head.weight")
    return {name: tensor.bfloat16().contiguous() for name, tensor in weights.items()}


def rename_as_chatglm(folder, settings):
    """The folder as ChatGLM2's own code names it."""
    content = {"model_type": "chatglm", "padded_vocab_size": settings["vocab_size"], "hidden_size": settings["hidden_size"],
               "ffn_hidden_size": settings["intermediate_size"], "num_layers": settings["num_hidden_layers"],
               "num_attention_heads": settings["num_attention_heads"], "kv_channels": settings["head_dim"], "seq_length": 512,
               "layernorm_epsilon": settings["rms_norm_eps"], "rmsnorm": True, "post_layer_norm": True, "add_bias_linear": False,
               "add_qkv_bias": True, "multi_query_attention": True, "multi_query_group_num": settings["num_key_value_heads"],
               "apply_residual_connection_post_layernorm": False, "tie_word_embeddings": False, "eos_token_id": 1}
    (folder / "config.json").write_text(json.dumps(content, indent=2) + "\n")
    weights = load_file(folder / "model.safetensors")
    renamed = {"transformer.embedding.word_embeddings.weight": weights["model.embed_tokens.weight"],
               "transformer.encoder.final_layernorm.weight": weights["model.norm.weight"],
               "transformer.output_layer.weight": weights["lm_head.weight"]}
    for i in range(settings["num_hidden_layers"]):
        old, new = f"model.layers.{i}.", f"transformer.encoder.layers.{i}."
        for part in ("weight", "bias"):
            stacked = [weights[f"{old}self_attn.{name}_proj.{part}"] for name in "qkv"]
            renamed[f"{new}self_attention.query_key_value.{part}"] = torch.cat(stacked)
        for theirs, ours in (("self_attention.dense", "self_attn.o_proj"), ("mlp.dense_h_to_4h", "mlp.gate_up_proj"),
                             ("mlp.dense_4h_to_h", "mlp.down_proj"), ("input_layernorm", "input_layernorm"),
                             ("post_attention_layernorm", "post_attention_layernorm")):
            renamed[f"{new}{theirs}.weight"] = weights[f"{old}{ours}.weight"]
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def save_as_original(weights):
    """RWKV's weights as its author stores them."""
    names = {"rwkv.embeddings": "emb", "rwkv.": "", ".pre_ln.": ".ln0.", ".attention.": ".att.", ".feed_forward.": ".ffn.",
             "mix_key": "mix_k", "mix_value": "mix_v", "mix_receptance": "mix_r"}
    original = {}
    for name, tensor in weights.items():
        for theirs, ours in names.items():
            name = name.replace(theirs, ours)
        original[name] = tensor
    folder = FOLDER.with_name("rwkv_original")
    folder.mkdir(exist_ok=True)
    torch.save(original, folder / "RWKV-4-Tiny-ctx512.pth")


def load(folder, dtype):
    # The eager attention of this version's Falcon adds the linear biases twice.
    attention = "sdpa" if folder.name.startswith("falcon") else "eager"
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, attn_implementation=attention, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"] and not report["mismatched_keys"], report
    return model.eval()


@torch.inference_mode()
def logits_of(model, tokens):
    return model(torch.tensor([tokens]), use_cache=False).logits[0].float()


def rms(values):
    return float(torch.cat([value.flatten() for value in values]).double().square().mean().sqrt())


def number(value):
    return float(f"{float(value):.9g}")  # all of a float32


def lines_of(expected):
    """JSON with a line a list of numbers."""
    lines = []
    for line in json.dumps(expected, indent=1).split("\n"):
        if lines and line.strip().rstrip(",").lstrip("-")[:1].isdigit():
            lines[-1] += line.strip() + (" " if line.endswith(",") else "")
        else:
            lines.append(line)
    assert json.loads("\n".join(lines)) == expected
    return "\n".join(lines) + "\n"


def greedy(logits_of_tokens, tokens, least_gap):
    """None where a choice is close."""
    generated = []
    for _ in range(GENERATED):
        best = logits_of_tokens(tokens + generated)[-1].topk(2)
        if best.values[0] - best.values[1] < least_gap:
            return None
        generated.append(int(best.indices[0]))
    return generated


def store_weights(folder, weights):
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    assert (folder / "model.safetensors").stat().st_size < 200_000, folder.name


def store_expected(folder, vocabulary, sequences, exact_logits_of, rounded_logits_of):
    """expected.json, by two functions from token ids to logits. False where a greedy choice is close."""
    exact = [exact_logits_of(tokens) for tokens in sequences]
    spread = rms([value - value.mean(-1, keepdim=True) for value in exact])
    outputs = [greedy(exact_logits_of, tokens, 2e-3 * spread) for tokens in sequences[:-1]]
    if None in outputs:
        return False
    error = rms([rounded_logits_of(tokens) - value for tokens, value in zip(sequences, exact)])
    entries = [i * (vocabulary - 1) // (ENTRIES - 1) for i in range(ENTRIES)]
    expected = {"entries": entries, "spread": number(spread), "bfloat16_error": number(error), "sequences": []}
    for tokens, positions, logits, output in zip(sequences, POSITIONS, exact, outputs + [[]]):
        rows = [{"position": p, "logits": [number(logits[p, entry]) for entry in entries],
                 "log_sum_exp": number(logits[p].double().logsumexp(-1))} for p in positions]
        expected["sequences"].append({"token_ids": tokens, "greedy": output, "rows": rows})
    (folder / "expected.json").write_text(lines_of(expected))
    print(f"{folder.name}: spread {spread:.3f}, bfloat16 {error:.4f}", flush=True)
    return True


def try_to_make(name, settings, seed):
    generator = torch.Generator().manual_seed(seed)
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    content = {"vocab_size": 0, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2, **settings}
    (folder / "config.json").write_text(json.dumps(content, indent=2) + "\n")
    config = transformers.AutoConfig.from_pretrained(folder)
    weights = {key.removeprefix(BARE.get(name, "")): tensor for key, tensor in weights_of(config, generator).items()}
    store_weights(folder, weights)

    vocabulary = config.vocab_size
    sequences = [torch.randint(3, vocabulary, (length,), generator=generator).tolist() for length in LENGTHS]
    exact, rounded = load(folder, torch.float32), load(folder, torch.bfloat16)
    if not store_expected(folder, vocabulary, sequences, lambda tokens: logits_of(exact, tokens),
                          lambda tokens: logits_of(rounded, tokens)):
        return False
    if name == "chatglm2":
        rename_as_chatglm(folder, settings)
    if name == "rwkv":
        save_as_original(weights)
    if name == "moss":
        (folder / "config.json").write_text(json.dumps({**content, "model_type": "moss"}, indent=2) + "\n")
    return True


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    for seed, (name, settings) in enumerate(VARIANTS.items(), 1):
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        assert any(try_to_make(name, settings, seed + 1000 * attempt) for attempt in range(20)), name


if __name__ == "__main__":
    main()
