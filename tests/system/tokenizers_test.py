"""Model folders without tokenizer.json, from `model add` to predictions: vocab.json with merges.txt, and a SentencePiece model."""

import json
import shutil
import struct
import unittest

import tiny_models
from service import SAMPLE_DATA, Service

USAGE = 2
NORMAL, UNKNOWN, CONTROL = 1, 2, 3
SPACE = "\u2581"


def byte_characters():
    """The characters that stand for bytes in GPT-2's vocabulary, by byte."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (chr(0x100 + i) for i in range(256))
    return [chr(byte) if byte in printable else next(others) for byte in range(256)]


def byte_level():
    """vocab.json and merges.txt of 271 rows, and the tokenizer.json that says the same."""
    characters = byte_characters()
    blank = characters[ord(" ")]
    merges = [(blank, "t"), ("h", "e"), (blank + "t", "he"), ("i", "n"), ("e", "r"), (blank, "a"), ("o", "n"), ("r", "e")]
    vocabulary = {token: i for i, token in enumerate([*characters, *(left + right for left, right in merges), "<|endoftext|>"])}
    words = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    whole = {"added_tokens": [{"id": vocabulary["<|endoftext|>"], "content": "<|endoftext|>", "special": True}], "pre_tokenizer": words,
             "decoder": words, "model": {"type": "BPE", "vocab": vocabulary, "merges": merges}}
    lines = "".join(f"{left} {right}\n" for left, right in merges)
    return {"vocab.json": json.dumps(vocabulary).encode(), "merges.txt": b"#version: 0.2\n" + lines.encode()}, whole


def varint(value):
    head, tail = value & 0x7F, value >> 7
    return bytes([head | 0x80]) + varint(tail) if tail else bytes([head])


def field(number, value):
    """A field of a protocol buffer: bytes, a float, or a whole number."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    return varint(number << 3) + varint(value)


def sentencepiece():
    """tokenizer.model of BPE pieces, and the tokenizer.json that says the same."""
    special = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
    longer = [SPACE + "t", "he", SPACE + "the", "in", "er", SPACE + "a", "on", "re"]
    single = [SPACE, "\n", *(chr(code) for code in range(0x21, 0x7F))]
    pieces = [(text, 0.0, kind) for text, kind in special] + [(text, -float(i), NORMAL) for i, text in enumerate(longer + single)]
    model = b"".join(field(1, field(1, text.encode()) + field(2, score) + field(3, kind)) for text, score, kind in pieces)
    model += field(2, field(3, 2)) + field(3, field(4, 0))
    token = lambda text, kind: {"SpecialToken": {"id": text, "type_id": 0}} if kind else {"Sequence": {"id": text, "type_id": 0}}
    merges = [(SPACE, "t"), ("h", "e"), (SPACE + "t", "he"), ("i", "n"), ("e", "r"), (SPACE, "a"), ("o", "n"), ("r", "e")]
    whole = {
        "added_tokens": [{"id": i, "content": text, "special": True} for i, (text, _) in enumerate(special)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": SPACE}, {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]},
        "post_processor": {"type": "TemplateProcessing", "single": [token("<s>", True), token("A", False)],
                           "pair": [token("<s>", True), token("A", False), token("<s>", True), token("B", False)],
                           "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True,
                  "vocab": {text: i for i, (text, _, _) in enumerate(pieces)}, "merges": merges}}
    return {"tokenizer.model": model}, whole


def tokenizer_json(whole):
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    whole["added_tokens"] = [{**token, **flags} for token in whole["added_tokens"]]
    parts = dict.fromkeys(("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"))
    return json.dumps({"version": "1.0", **parts, **whole}).encode()


class TokenizersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        for benchmark in ("mmlu", "bbh"):
            cls.service.run("dataset", "import", benchmark, SAMPLE_DATA / benchmark)
        families = ("gpt2", "mistral")
        sources = {name: folder for name, folder in tiny_models.checkpoints().items() if name in families}
        cls.folders = tiny_models.make(cls.service.folder / "models", sources)

    def add(self, name, family, files):
        folder = self.service.folder / name
        shutil.copytree(self.folders[family], folder)
        (folder / "tokenizer.json").unlink()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        return self.service.run("model", "add", name, folder, check=False)

    def predictions(self, model):
        job = self.service.submit("--limit", 1, "--shots", 0, model=model)
        self.service.wait(job)
        found = self.service.predictions(job)
        self.assertEqual({prediction.pop("model") for prediction in found}, {model})
        return found

    def test_the_predictions_are_those_with_a_tokenizer_json(self):
        for family, (files, whole) in (("gpt2", byte_level()), ("mistral", sentencepiece())):
            for name, content in ((family + "_files", files), (family + "_json", {"tokenizer.json": tokenizer_json(whole)})):
                added = self.add(name, family, content)
                self.assertEqual(added.returncode, 0, added.stderr)
            found = self.predictions(family + "_files")
            self.assertGreater(len(found), 1)
            self.assertTrue(all(prediction["prompt_tokens"] > 10 for prediction in found), found[0])
            self.assertEqual(found, self.predictions(family + "_json"))

    def test_damaged_files_are_refused_by_name(self):
        files, _ = byte_level()
        damaged = {**files, "merges.txt": files["merges.txt"] + b"q q\n"}
        model, _ = sentencepiece()
        for name, content, reason in (("no_files", {}, "the tokenizer: tokenizer.json, tokenizer.model or the like"),
                                      ("bad_merge", damaged, 'merges.txt: line 10: the token "qq" is not in vocab.json'),
                                      ("cut_off", {"tokenizer.model": model["tokenizer.model"][:-1]}, "tokenizer.model: not a SentencePiece")):
            added = self.add(name, "gpt2", content)
            self.assertEqual(added.returncode, USAGE, added.stdout)
            self.assertIn(reason, added.stderr)


if __name__ == "__main__":
    unittest.main()
