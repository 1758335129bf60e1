#!/usr/bin/env python3
"""Compares runs with --precision llm-int8 with LLM.int8() as bitsandbytes computes it on a processor: letters and their log-likelihoods.

    PYTHON llm_int8_against_bitsandbytes.py MODEL MMLU [--limit N] [--every N] [--one-row N] [--dtype T] [--export FOLDER]

MODEL is a Hugging Face folder, MMLU the folder with dev/ and test/; PYTHON has torch, transformers and bitsandbytes 0.48 or later
(the environment of tests/golden/make_quantized_folders.py). A service of its own runs the first N questions of each subject (5), without
shots and by the protocol lm-eval, in float32 and in llm-int8. Their prompts are then asked of transformers' model in float16 with
load_in_8bit, as the library computes a whole prompt: a column with an outlier in any row is taken out for all rows. Of the first
--one-row prompts (4) it also computes token by token, so that each product has one row, which is what our llm-int8 does in any batch.
--every N asks it every Nth prompt only. --dtype float32 keeps all but the products of the layers in float32, as our runs keep the stream.
--export keeps the exported runs there, or takes them from there. The exit code is 1 where our letters differ from bitsandbytes' in more
than one of ten prompts.
"""

import argparse
import collections
import json
import math
import pathlib
import sys
import tempfile

import torch
import transformers

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from service import Service  # noqa: E402

LETTERS = "ABCD"
ALLOWED_SHARE = 0.1
PRECISIONS = ("float32", "llm-int8")


def run_ours(model, data, limit, folder):
    with Service(workers=1, threads=None) as service:
        service.run("dataset", "import", "mmlu", data.resolve())
        service.run("model", "add", "model", model.resolve())
        for precision in PRECISIONS:
            job = service.submit("--precision", precision, "--protocol", "lm-eval", "--shots", 0, "--limit", limit, model="model", benchmark="mmlu")
            service.run("watch", job, timeout=3600)
            service.run("export", job, "--format", "json", "--output", folder / precision)


def predictions_of(folder):
    """Prompts and log-likelihoods by the item."""
    found = {}
    for path in sorted(folder.rglob("predictions*.jsonl")):
        for prediction in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            found[prediction["item_id"]] = (prediction["prompt"], prediction["choice_loglikelihoods"])
    return found


@torch.inference_mode()
def at_once(model, ids):
    return model(torch.tensor([ids]), use_cache=False).logits[0, -1]


@torch.inference_mode()
def token_by_token(model, ids):
    cache = transformers.DynamicCache()
    for token in ids:
        output = model(torch.tensor([[token]]), past_key_values=cache, use_cache=True)
    return output.logits[0, -1]


def best(values):
    return max(range(len(values)), key=lambda i: values[i])


class Difference:
    """Of letters and log-likelihoods over prompts."""

    def __init__(self):
        self.prompts = self.same = 0
        self.squares = 0.0

    def add(self, one, other):
        self.prompts += 1
        self.same += best(one) == best(other)
        self.squares += sum((a - b) ** 2 for a, b in zip(one, other)) / len(one)

    def __str__(self):
        return (f"{self.same} of {self.prompts} letters are the same ({100 * self.same / self.prompts:.1f}%), log-likelihoods differ by "
                f"{math.sqrt(self.squares / self.prompts):.3f} (root mean square)")


def print_all(title, differences):
    print(f"{title}:", *(f"  {name}: {difference}" for name, difference in differences.items()), sep="\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("mmlu", type=pathlib.Path)
    parser.add_argument("--limit", type=int, default=5)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--one-row", type=int, default=4)
    parser.add_argument("--dtype", choices=("float16", "float32"), default="float16")
    parser.add_argument("--export", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.export or pathlib.Path(scratch)
        if not (folder / PRECISIONS[-1]).exists():
            run_ours(arguments.model, arguments.mmlu, arguments.limit, folder)
        exact, ours = (predictions_of(folder / precision) for precision in PRECISIONS)
    assert ours and exact.keys() == ours.keys()

    torch.set_num_threads(1)
    transformers.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
    letters = []
    for letter in LETTERS:
        ids = tokenizer(f" {letter}", add_special_tokens=False)["input_ids"]
        assert len(ids) == 1, f'" {letter}" is not one token of this model'
        letters += ids
    settings = transformers.BitsAndBytesConfig(load_in_8bit=True, llm_int8_threshold=6.0)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        arguments.model, dtype=getattr(torch, arguments.dtype), quantization_config=settings, device_map="cpu").eval()
    differences = collections.defaultdict(Difference)
    for place, (item, (prompt, our_values)) in enumerate(sorted(ours.items())[::arguments.every]):
        ids = tokenizer(prompt)["input_ids"]
        ways = {"bitsandbytes": at_once}
        if place < arguments.one_row:
            ways["bitsandbytes, one row at a time"] = token_by_token
        theirs = {name: way(model, ids).double().log_softmax(-1)[letters].tolist() for name, way in ways.items()}
        differences["ours from float32"].add(our_values, exact[item][1])
        for name, values in theirs.items():
            differences[f"ours from {name}"].add(our_values, values)
            differences[f"{name} from float32"].add(values, exact[item][1])
        if len(theirs) == 2:
            differences["bitsandbytes from itself, one row at a time"].add(*theirs.values())
        if place % 20 == 19:
            print_all(f"{place + 1} prompts", differences)
    print_all("all", differences)
    compared = differences["ours from bitsandbytes"]
    return 0 if compared.prompts - compared.same <= ALLOWED_SHARE * compared.prompts else 1


if __name__ == "__main__":
    sys.exit(main())
