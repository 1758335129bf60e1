#!/usr/bin/env python3
"""Makes llama/<variant>/: tiny random Llama checkpoints, and the logits that `transformers` gives for them.

    pip install transformers==5.23.0 torch==2.15.0 safetensors==0.8.0 && python tests/golden/make_llama_golden.py

The weights are stored as bfloat16 and are multiples of a power of two below 256 times it, so that float16 and float32 hold the same
values. The logits are those of a float32 run on the CPU. expected.json also has the root-mean-square error of transformers' own
bfloat16 and float16 runs against it: what is fair to ask of another implementation.
"""

import json
import math
import pathlib

import torch
import transformers
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).with_name("llama")
# One shorter than a cache block of 64 tokens, one that fills it exactly, one that crosses into the third.
LENGTHS = [7, 64, 150]
POSITIONS = [[0, 6], [31, 63], [63, 64, 100, 127, 128, 149]]
ENTRIES = 24  # of the vocabulary, evenly spaced

BASE = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "vocab_size": 160,
    "tie_word_embeddings": True,
    "attention_bias": False,
    "mlp_bias": False,
}
SCALED = {"hidden_size": 32, "intermediate_size": 48, "num_key_value_heads": 1}
VARIANTS = {
    "multi_head": {"num_attention_heads": 4, "num_key_value_heads": 4, "vocab_size": 300},
    "grouped_query": {"num_attention_heads": 6, "num_key_value_heads": 2, "hidden_size": 48, "intermediate_size": 64},
    "multi_query": {"num_attention_heads": 8, "num_key_value_heads": 1},
    # Heads wider than hidden_size / num_attention_heads; not a multiple of a kernel's step.
    "wide_heads": {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 24},
    "odd_heads": {"hidden_size": 36, "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 20},
    # 20 heads share their keys: no whole number of tokens fills the kernels' 32 query rows.
    "many_heads": {"hidden_size": 40, "num_attention_heads": 20, "num_key_value_heads": 1, "head_dim": 4},
    "untied_head": {"tie_word_embeddings": False, "vocab_size": 270},
    "biases": {"attention_bias": True, "mlp_bias": True, "num_key_value_heads": 1},
    "uneven_sizes": {"hidden_size": 38, "intermediate_size": 51, "num_attention_heads": 2, "head_dim": 18, "vocab_size": 201},
    # An epsilon that is felt, and another base, under the key of newer files.
    "base": {**SCALED, "rms_norm_eps": 0.125, "rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": 300.0}},
    "linear": {**SCALED, "rope_scaling": {"type": "linear", "factor": 2.5}},
    "dynamic": {**SCALED, "rope_scaling": {"rope_type": "dynamic", "factor": 4.0}},
    # 8 frequencies, some on either side of the passage and two within it.
    "llama3": {
        **SCALED,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
    },
    "yarn": {
        **SCALED,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
    },
    "yarn_settings": {
        **SCALED,
        "rope_theta": None,
        "rope_parameters": {
            "rope_type": "yarn",
            "rope_theta": 2000.0,
            "factor": 8.0,
            "original_max_position_embeddings": 128,
            # The passage is between the frequencies 1.7 and 3.9 of 8, whole numbers around which would be felt.
            "beta_fast": 4.0,
            "beta_slow": 0.5,
            "mscale": 1.5,
            "mscale_all_dim": 0.5,
            "truncate": False,
        },
    },
}


def draw(shape, scale, generator):
    """Normal values of about this scale, with at most 8 significant bits."""
    step = 2.0 ** (math.floor(math.log2(scale)) - 6)
    return torch.randn(shape, generator=generator).mul(scale / step).round().clamp(-255, 255).mul(step)


def weights_of(config, generator):
    """Weights that make every part felt: attention far from uniform, logits some units wide."""
    model = transformers.LlamaForCausalLM(config)
    weights = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        if name.endswith("norm.weight"):
            weights[name] = 1 + torch.randint(-63, 64, tensor.shape, generator=generator) / 128
        elif name.endswith(".bias"):
            weights[name] = draw(tensor.shape, 0.5, generator)
        elif "embed_tokens" in name or "lm_head" in name:
            weights[name] = draw(tensor.shape, 0.6, generator)
        elif "q_proj" in name or "k_proj" in name:
            weights[name] = draw(tensor.shape, 1.5 / math.sqrt(tensor.shape[1]), generator)
        else:
            weights[name] = draw(tensor.shape, 1.0 / math.sqrt(tensor.shape[1]), generator)
    for name, tensor in weights.items():
        assert torch.equal(tensor, tensor.bfloat16().float()) and torch.equal(tensor, tensor.half().float()), name
    return {name: tensor.bfloat16().contiguous() for name, tensor in weights.items()}


@torch.inference_mode()
def logits_of(folder, dtype, sequences):
    model = transformers.LlamaForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()
    return [model(torch.tensor([tokens])).logits[0].float() for tokens in sequences]


def rms(values):
    return float(torch.cat([value.flatten() for value in values]).double().square().mean().sqrt())


def number(value):
    return float(f"{float(value):.9g}")  # all of a float32


def make(name, settings, seed):
    generator = torch.Generator().manual_seed(seed)
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    content = {key: value for key, value in {**BASE, **settings}.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(content, indent=2) + "\n")
    config = transformers.LlamaConfig.from_pretrained(folder)
    save_file(weights_of(config, generator), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    assert (folder / "model.safetensors").stat().st_size < 80_000, name

    vocabulary = config.vocab_size
    sequences = [torch.randint(vocabulary, (length,), generator=generator).tolist() for length in LENGTHS]
    exact = logits_of(folder, torch.float32, sequences)
    entries = [i * (vocabulary - 1) // (ENTRIES - 1) for i in range(ENTRIES)]
    expected = {"entries": entries, "spread": number(rms([value - value.mean(-1, keepdim=True) for value in exact]))}
    for dtype in (torch.bfloat16, torch.float16):
        rounded = logits_of(folder, dtype, sequences)
        expected[f"{str(dtype).removeprefix('torch.')}_error"] = number(rms([a - b for a, b in zip(rounded, exact)]))
    expected["sequences"] = [
        {
            "token_ids": tokens,
            "rows": [
                {
                    "position": position,
                    "logits": [number(logits[position, entry]) for entry in entries],
                    "log_sum_exp": number(logits[position].double().logsumexp(-1)),
                }
                for position in positions
            ],
        }
        for tokens, positions, logits in zip(sequences, POSITIONS, exact)
    ]
    # A line a list of numbers.
    text = json.dumps(expected, indent=1)
    lines = []
    for line in text.split("\n"):
        if lines and line.strip().rstrip(",").lstrip("-")[:1].isdigit():
            lines[-1] += line.strip() + (" " if line.endswith(",") else "")
        else:
            lines.append(line)
    (folder / "expected.json").write_text("\n".join(lines) + "\n")
    assert json.loads("\n".join(lines)) == expected
    print(f"{name}: spread {expected['spread']:.3f}, bfloat16 {expected['bfloat16_error']:.4f}, float16 {expected['float16_error']:.5f}")


def main():
    torch.set_num_threads(1)
    for seed, (name, settings) in enumerate(VARIANTS.items(), 1):
        make(name, settings, seed)


if __name__ == "__main__":
    main()
