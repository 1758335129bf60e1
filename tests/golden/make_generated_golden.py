#!/usr/bin/env python3
"""Makes generated.json: what `transformers` writes with the tiny checkpoints of families/ and llama/, sampled, and for llama/ greedily too.

    ENVIRONMENT/bin/python tests/golden/make_generated_golden.py [VARIANT...]     (an environment as for make_families.py)

A sampled token is found among the probabilities that are left by transformers' own temperature, top-k and top-p, by our random numbers
(Philox4x32-10): laid side by side, in the order of their ids or, where some are left out, the most probable first. An output is kept only
where no random number comes close to the border of two tokens, and no border of what is left out is close. The prompts are the sequences of
expected.json, for llama/ the first so many tokens of all of them. With VARIANTs, those are made anew; else those that are not there.
"""

import json
import pathlib
import sys

import make_families
import make_t5
import torch
import transformers
from make_families import GENERATED, lines_of, logits_of
from transformers.generation import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

ROOT = pathlib.Path(__file__).parent
LLAMA_LENGTHS = [1, 7, 64, 150, 221]
SETTINGS = [{"temperature": 0.7, "top_k": 0, "top_p": 1.0}, {"temperature": 1.0, "top_k": 0, "top_p": 0.8},
            {"temperature": 1.5, "top_k": 9, "top_p": 1.0}, {"temperature": 1.2, "top_k": 40, "top_p": 0.9}]
KEY = 20
CLEAR = 1e-4
TRIES = 60
# Their code is not part of transformers.
LEFT_OUT = ("chatglm2", "chatglm_6b", "chatglm_6b_first", "moss")


def philox(counter, key):
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        low = 0xFFFFFFFF
        counter = [(second >> 32) ^ counter[1] ^ key[0], second & low, (first >> 32) ^ counter[3] ^ key[1], first & low]
        key = [(key[0] + 0x9E3779B9) & low, (key[1] + 0xBB67AE85) & low]
    return counter


def uniform(nonce, index):
    bits = philox([index, 0, nonce, 0], [KEY, 0])
    return ((bits[0] << 32 | bits[1]) >> 11) * 2.0**-53


def sample(logits, settings, number):
    """None where it is close."""
    scores = TemperatureLogitsWarper(settings["temperature"])(None, logits[None])
    everything = scores[0].double().softmax(-1).sort(descending=True).values
    if settings["top_k"]:
        k = settings["top_k"]
        if everything[k - 1] - everything[k] < CLEAR * everything[k]:
            return None
        scores = TopKLogitsWarper(k)(None, scores)
    if settings["top_p"] < 1:
        sums = scores[0].double().softmax(-1).sort(descending=True).values.cumsum(0)
        if (sums - settings["top_p"]).abs().min() < CLEAR:
            return None
        scores = TopPLogitsWarper(settings["top_p"])(None, scores)
    left = scores[0].double().softmax(-1)
    order = torch.arange(len(left)) if settings["top_k"] == 0 and settings["top_p"] == 1 else left.argsort(descending=True, stable=True)
    sums = left[order].cumsum(0)
    if (sums - number).abs().min() < CLEAR:
        return None
    return int(order[int((sums <= number).sum())])


def written(logits_behind, choose):
    """None where a choice is close."""
    tokens = []
    for index in range(GENERATED):
        token = choose(logits_behind(tokens), index)
        if token is None:
            return None
        tokens.append(token)
    return tokens


def sampled(logits_behind, place):
    # The borders of the first token are the same for every nonce, so that other settings may be needed.
    for offset in range(len(SETTINGS)):
        settings = SETTINGS[(place + offset) % len(SETTINGS)]
        for nonce in range(TRIES * place, TRIES * place + TRIES):
            tokens = written(logits_behind, lambda logits, index: sample(logits, settings, uniform(nonce, index)))
            if tokens is not None:
                return {**settings, "key": KEY, "nonce": nonce, "token_ids": tokens}
    raise AssertionError("each output has a close choice")


def greedily(logits_behind, least_gap):
    def choose(logits, _):
        best = logits.topk(2)
        return None if best.values[0] - best.values[1] < least_gap else int(best.indices[0])
    return written(logits_behind, choose)


def outputs_of(folder):
    expected = json.loads((folder / "expected.json").read_text())
    sequences = [sequence.get("prompt", sequence["token_ids"]) for sequence in expected["sequences"]]
    if folder.name.startswith("t5"):
        model = make_t5.load(folder, torch.float32)
        start = model.config.decoder_start_token_id
        return [{"prompt": prompt, "sampled": sampled(lambda tokens: make_t5.logits_of(model, prompt, [start] + tokens)[-1], place)}
                for place, prompt in enumerate(sequences)]
    model = make_families.load(folder, torch.float32)
    if folder.parent.name == "llama":
        everything = sum(reversed(sequences), [])
        sequences = [everything[:length] for length in LLAMA_LENGTHS]
    outputs = []
    for place, prompt in enumerate(sequences):
        def behind(tokens):
            return logits_of(model, prompt + tokens)[-1]
        output = {"prompt": prompt, "sampled": sampled(behind, place)}
        if folder.parent.name == "llama":
            output["greedy"] = greedily(behind, 2e-3 * expected["spread"])
        outputs.append(output)
    return outputs


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    golden = ROOT / "generated.json"
    found = json.loads(golden.read_text()) if golden.exists() else {}
    for kind in ("families", "llama"):
        for folder in sorted((ROOT / kind).iterdir()):
            name = f"{kind}/{folder.name}"
            if folder.name in LEFT_OUT or (folder.name not in sys.argv[1:] if sys.argv[1:] else name in found):
                continue
            found[name] = outputs_of(folder)
            close = sum(output.get("greedy", []) is None for output in found[name])
            print(name, f"{close} greedy outputs have a close choice" if close else "", flush=True)
            golden.write_text(lines_of({key: found[key] for key in sorted(found)}))


if __name__ == "__main__":
    main()
