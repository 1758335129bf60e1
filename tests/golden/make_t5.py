#!/usr/bin/env python3
"""Makes families/t5*/: tiny random encoder-decoders of the T5 family, with the logits and greedy outputs of `transformers`.

    ENVIRONMENT/bin/python tests/golden/make_t5.py [VARIANT...]

make_families.py says how to make the environment (here with sentencepiece==0.2.1 and protobuf as well), how weights are stored and which
greedy outputs are kept. A sequence has a prompt, for the encoder, and the tokens that the decoder has read, its start token first. The
folder t5_gated has a tokenizer of its own, with the token ids that transformers gives for some texts, and answers to our sample data as
INSTRUCTEVAL asks for them: BBH's texts, and HHH's log-likelihoods of A and B.
"""

import json
import math
import os
import pathlib
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import sentencepiece
import torch
import transformers
from safetensors.torch import save_file

from make_families import FOLDER, draw, lines_of, number, rms
from make_prompts_golden import SAMPLE, bbh, hhh

PROMPTS = [1, 7, 64, 150, 300]  # tokens
OUTPUTS = [1, 3, 20, 70, 150]
POSITIONS = [[0], [0, 2], [10, 19], [31, 63, 69], [20, 64, 128, 149]]
GENERATED = 16  # tokens behind each sequence but the longest
ENTRIES = 24  # of the vocabulary, evenly spaced

T5 = {"model_type": "t5", "vocab_size": 270, "d_model": 40, "d_kv": 12, "d_ff": 70, "num_layers": 2, "num_heads": 3,
      "feed_forward_proj": "relu"}
GATED = {**T5, "vocab_size": 271, "d_model": 36, "d_kv": 20, "d_ff": 44, "num_heads": 2, "num_decoder_layers": 3, "feed_forward_proj": "gated-gelu",
         "tie_word_embeddings": False}
VARIANTS = {
    "t5": T5,  # 1.0, whose files lack the greatest distance
    "t5_gated": {**GATED, "relative_attention_num_buckets": 14, "relative_attention_max_distance": 90},  # 1.1, Flan, T0
    # What the feed-forward layer has inside is beyond float16.
    "t5_wide_range": {**GATED, "feed_forward_proj": "gated-silu", "d_kv": 8, "num_heads": 5, "num_decoder_layers": 1},
    "t5_mt5": {**GATED, "model_type": "mt5", "vocab_size": 277, "d_kv": 12, "num_heads": 3, "num_layers": 1},
    "t5_umt5": {**GATED, "model_type": "umt5", "vocab_size": 279},
}

TEXTS = ["", "A", " A", "The answer is (B).", "A. It acts only between planets.\nB. It decreases.\nAnswer:",
         "  two  spaces ", "def add(a, b):\n    return a + b\n", "Zwölf Äpfel, 7 pears & 3.5 kg 苹果 🍎", "<extra_id_0> and </s> within", "tab\tand\x07bell"]


def weights_of(model, settings, generator):
    """Weights that make every part felt."""
    tied = settings.get("tie_word_embeddings", True)
    wide = 256.0 if settings["feed_forward_proj"] == "gated-silu" else 1.0
    weights = {}
    for name, tensor in model.state_dict().items():
        if "embed_tokens" in name or (tied and name == "lm_head.weight"):
            continue
        if "norm" in name:
            weights[name] = torch.randint(-63, 64, tensor.shape, generator=generator) / 128 + 1
        elif "relative_attention_bias" in name:
            weights[name] = draw(tensor.shape, 1.0, generator)
        elif name in ("shared.weight", "lm_head.weight"):
            weights[name] = draw(tensor.shape, 2.0 if tied else 0.6, generator)
        else:
            scale = 0.9 if name.endswith((".q.weight", ".k.weight")) else 1.0
            scale *= wide if ".wi" in name else wide**-2 if ".wo." in name else 1
            weights[name] = draw(tensor.shape, scale / math.sqrt(tensor.shape[1]), generator)
    for name, tensor in weights.items():
        assert torch.equal(tensor, tensor.bfloat16().float()) and (wide > 1 or torch.equal(tensor, tensor.half().float())), name
    if settings["model_type"] == "mt5":  # as files have it that were saved without shared tensors
        weights["encoder.embed_tokens.weight"] = weights.pop("shared.weight")
    return {name: tensor.bfloat16().contiguous() for name, tensor in weights.items()}


def load(folder, dtype):
    model, report = transformers.AutoModelForSeq2SeqLM.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"] and not report["mismatched_keys"], report
    return model.eval()


@torch.inference_mode()
def logits_of(model, prompt, tokens):
    return model(input_ids=torch.tensor([prompt]), decoder_input_ids=torch.tensor([tokens]), use_cache=False).logits[0].float()


def greedy(model, prompt, tokens, least_gap):
    """None where a choice is close."""
    generated = []
    for _ in range(GENERATED):
        best = logits_of(model, prompt, tokens + generated)[-1].topk(2)
        if best.values[0] - best.values[1] < least_gap:
            return None
        generated.append(int(best.indices[0]))
    return generated


@torch.inference_mode()
def make_answers(folder, model, tokenizer, least_gap):
    generated = {}
    for item, prompt in bbh(SAMPLE / "bbh").items():
        result = model.generate(**tokenizer(prompt, return_tensors="pt"), max_length=32, do_sample=False, num_beams=1, use_cache=False,
                                output_logits=True, return_dict_in_generate=True)
        best = [logits[0].topk(2).values for logits in result.logits]
        if min(float(values[0] - values[1]) for values in best) > least_gap:
            generated[item] = tokenizer.decode(result.sequences[0], skip_special_tokens=True)
    letters = [tokenizer(letter, add_special_tokens=False)["input_ids"][0] for letter in "AB"]
    scored = {}
    for item, prompt in hhh(SAMPLE / "hhh").items():
        values = logits_of(model, tokenizer(prompt)["input_ids"], [0])[0].double().log_softmax(-1)
        scored.setdefault(item.split("#")[0], []).extend(number(values[letter]) for letter in letters)
    assert len(generated) > 20 and len(set(generated.values())) > 10 and letters[0] != letters[1]
    (folder / "answers.json").write_text(json.dumps({"bbh": generated, "hhh": scored}, indent=1, ensure_ascii=False) + "\n")


def make_tokenizer(folder):
    """A unigram tokenizer as T5's are, trained on this repository's own prose."""
    root = pathlib.Path(__file__).parent.parent.parent
    with tempfile.TemporaryDirectory() as scratch:
        text = pathlib.Path(scratch) / "text"
        text.write_text((root / "LICENSE").read_text())
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=scratch + "/spiece", vocab_size=240, model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
            normalization_rule_name="identity", character_coverage=1.0, num_threads=1, minloglevel=2)
        slow = transformers.T5Tokenizer.from_pretrained(scratch, vocab_file=scratch + "/spiece.model", extra_ids=10)
        slow.save_pretrained(scratch + "/saved")
        (folder / "tokenizer.json").write_bytes((pathlib.Path(scratch) / "saved" / "tokenizer.json").read_bytes())
        tokenizer = transformers.AutoTokenizer.from_pretrained(scratch + "/saved")
    entries = []
    for text in TEXTS:
        ids = tokenizer(text)["input_ids"]
        entries.append({"text": text, "token_ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    (folder / "tokenizer_expected.json").write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")
    return tokenizer


def try_to_make(name, settings, seed):
    generator = torch.Generator().manual_seed(seed)
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    content = {"is_encoder_decoder": True, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1, **settings}
    (folder / "config.json").write_text(json.dumps(content, indent=2) + "\n")
    config = transformers.AutoConfig.from_pretrained(folder)
    weights = weights_of(transformers.AutoModelForSeq2SeqLM.from_config(config), settings, generator)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    assert (folder / "model.safetensors").stat().st_size < 200_000, name

    vocabulary = settings["vocab_size"]
    draw_tokens = lambda length: torch.randint(3, vocabulary, (length,), generator=generator).tolist()
    prompts = [draw_tokens(length) for length in PROMPTS]
    outputs = [[0] + draw_tokens(length - 1) for length in OUTPUTS]
    model = load(folder, torch.float32)
    exact = [logits_of(model, *pair) for pair in zip(prompts, outputs)]
    spread = rms([value - value.mean(-1, keepdim=True) for value in exact])
    generated = [greedy(model, prompt, tokens, 2e-3 * spread) for prompt, tokens in zip(prompts[:-1], outputs)]
    if None in generated:
        return False
    rounded = load(folder, torch.bfloat16)
    error = rms([logits_of(rounded, prompt, tokens) - value for prompt, tokens, value in zip(prompts, outputs, exact)])
    entries = [i * (vocabulary - 1) // (ENTRIES - 1) for i in range(ENTRIES)]
    expected = {"entries": entries, "spread": number(spread), "bfloat16_error": number(error), "sequences": []}
    for prompt, tokens, positions, logits, output in zip(prompts, outputs, POSITIONS, exact, generated + [[]]):
        rows = [{"position": p, "logits": [number(logits[p, entry]) for entry in entries],
                 "log_sum_exp": number(logits[p].double().logsumexp(-1))} for p in positions]
        expected["sequences"].append({"prompt": prompt, "token_ids": tokens, "greedy": output, "rows": rows})
    (folder / "expected.json").write_text(lines_of(expected))
    if name == "t5_gated":
        make_answers(folder, model, make_tokenizer(folder), 2e-3 * spread)
    print(f"{name}: seed {seed}, spread {spread:.3f}, bfloat16 {error:.4f}", flush=True)
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
