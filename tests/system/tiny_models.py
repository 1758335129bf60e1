"""Model folders out of the golden checkpoints: a tiny random model of each family, with a small tokenizer of words.

    python3 tests/system/tiny_models.py FOLDER       makes FOLDER/<model_type>, one of each
"""

import collections
import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden"
SPECIAL = ["<s>", "</s>", "<pad>", "<unk>"]
# What is asked for: letters of choices, and answers of the benchmarks.
NEEDED = ["A", "B", "C", "D", "E", "Yes", "No", "True", "False", "yes", "no", ":", ".", ",", "?"]
WEIGHTS = ("*.safetensors", "*.bin", "*.pth", "*.index.json")


def checkpoints(golden=GOLDEN):
    """model_type -> the first of its golden folders that holds a whole model of plain weights."""
    found = {}
    for path in sorted(golden.glob("**/config.json")):
        config = json.loads(path.read_text())
        has_weights = any(next(path.parent.glob(pattern), None) for pattern in WEIGHTS)
        if has_weights and vocabulary_size(config) and "quantization_config" not in config:
            found.setdefault(config["model_type"], path.parent)
    return found


def vocabulary_size(config):
    return next((config[key] for key in ("vocab_size", "padded_vocab_size") if key in config), 0)


def words_of_samples():
    """The words of our sample data, the most frequent first."""
    counts = collections.Counter()
    for path in sorted((ROOT / "deploy/sample_data").rglob("*")):
        if path.suffix in (".csv", ".json", ".jsonl"):
            counts.update(re.findall(r"\w+|[^\w\s]", path.read_text()))
    return [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def tokenizer(size):
    """tokenizer.json with at most `size` entries: words, split at white space and punctuation."""
    vocabulary = list(dict.fromkeys(SPECIAL + NEEDED + words_of_samples()))[:size]
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                          "special": True} for i, text in enumerate(SPECIAL)],
        "normalizer": None, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(vocabulary)}, "unk_token": "<unk>"},
    }


def make(folder, sources=None):
    """Makes folder/<model_type> for each; returns their paths by model_type."""
    made = {}
    for model_type, source in (sources or checkpoints()).items():
        target = pathlib.Path(folder) / model_type
        target.mkdir(parents=True, exist_ok=True)
        for file in source.iterdir():
            if file.name == "config.json" or any(file.match(pattern) for pattern in WEIGHTS):
                shutil.copyfile(file, target / file.name)
        size = vocabulary_size(json.loads((source / "config.json").read_text()))
        (target / "tokenizer.json").write_text(json.dumps(tokenizer(size)))
        made[model_type] = target
    return made


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, path in make(sys.argv[1]).items():
        print(f"{name:16} {path}")
