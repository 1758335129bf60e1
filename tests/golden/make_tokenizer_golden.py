#!/usr/bin/env python3
"""Writes tokenizer_smollm2.jsonl: token ids of difficult strings by the Python tokenizers library.

The tokenizer is made by the library's own classes from the vocabulary and merges of the demo
model's GGUF file, not by our code. The model's pre-tokenizer `smollm` is every digit by itself, then
GPT-2's byte-level splitting.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 gguf==0.19.0
    venv/bin/python tests/golden/make_tokenizer_golden.py MODEL.gguf > tests/golden/tokenizer_smollm2.jsonl
"""
import json
import sys

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

CONTROL, USER_DEFINED = 3, 4

TEXTS = [
    "",
    " ",
    "Hello, world!",
    " leading blank",
    "trailing blank ",
    "   three   blanks   everywhere   ",
    "\n",
    "\n\n34",
    "a\n\n\nb\r\nc\td",
    "\t\tdef f(x):\n\t\treturn x\n",
    "0",
    "1234567890",
    "3.14159 + 2,718 = 5.85859",
    "year2024month12",
    " 42 is the answer",
    "Ⅷ ½ ² ٣ ३ 五",
    "it's we'll they've I'd you're 'tis DON'T",
    "‘curly’ “quotes” — dashes – and … dots",
    "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n",
    "for (int i = 0; i < n; ++i) { x[i] *= 0xFF; }  // loop",
    '{"key": [1, 2.5, null], "päth": "C:\\\\dir"}',
    "<html><body class='a'>&nbsp;</body></html>",
    "SELECT * FROM t WHERE a >= 10 AND b != 'x';",
    "$x^2 + \\frac{1}{2}\\sum_{i=0}^{n} a_i$",
    "naïve café Ünïcödé ß ẞ",
    "cafe\u0301 e\u0301\u0323 n\u0303",
    "日本語のテキスト、漢字とかな。",
    "中文字符，没有空格",
    "한국어 문장입니다",
    "Привет, мир! Это тест.",
    "שלום עולם مرحبا بالعالم",
    "नमस्ते दुनिया ภาษาไทย",
    "😀👍🏽👨‍👩‍👧‍👦🇩🇪",
    "emoji 🙂 between 🎉words",
    "zero\u200bwidth\u200djoiner\ufeffbom\u00a0nbsp\u3000ideographic",
    "\u0000\u0001\u007f control",
    "\U0001d54f\U00020000\U0010ffff",
    "\u2028line\u2029paragraph\u0085next",
    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "a<|endoftext|>b <|endoftext|> c",
    "<|im_start|",
    "<repo_name>x<file_sep>",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "Q: True and not False is\nAnswer:",
    "A. 1\nB. 2\nC. 3\nD. 4\nAnswer: B\n\n",
    "http://example.org/a_b-c?d=1&e=%20#f",
    "ALLCAPS CamelCaseWord snake_case_word kebab-case-word",
    "!!!???...,,,;;;:::",
]


def main() -> None:
    fields = GGUFReader(sys.argv[1]).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    assert fields["tokenizer.ggml.pre"].contents() == "smollm"

    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, types) if kind == CONTROL])
    assert USER_DEFINED not in types

    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        line = {
            "text": text,
            "ids": ids,
            "decoded": tokenizer.decode(ids, skip_special_tokens=False),
            "decoded_without_special": tokenizer.decode(ids, skip_special_tokens=True),
        }
        print(json.dumps(line, ensure_ascii=True))


if __name__ == "__main__":
    main()
