#!/usr/bin/env python3
"""Writes the seeds of the tokenizers' fuzzers below tests/fuzz/corpus.

    python3 -m venv venv && venv/bin/pip install sentencepiece==0.2.3 tokenizers==0.22.2 protobuf
    venv/bin/python tests/fuzz/make_tokenizer_corpus.py
"""
import io
import json
import os
import struct
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
LINES = ["abc abab cab", "a bab cabac", "bab ab cc abc", "b ba bab"] * 4


def write(fuzzer: str, name: str, content) -> None:
    folder = os.path.join(CORPUS, fuzzer)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def train(**options) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=model, minloglevel=2, hard_vocab_limit=False, num_threads=1, **options)
    return model.getvalue()


def with_rules() -> bytes:
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write("A0\t20\n65 301\tE9\n")
        rules.flush()
        return train(model_type="unigram", vocab_size=12, normalization_rule_tsv=rules.name)


def sentencepiece_models() -> None:
    plain = dict(normalization_rule_name="identity", remove_extra_whitespaces=False)
    write("sentencepiece_model_fuzz", "bpe", train(model_type="bpe", vocab_size=14, **plain))
    write("sentencepiece_model_fuzz", "symbols", train(model_type="bpe", vocab_size=16, user_defined_symbols=["<x>", "  "], **plain))
    write("sentencepiece_model_fuzz", "unigram", train(model_type="unigram", vocab_size=14, **plain))
    write("sentencepiece_model_fuzz", "rules", with_rules())


def byte_level_files() -> None:
    vocabulary = json.dumps({"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġa": 4, "<|endoftext|>": 5, "é": 6}, ensure_ascii=False)
    write("byte_level_files_fuzz", "small", vocabulary + "\0#version: 0.2\na b\nĠ a\n")
    write("byte_level_files_fuzz", "no_version", vocabulary + "\0a b\n\na b\n")


def other_files() -> None:
    write("tiktoken_file_fuzz", "tokens", "YWI= 256\nIGE= 257\nYWJj 300\n")
    write("rwkv_vocabulary_fuzz", "tokens", "257 'ab' 2\n258 \"it's\" 4\n259 '\\n\\t\\\\' 3\n260 b'\\xe6\\x97' 2\n261 '\\u2028é' 5\n")
    write("tokenizer_settings_fuzz", "decoder", json.dumps({
        "tokenizer_class": "LlamaTokenizerFast", "add_bos_token": True, "legacy": False, "bos_token": "<s>", "pad_token": None,
        "eos_token": {"content": "</s>", "normalized": True}, "additional_special_tokens": ["<x>"], "add_prefix_space": True,
        "added_tokens_decoder": {"6": {"content": "<x>", "lstrip": True, "special": True}, "9": {"content": "<y>", "single_word": True}}}))
    write("tokenizer_settings_fuzz", "t5", json.dumps({"tokenizer_class": "T5Tokenizer", "extra_ids": 3, "add_eos_token": True}))
    write("tokenizer_settings_fuzz", "added", json.dumps({"<x>": 6, "<y>": 7}))
    write("tokenizer_settings_fuzz", "config", json.dumps({"model_type": "chatglm", "vocab_size": 20, "num_image_tokens": 2}))


def tokenizer_json() -> None:
    bpe = Tokenizer(models.BPE({"▁": 0, "a": 1, "b": 2, "ab": 3, "▁a": 4, "<unk>": 5, "<0x41>": 6}, [("a", "b"), ("▁", "a")],
                               unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    bpe.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁"), normalizers.NFKC()])
    bpe.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    bpe.add_tokens([AddedToken("<s>", special=True, lstrip=True), AddedToken("<x>", single_word=True, normalized=True)])
    bpe.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 7)])
    write("tokenizer_json_fuzz", "bpe", bpe.to_str())
    unigram = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁", -2.0), ("a", -1.5), ("▁ab", -1.0), ("b", -3.0)], 0, False))
    unigram.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.Strip(), normalizers.Lowercase()])
    unigram.pre_tokenizer, unigram.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    write("tokenizer_json_fuzz", "unigram", unigram.to_str())
    charsmap = sentencepiece_model_pb2.ModelProto.FromString(with_rules()).normalizer_spec.precompiled_charsmap
    size = struct.unpack_from("<I", charsmap)[0]
    own = json.loads(unigram.to_str())
    own["normalizer"] = {"type": "SentencePiece", "before": None, "trie": struct.unpack_from(f"<{size // 4}I", charsmap, 4),
                         "replacements": charsmap[4 + size:].decode(), "after": {"type": "Prepend", "prepend": "▁"}}
    write("tokenizer_json_fuzz", "sentencepiece", json.dumps(own))
    words = Tokenizer(models.WordPiece({"a": 0, "##b": 1, "[UNK]": 2}, unk_token="[UNK]"))
    words.normalizer, words.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    words.decoder = decoders.WordPiece()
    write("tokenizer_json_fuzz", "wordpiece", words.to_str())
    level = Tokenizer(models.WordLevel({"a": 0, "ab": 1, "?": 2}, unk_token="?"))
    level.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.Punctuation(), pre_tokenizers.Whitespace()])
    write("tokenizer_json_fuzz", "words", level.to_str())


def main() -> None:
    sentencepiece_models()
    byte_level_files()
    other_files()
    tokenizer_json()


if __name__ == "__main__":
    main()
