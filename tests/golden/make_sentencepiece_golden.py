#!/usr/bin/env python3
"""Writes sentencepiece.json: a small SentencePiece BPE vocabulary, and what SentencePiece makes of strings.

    python3 -m venv venv && venv/bin/pip install sentencepiece==0.2.3
    venv/bin/python tests/golden/make_sentencepiece_golden.py README.md > tests/golden/sentencepiece.json

The argument is any English text of some kilobytes; the vocabulary is learned from it. Scores and ids are stored, so the text
is not needed afterwards.
"""
import io
import json
import sys

import sentencepiece

TEXTS = [
    "",
    " ",
    "a",
    "Hello world",
    " leading",
    "trailing ",
    "two  and   three    blanks",
    "the model evaluates the worker and the coordinator",
    "evaluations re-evaluated, unevaluatable!",
    "line one\nline two\n\n\ttabbed",
    "1234 56.78",
    "naïve café",
    "日本語 text 😀",
    "<0x41> is text",
    "aaaaaaaaa bbbb abababab",
    "▁ is the mark",
    "THE QUICK BROWN fox",
    "https://example.org/path?query=1",
]


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [line for line in file.read().split("\n") if line.strip()]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=700, model_type="bpe", byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, minloglevel=2)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())

    def kind(i: int) -> int:  # values of tokenizer.ggml.token_type
        if processor.is_unknown(i):
            return 2
        if processor.is_control(i):
            return 3
        return 6 if processor.is_byte(i) else 1

    ids = range(processor.get_piece_size())
    vocabulary = {
        "tokens": [processor.id_to_piece(i) for i in ids],
        "scores": [processor.get_score(i) for i in ids],
        "token_types": [kind(i) for i in ids],
    }
    cases = [{"text": text, "ids": processor.encode(text), "decoded": processor.decode(processor.encode(text))}
             for text in TEXTS]
    print(json.dumps({"vocabulary": vocabulary}, ensure_ascii=True)[:-1] + ',\n"cases": [')
    print(",\n".join(json.dumps(case, ensure_ascii=True) for case in cases))
    print("]}")


if __name__ == "__main__":
    main()
