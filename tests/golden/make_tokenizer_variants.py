#!/usr/bin/env python3
"""Writes tests/golden/tokenizers: small real tokenizers in every form but tokenizer.json, and what their own code makes of 2,000
strings.

    python3 -m venv venv
    venv/bin/pip install transformers==4.57.1 sentencepiece==0.2.3 tiktoken==0.14.0 protobuf
    venv/bin/pip install --no-deps rwkv==0.8.32
    venv/bin/python tests/golden/make_tokenizer_variants.py [--keep FOLDER] [--real FOLDER]

Four files are written: files.json.gz has the vocabularies (in base64) and variants.json the folders made of them; strings.json.gz
has the strings; expected.json.gz has for each variant and string the first 32 bits of the SHA-256 of the ids, joined by commas, and
the first 24 of that of the two decoded texts, without and with special tokens and a zero byte between (the second empty, or all
bits zero, where nothing can be compared), and for every 50th string the ids themselves. `--keep` leaves the folders there. It prints how often transformers' slow and fast classes differ.

`--real FOLDER` writes the same four files for the vocabularies of real models that packages ship, there and not here (6 MB), for
the same test with ASSAY_REAL_TOKENIZERS=FOLDER:

    venv/bin/pip install --no-deps mistral-common==1.13.1 llama-models==0.3.0 dashscope==2.0.2
"""
import argparse
import base64
import gzip
import hashlib
import importlib.util
import io
import json
import os
import random
import tempfile

import sentencepiece
import tokenizer_references as references
import tokenizer_strings
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tokenizers")
EVERY = 50


def train_sentencepiece(**options) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(tokenizer_strings.training_lines()), model_writer=model, minloglevel=2, hard_vocab_limit=False,
        num_threads=1, max_sentence_length=10000, **options)
    return model.getvalue()


def plain_bpe(**options) -> dict:
    return dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                split_digits=True, vocab_size=900, allow_whitespace_only_pieces=True, **options)


GEMMA_SYMBOLS = (["\n" * n for n in range(2, 6)] + ["▁" * n for n in range(2, 9)] + ["\t\t", "<start_of_turn>", "<end_of_turn>", "<h1>"])
GLM_BLANKS = [f"<|blank_{n}|>" for n in range(2, 81)]


def write_rules(folder: str) -> str:
    """A small set of replacements; SentencePiece's own for NFKC take a quarter of a megabyte."""
    rules = {"\u00a0": " ", "\u3000": " ", "\t": " ", "\n": " ", "\u200b": "", "\ufeff": "", "ﬁ": "fi", "™": "TM", "①": "1", "e\u0301": "é",
             "\u0001": ""} | {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}
    path = os.path.join(folder, "rules.tsv")
    with open(path, "w", encoding="utf-8") as file:
        for source, target in rules.items():
            file.write(" ".join(f"{ord(c):X}" for c in source) + "\t" + " ".join(f"{ord(c):X}" for c in target) + "\n")
    return path


def sentencepiece_files(rules: str) -> dict:
    return {
        "bpe.model": train_sentencepiece(**plain_bpe()),
        "bpe_unknown.model": train_sentencepiece(**(plain_bpe() | dict(byte_fallback=False, vocab_size=700))),
        "bpe_rules.model": train_sentencepiece(**(plain_bpe() | dict(
            normalization_rule_name="", normalization_rule_tsv=rules, remove_extra_whitespaces=True))),
        "gemma.model": train_sentencepiece(**plain_bpe(
            add_dummy_prefix=False, user_defined_symbols=GEMMA_SYMBOLS, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>",
            eos_piece="<eos>", bos_piece="<bos>")),
        "baichuan.model": train_sentencepiece(**plain_bpe(add_dummy_prefix=False, user_defined_symbols=["<tool>", "<h1>", "▁▁"])),
        "symbols.model": train_sentencepiece(**plain_bpe(user_defined_symbols=["<tool>", "<h1>", "\n\n"])),
        "t5.model": train_sentencepiece(model_type="unigram", vocab_size=800, pad_id=0, eos_id=1, unk_id=2, bos_id=-1),
        "unigram_bytes.model": train_sentencepiece(
            model_type="unigram", vocab_size=900, byte_fallback=True, normalization_rule_name="identity", pad_id=0, eos_id=1, unk_id=2,
            bos_id=-1),
        "chatglm_6b.model": train_sentencepiece(
            model_type="unigram", vocab_size=1000, byte_fallback=True, normalization_rule_name="identity",
            remove_extra_whitespaces=False, user_defined_symbols=["<n>", "<|tab|>"] + GLM_BLANKS,
            control_symbols=["[MASK]", "[gMASK]", "<sop>", "<eop>"], pad_id=3, pad_piece="<pad>"),
    }


def byte_level_bpe(pre_tokenizer, specials: list, drop: str = "") -> tuple:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    alphabet = [character for character in pre_tokenizers.ByteLevel.alphabet() if character not in drop]
    tokenizer.train_from_iterator(tokenizer_strings.training_lines() * 2, trainers.BpeTrainer(
        vocab_size=900, special_tokens=specials, initial_alphabet=sorted(alphabet), show_progress=False))
    model = json.loads(tokenizer.to_str())["model"]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    return json.dumps(model["vocab"], ensure_ascii=False).encode(), ("#version: 0.2\n" + "\n".join(merges) + "\n").encode()


def byte_level_files() -> dict:
    words = pre_tokenizers.ByteLevel(add_prefix_space=False)
    files = {}
    files["gpt2_vocab.json"], files["gpt2_merges.txt"] = byte_level_bpe(words, ["<|endoftext|>"])
    files["opt_vocab.json"], files["opt_merges.txt"] = byte_level_bpe(words, ["<s>", "<pad>", "</s>", "<unk>"])
    files["qwen2_vocab.json"], files["qwen2_merges.txt"] = byte_level_bpe(words, [])
    tokenizer = Tokenizer(models.BPE(
        json.loads(files["gpt2_vocab.json"]),
        [tuple(line.split(" ")) for line in files["gpt2_merges.txt"].decode().split("\n")[1:-1]]))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizers.NFC(), words, decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    files["neox_tokenizer.json"] = tokenizer.to_str().encode()
    return files


def other_files(byte_level: dict) -> dict:
    """Tokens of the byte-level vocabulary in the order of merging, as tiktoken has them; and RWKV's, with odd ends."""
    decoder = {character: byte for byte, character in _byte_characters().items()}
    vocabulary = json.loads(byte_level["qwen2_vocab.json"])
    tokens = [bytes(decoder[character] for character in token) for token in sorted(vocabulary, key=vocabulary.get)]
    singles = sorted(token for token in tokens if len(token) == 1)
    tokens = singles + [token for token in tokens if len(token) > 1]
    tiktoken = b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens))

    rng = random.Random(5)
    world = {bytes([byte]) for byte in range(256)}
    for sentence in tokenizer_strings.SENTENCES:
        for word in sentence.split():
            world |= {word.encode(), (" " + word).encode()[:rng.randint(1, 12)]}
    world |= {b"\n\n", b"\r\n", b"  ", b"   ", "\u2028".encode(), "'\"".encode(), b"\\", b"'", "中文".encode(), "\U0001f600".encode()}
    lines = []
    for number, token in enumerate(sorted(world, key=lambda token: (len(token), token)), 1):
        try:
            literal = repr(token.decode())
        except UnicodeDecodeError:
            literal = repr(token)
        lines.append(f"{number} {literal} {len(token)}\n")
    return {"small.tiktoken": tiktoken, "rwkv.txt": "".join(lines).encode()}


def _byte_characters() -> dict:
    from transformers.models.gpt2.tokenization_gpt2 import bytes_to_unicode
    return bytes_to_unicode()


def token(content: str, **flags) -> dict:
    return {"content": content, "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True} | flags


def variants(files: dict, models_too: bool = True) -> list:
    """Name, the folder's files (stored ones by name, JSON as it is), and what opens the reference. Without `models_too` only those
    of tiktoken and RWKV."""
    fast = lambda folder: references.Transformers(folder, fast=True)
    slow = lambda folder: references.Transformers(folder, fast=False)
    llama = {"tokenizer_class": "LlamaTokenizer", "clean_up_tokenization_spaces": False}
    gpt2 = {"vocab.json": "gpt2_vocab.json", "merges.txt": "gpt2_merges.txt"}
    ranks = files["small.tiktoken"].count(b"\n")
    special = lambda names, start=ranks: {name: start + i for i, name in enumerate(names)}
    qwen = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + [f"<|extra_{i}|>" for i in range(205)]
    llama3 = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
              "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>",
              "<|python_tag|>"]
    llama3 += [f"<|reserved_special_token_{i}|>" for i in range(2, 2 + 256 - len(llama3))]
    glm4 = ["<|endoftext|>", "[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>", "<|system|>", "<|user|>"]
    bytes_only = [
        ("rwkv_world", {"rwkv_vocab_v20230424.txt": "rwkv.txt"},
         lambda folder: references.Rwkv(os.path.join(folder, "rwkv_vocab_v20230424.txt"))),
        ("qwen", {"qwen.tiktoken": "small.tiktoken", "tokenizer_config.json": {"tokenizer_class": "QWenTokenizer"}},
         lambda folder: references.Tiktoken(os.path.join(folder, "qwen.tiktoken"), references.QWEN, special(qwen), nfc=True)),
        ("llama3", {"tokenizer.model": "small.tiktoken", "config.json": {"model_type": "llama"}},
         lambda folder: references.Tiktoken(os.path.join(folder, "tokenizer.model"), references.CL100K, special(llama3), before=[ranks])),
        ("glm4", {"tokenizer.model": "small.tiktoken", "tokenizer_config.json": {
            "tokenizer_class": "ChatGLM4Tokenizer", "added_tokens_decoder": {
                str(ranks + i): token(name) for i, name in enumerate(glm4)}}},
         lambda folder: references.Tiktoken(os.path.join(folder, "tokenizer.model"), references.CL100K, special(glm4),
                                            before=[ranks + 2, ranks + 4])),
    ]
    if not models_too:
        return bytes_only
    pieces = lambda name: sentencepiece.SentencePieceProcessor(model_proto=files[name])
    glm6b, glm2 = pieces("chatglm_6b.model"), pieces("bpe.model")
    glm6b_specials = {name: glm6b.piece_to_id(name) for name in ("[MASK]", "[gMASK]", "<sop>", "<eop>", "<pad>", "<s>", "</s>", "<unk>")}
    basic = {"<unk>": 0, "<s>": 1, "</s>": 2}
    return bytes_only + [
        ("llama", {"tokenizer.model": "bpe.model", "tokenizer_config.json": llama}, slow),
        ("llama_without_config", {"tokenizer.model": "bpe.model", "config.json": {"model_type": "llama"}}, slow),
        ("llama_not_legacy", {"tokenizer.model": "bpe.model", "tokenizer_config.json": llama | {"legacy": False}}, fast),
        ("llama_no_prefix", {"tokenizer.model": "bpe.model", "tokenizer_config.json": llama | {"add_prefix_space": False}}, fast),
        ("llama_eos_and_added", {
            "tokenizer.model": "bpe.model", "tokenizer_config.json": llama | {"add_bos_token": False, "add_eos_token": True},
            "special_tokens_map.json": {"pad_token": "[PAD]", "eos_token": token("</s>", normalized=True)},
            "added_tokens.json": {"[PAD]": glm2.get_piece_size(), "<tool>": glm2.get_piece_size() + 1}}, slow),
        ("llama_decoder", {"tokenizer.model": "bpe.model", "tokenizer_config.json": llama | {"added_tokens_decoder": {
            "0": token("<unk>"), "1": token("<s>"), "2": token("</s>"),
            str(glm2.get_piece_size()): token("<|im_start|>", rstrip=True),
            str(glm2.get_piece_size() + 1): token("<|im_end|>", lstrip=True),
            str(glm2.get_piece_size() + 2): token("<h1>", special=False)}}}, fast),
        ("llama_unknown", {"tokenizer.model": "bpe_unknown.model", "tokenizer_config.json": llama}, slow),
        ("open_llama", {"tokenizer.model": "bpe_rules.model", "tokenizer_config.json": llama},
         lambda folder: references.SlowSentencePiece(folder, "tokenizer.model")),
        ("llama_symbols", {"tokenizer.model": "symbols.model", "tokenizer_config.json": llama}, slow),
        ("gemma", {"tokenizer.model": "gemma.model", "tokenizer_config.json": {
            "tokenizer_class": "GemmaTokenizer", "clean_up_tokenization_spaces": False,
            "additional_special_tokens": ["<start_of_turn>", "<end_of_turn>"]}}, slow),
        ("baichuan", {"tokenizer.model": "baichuan.model", "tokenizer_config.json": {
            "tokenizer_class": "BaichuanTokenizer", "add_bos_token": False}},
         lambda folder: references.SentencePiece(os.path.join(folder, "tokenizer.model"), basic)),
        ("t5", {"spiece.model": "t5.model", "tokenizer_config.json": {"tokenizer_class": "T5Tokenizer"}}, fast),
        ("t5_not_legacy", {"spiece.model": "t5.model", "tokenizer_config.json": {"tokenizer_class": "T5Tokenizer", "legacy": False}}, fast),
        ("mt5", {"spiece.model": "t5.model", "tokenizer_config.json": {"tokenizer_class": "T5Tokenizer", "extra_ids": 0,
                                                                       "additional_special_tokens": None}}, fast),
        ("t5_bytes", {"spiece.model": "unigram_bytes.model", "tokenizer_config.json": {"tokenizer_class": "T5Tokenizer"}},
         lambda folder: references.SlowSentencePiece(folder, "spiece.model", eos=True)),
        ("gpt2", gpt2, fast),
        ("gpt2_prefix", gpt2 | {"tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True}}, fast),
        ("gptj", gpt2 | {"tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer"},
                         "added_tokens.json": {"<tool>": 900, "<|extra_3|>": 901}}, fast),
        ("codegen", gpt2 | {"tokenizer_config.json": {"tokenizer_class": "CodeGenTokenizer"},
                            "added_tokens.json": {"   ": 900, "\t\t": 901}}, fast),
        ("opt", {"vocab.json": "opt_vocab.json", "merges.txt": "opt_merges.txt", "tokenizer_config.json": {
            "tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "add_prefix_space": False, "pad_token": "<pad>",
            "bos_token": {"__type": "AddedToken"} | token("</s>", normalized=True, special=False), "eos_token": "</s>",
            "unk_token": "</s>"}}, fast),
        ("qwen2", {"vocab.json": "qwen2_vocab.json", "merges.txt": "qwen2_merges.txt", "tokenizer_config.json": {
            "tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
            "added_tokens_decoder": {"900": token("<|endoftext|>"), "901": token("<|im_start|>"), "902": token("<|im_end|>"),
                                     "903": token("<tool>", special=False)}}}, fast),
        ("gpt_neox", gpt2 | {"tokenizer_config.json": {"tokenizer_class": "GPTNeoXTokenizer"}, "20B_tokenizer.json.reference":
                             "neox_tokenizer.json"},
         lambda folder: references.Library(os.path.join(folder, "20B_tokenizer.json.reference"))),
        ("rwkv_pile", {"20B_tokenizer.json": "neox_tokenizer.json"},
         lambda folder: references.Library(os.path.join(folder, "20B_tokenizer.json"))),
        ("chatglm_6b", {"ice_text.model": "chatglm_6b.model", "tokenizer_config.json": {
            "tokenizer_class": "ChatGLMTokenizer", "bos_token": "<sop>", "eos_token": "<eop>", "mask_token": "[MASK]",
            "pad_token": "<pad>", "unk_token": "<unk>", "num_image_tokens": 0}},
         lambda folder: references.ChatGlm6b(os.path.join(folder, "ice_text.model"), glm6b_specials,
                                             after=[glm6b_specials["[gMASK]"], glm6b_specials["<sop>"]])),
        ("chatglm2", {"tokenizer.model": "bpe.model", "tokenizer_config.json": {"tokenizer_class": "ChatGLMTokenizer"}},
         lambda folder: references.SentencePiece(os.path.join(folder, "tokenizer.model"), basic,
                                                 before=[glm2.get_piece_size() + 1, glm2.get_piece_size() + 3])),
    ]


def real_variants() -> tuple:
    """Mistral 7B's first two (32,000 pieces as Llama's own), Llama 3's, Qwen's and RWKV's vocabularies, as their packages have them."""
    sources = {"mistral_v1.model": ("mistral_common", "data/tokenizer.model.v1"),
               "mistral_v2.model": ("mistral_common", "data/mistral_instruct_tokenizer_240216.model.v2"),
               "llama3.tiktoken": ("llama_models", "llama3/tokenizer.model"),
               "qwen.tiktoken": ("dashscope", "resources/qwen.tiktoken"), "rwkv.txt": ("rwkv", "rwkv_vocab_v20230424.txt")}
    files = {}
    for name, (package, path) in sources.items():
        folder = importlib.util.find_spec(package).submodule_search_locations[0]
        with open(os.path.join(folder, path), "rb") as file:
            files[name] = file.read()
    llama = {"tokenizer_class": "LlamaTokenizer", "clean_up_tokenization_spaces": False}
    swapped = {"qwen": "qwen.tiktoken", "llama3": "llama3.tiktoken", "rwkv_world": "rwkv.txt"}
    made = [(name, {"tokenizer.model": f"{name}.model", "tokenizer_config.json": llama | {"legacy": legacy}},
             lambda folder, fast=not legacy: references.Transformers(folder, fast=fast))
            for name, legacy in (("mistral_v1", True), ("mistral_v2", False))]
    for name, file in swapped.items():
        stand_ins = {"small.tiktoken": files.get(file, b""), "rwkv.txt": files["rwkv.txt"]}
        _, contents, reference = next(entry for entry in variants(stand_ins, models_too=False) if entry[0] == name)
        made.append((name, {key: file if isinstance(value, str) else value for key, value in contents.items()}, reference))
    return files, made


def short_hash(text: str, size: int) -> bytes:
    return hashlib.sha256(text.encode("utf-8", errors="replace")).digest()[:size]


def expect(reference, strings: list) -> dict:
    hashes, decoded, samples = b"", b"", {}
    for number, text in enumerate(strings):
        ids = reference.encode(text)
        hashes += short_hash(",".join(map(str, ids)), 4)
        text = reference.decode(ids, True)
        decoded += bytes(3) if text is None else short_hash(text + "\0" + (reference.decode(ids, False) or ""), 3)
        if number % EVERY == 0:
            samples[str(number)] = ids
    return {"ids": base64.b64encode(hashes).decode(), "decoded": base64.b64encode(decoded).decode(), "samples": samples}


def count_differences(folder: str, strings: list) -> int:
    slow, fast = references.Transformers(folder, fast=False), references.Transformers(folder, fast=True)
    return sum(slow.encode(text) != fast.encode(text) for text in strings)


def write_folder(folder: str, contents: dict, files: dict) -> None:
    os.makedirs(folder, exist_ok=True)
    for name, content in contents.items():
        data = files[content] if isinstance(content, str) else json.dumps(content).encode()
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def write_json(path: str, value, compressed: bool = True) -> None:
    text = json.dumps(value, ensure_ascii=True, indent=None if compressed else 1).encode()
    with open(path, "wb") as file:
        file.write(gzip.compress(text, 9, mtime=0) if compressed else text + b"\n")


def write_all(target: str, root: str, files: dict, made: list) -> None:
    os.makedirs(target, exist_ok=True)
    strings = tokenizer_strings.make_strings()
    expected, folders = {}, {}
    for name, contents, open_reference in made:
        folder = os.path.join(root, name)
        write_folder(folder, contents, files)
        reference = open_reference(folder)
        expected[name] = expect(reference, strings)
        folders[name] = contents
        both = isinstance(reference, references.Transformers)
        print(name, f"slow and fast differ in {count_differences(folder, strings)}" if both else "", flush=True)
    write_json(os.path.join(target, "strings.json.gz"), strings)
    write_json(os.path.join(target, "files.json.gz"), {name: base64.b64encode(data).decode() for name, data in files.items()})
    write_json(os.path.join(target, "variants.json"), folders, compressed=False)
    write_json(os.path.join(target, "expected.json.gz"), expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep", help="leave the folders here")
    parser.add_argument("--real", help="write real vocabularies, to this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = arguments.keep or temporary
        if arguments.real:
            write_all(arguments.real, root, *real_variants())
        else:
            byte_level = byte_level_files()
            files = sentencepiece_files(write_rules(temporary)) | byte_level | other_files(byte_level)
            write_all(HERE, root, files, variants(files))


if __name__ == "__main__":
    main()
