#!/usr/bin/env python3
"""Makes families/chatglm_6b*/: tiny random checkpoints in ChatGLM-6B's form, with logits and greedy outputs.

    ENVIRONMENT/bin/python tests/golden/make_chatglm_6b.py [VARIANT...]

in the environment of make_families.py. The model is no part of transformers. What is computed here is written down from the papers (GLM,
Du et al. 2022; GLM-130B, Zeng et al. 2022) and from what the checkpoints were trained with: frequencies of 16 bits, GELU by tanh, the
normalized stream times the root of twice the layers. Tensors have the names that the published folders have.
"""

import json
import math
import sys

import torch
from make_families import FOLDER, draw, store_expected, store_weights

LENGTHS = [2, 7, 64, 150, 300]
PREFIXES = [1, 6, 63, 100, 210]  # tokens before the one that begins the answer
BASE = {"model_type": "chatglm", "architectures": ["ChatGLMModel"], "hidden_size": 60, "inner_hidden_size": 94, "num_layers": 2,
        "num_attention_heads": 3, "vocab_size": 303, "max_sequence_length": 512, "layernorm_epsilon": 1e-5, "position_encoding_2d": True,
        "bos_token_id": 7, "eos_token_id": 1, "pad_token_id": 2, "gmask_token_id": 3}
VARIANTS = {
    "chatglm_6b": BASE,
    # As the first folders were: without a field for the mask, which lies three before the other token.
    "chatglm_6b_first": {**{key: value for key, value in BASE.items() if key not in ("gmask_token_id", "inner_hidden_size")},
                         "hidden_size": 40, "num_attention_heads": 2, "num_layers": 3, "vocab_size": 305, "bos_token_id": 9},
}


def weights_of(config, generator):
    hidden, vocabulary = config["hidden_size"], config["vocab_size"]
    inner = config.get("inner_hidden_size", 4 * hidden)
    weights = {"transformer.word_embeddings.weight": draw((vocabulary, hidden), 0.6, generator),
               "lm_head.weight": draw((vocabulary, hidden), 0.6, generator)}

    def linear(name, out, depth, gain=1.0):
        weights[name + ".weight"] = draw((out, depth), gain / math.sqrt(depth), generator)
        weights[name + ".bias"] = draw((out,), 0.25, generator)

    def norm(name):
        weights[name + ".weight"] = 1 + torch.randint(-63, 64, (hidden,), generator=generator) / 128
        weights[name + ".bias"] = draw((hidden,), 0.25, generator)

    norm("transformer.final_layernorm")
    for i in range(config["num_layers"]):
        layer = f"transformer.layers.{i}."
        norm(layer + "input_layernorm")
        linear(layer + "attention.query_key_value", 3 * hidden, hidden, 1.5)
        linear(layer + "attention.dense", hidden, hidden, 3.0)
        norm(layer + "post_attention_layernorm")
        linear(layer + "mlp.dense_h_to_4h", inner, hidden)
        linear(layer + "mlp.dense_4h_to_h", hidden, inner, 3.0)
    return weights


class Glm:
    """Of one type of numbers throughout, but for scores and the softmax over them."""

    def __init__(self, config, weights, dtype):
        self.config = config
        self.dtype = dtype
        self.weights = {name: tensor.to(dtype) for name, tensor in weights.items()}

    def linear(self, name, x):
        return torch.nn.functional.linear(x, self.weights[name + ".weight"], self.weights.get(name + ".bias"))

    def norm(self, name, x):
        return torch.nn.functional.layer_norm(x, x.shape[-1:], self.weights[name + ".weight"], self.weights[name + ".bias"],
                                              self.config["layernorm_epsilon"])

    def turn(self, x, positions):
        """x [tokens, heads, size]: each pair (x[i], x[i + size / 2]) turned by position × frequency i."""
        size = x.shape[-1]
        frequencies = (1.0 / 10000.0 ** (torch.arange(0, size, 2, dtype=torch.float32) / size)).half().float()
        angles = positions.float()[:, None] * frequencies
        cosines, sines = angles.cos().to(self.dtype)[:, None], angles.sin().to(self.dtype)[:, None]
        low, high = x[..., : size // 2], x[..., size // 2 :]
        return torch.cat((low * cosines - high * sines, high * cosines + low * sines), -1)

    def attention(self, name, x, first, second, seen):
        heads = self.config["num_attention_heads"]
        size = x.shape[-1] // heads
        mixed = self.linear(name + "query_key_value", x).view(len(x), heads, 3, size)
        queries, keys, values = mixed.unbind(2)

        def turned(part):
            halves = part.chunk(2, -1)
            return torch.cat((self.turn(halves[0], first), self.turn(halves[1], second)), -1)

        scores = torch.einsum("qhd,khd->hqk", turned(queries), turned(keys)).float() / math.sqrt(size)
        shares = scores.masked_fill(~seen, -math.inf).softmax(-1).to(self.dtype)
        return self.linear(name + "dense", torch.einsum("hqk,khd->qhd", shares, values).reshape(len(x), -1))

    @torch.inference_mode()
    def logits_of(self, tokens):
        begin = self.config["bos_token_id"]
        mask = self.config.get("gmask_token_id", begin - 3)
        prefix = tokens.index(begin)
        assert tokens.index(mask) == prefix - 1
        places = torch.arange(len(tokens))
        first = places.clamp(max=tokens.index(mask))
        second = (places - prefix + 1).clamp(min=0)
        seen = (places[None, :] <= places[:, None]) | (places[None, :] < prefix)
        alpha = math.sqrt(2 * self.config["num_layers"])
        h = self.weights["transformer.word_embeddings.weight"][torch.tensor(tokens)]
        for i in range(self.config["num_layers"]):
            layer = f"transformer.layers.{i}."
            n = self.norm(layer + "input_layernorm", h)
            h = n * alpha + self.attention(layer + "attention.", n, first, second, seen)
            n = self.norm(layer + "post_attention_layernorm", h)
            inner = torch.nn.functional.gelu(self.linear(layer + "mlp.dense_h_to_4h", n), approximate="tanh")
            h = n * alpha + self.linear(layer + "mlp.dense_4h_to_h", inner)
        return self.linear("lm_head", self.norm("transformer.final_layernorm", h)).float()


def try_to_make(name, config, seed):
    generator = torch.Generator().manual_seed(seed)
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    weights = weights_of(config, generator)
    for key, tensor in weights.items():
        assert torch.equal(tensor, tensor.bfloat16().float()) and torch.equal(tensor, tensor.half().float()), key
    store_weights(folder, {key: tensor.bfloat16().contiguous() for key, tensor in weights.items()})
    begin = config["bos_token_id"]
    sequences = []
    for length, prefix in zip(LENGTHS, PREFIXES):
        tokens = torch.randint(begin + 1, config["vocab_size"], (length,), generator=generator).tolist()
        tokens[prefix - 1 : prefix + 1] = [config.get("gmask_token_id", begin - 3), begin]
        sequences.append(tokens)
    return store_expected(folder, config["vocab_size"], sequences, Glm(config, weights, torch.float32).logits_of,
                          Glm(config, weights, torch.bfloat16).logits_of)


def main():
    torch.set_num_threads(1)
    for seed, (name, config) in enumerate(VARIANTS.items(), 100):
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        assert any(try_to_make(name, config, seed + 1000 * attempt) for attempt in range(20)), name


if __name__ == "__main__":
    main()
