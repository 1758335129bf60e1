"""What the tokenizers' own code makes of a text: transformers' classes, and the classes that models bring along, of which the
documented behaviour is written down here on top of the sentencepiece and tiktoken packages."""
import base64
import os
import unicodedata

import sentencepiece
import tiktoken
from tokenizers import Tokenizer
from transformers import AutoTokenizer

CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN = CL100K.replace("{1,3}", "")


class Transformers:
    """An AutoTokenizer; `fast` chooses the class whose ids count. Texts are always decoded by the fast one. (The slow T5Tokenizer
    adds no EOS where the text ends with one; `eos` adds it to all, as the fast one does.)"""

    def __init__(self, folder: str, fast: bool, eos: bool = False) -> None:
        self._eos = eos
        self._encoder = AutoTokenizer.from_pretrained(folder, use_fast=fast)
        self._decoder = self._encoder if fast else AutoTokenizer.from_pretrained(folder, use_fast=True)
        assert self._encoder.is_fast == fast, folder

    def encode(self, text: str) -> list:
        if self._eos:
            return self._encoder(text, add_special_tokens=False)["input_ids"] + [self._encoder.eos_token_id]
        return self._encoder(text)["input_ids"]

    def decode(self, ids: list, skip: bool) -> str:
        return self._decoder.decode(ids, skip_special_tokens=skip, clean_up_tokenization_spaces=False)


class Library:
    """A tokenizer.json under another name."""

    def __init__(self, path: str) -> None:
        self._tokenizer = Tokenizer.from_file(path)

    def encode(self, text: str) -> list:
        return self._tokenizer.encode(text).ids

    def decode(self, ids: list, skip: bool) -> str:
        return self._tokenizer.decode(ids, skip_special_tokens=skip)


def split_specials(text: str, specials: dict) -> list:
    """Texts and ids of specials in turn, the longest special first, as the slow tokenizers of transformers split."""
    parts, start, at = [], 0, 0
    ordered = sorted(specials, key=len, reverse=True)
    while at < len(text):
        found = next((special for special in ordered if text.startswith(special, at)), None)
        if found is None:
            at += 1
            continue
        if at > start:
            parts.append(text[start:at])
        parts.append(specials[found])
        at += len(found)
        start = at
    if start < len(text):
        parts.append(text[start:])
    return parts


class SentencePiece:
    """A class that hands the text between special tokens to SentencePiece, as Baichuan's and InternLM's do."""

    def __init__(self, path: str, specials: dict, before: list = (), after: list = ()) -> None:
        self._processor = sentencepiece.SentencePieceProcessor(model_file=path)
        self._specials, self._before, self._after = specials, list(before), list(after)

    def prepare(self, text: str) -> str:
        return text

    def finish(self, text: str) -> str:
        return text

    def encode(self, text: str) -> list:
        ids = list(self._before)
        for part in split_specials(text, self._specials):
            ids += [part] if isinstance(part, int) else self._processor.encode(self.prepare(part))
        return ids + self._after

    def decode(self, ids: list, skip: bool) -> str:
        """None where spaces around special tokens depend on the class's code."""
        ids = ids[len(self._before):len(ids) - len(self._after)]
        if not skip or set(ids) & set(self._specials.values()):
            return None
        return self.finish(self._processor.decode(ids))


class SlowSentencePiece(Transformers):
    """A slow class, with SentencePiece to decode, where the fast one is converted wrongly: T5's does not know byte tokens, and Llama's
    no other normalizer than Llama's."""

    def __init__(self, folder: str, file: str, **options) -> None:
        super().__init__(folder, fast=False, **options)
        self._processor = sentencepiece.SentencePieceProcessor(model_file=os.path.join(folder, file))

    def decode(self, ids: list, skip: bool) -> str:
        ids = [i for i in ids if i not in (self._encoder.bos_token_id, self._encoder.eos_token_id)]
        special = lambda i: i >= self._processor.get_piece_size() or self._processor.is_control(i) or self._processor.is_unknown(i)
        if not skip or any(special(i) for i in ids):
            return None
        return self._processor.decode(ids)


class ChatGlm6b(SentencePiece):
    """White space is spelled out, and back."""

    def prepare(self, text: str) -> str:
        text = text.replace("\n", "<n>").replace("\t", "<|tab|>")
        for length in range(80, 1, -1):
            text = text.replace(" " * length, f"<|blank_{length}|>")
        return text

    def finish(self, text: str) -> str:
        text = text.replace("<n>", "\n").replace("<|tab|>", "\t")
        for length in range(2, 81):
            text = text.replace(f"<|blank_{length}|>", " " * length)
        return text


class Tiktoken:
    def __init__(self, path: str, pattern: str, specials: dict, before: list = (), nfc: bool = False) -> None:
        with open(path, "rb") as file:
            ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in file if line.strip())}
        self._encoding = tiktoken.Encoding(name="file", pat_str=pattern, mergeable_ranks=ranks, special_tokens=specials)
        self._before, self._nfc, self._specials = list(before), nfc, specials

    def encode(self, text: str) -> list:
        if self._nfc:
            text = unicodedata.normalize("NFC", text)
        return self._before + self._encoding.encode(text, allowed_special="all")

    def decode(self, ids: list, skip: bool) -> str:
        skipped = set(self._specials.values()) if skip else set()
        return self._encoding.decode([i for i in ids if i not in skipped])


class Rwkv:
    def __init__(self, path: str) -> None:
        from rwkv.rwkv_tokenizer import TRIE_TOKENIZER
        self._tokenizer = TRIE_TOKENIZER(path)

    def encode(self, text: str) -> list:
        return self._tokenizer.encode(text)

    def decode(self, ids: list, skip: bool) -> str:
        return self._tokenizer.decodeBytes(ids).decode("utf-8", errors="replace")
