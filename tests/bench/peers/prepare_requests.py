"""Turns drafts into requests by the model's tokenizer: `prepare_requests.py TOKENIZER_FOLDER DRAFTS.jsonl REQUESTS.jsonl ...`

A draft is a prompt in parts: head, shots, item. Shots are dropped, last first, until the prompt has at most max_input tokens.
"""

import json
import sys

import transformers


def prepare(draft, encode):
    for shots in range(len(draft["shots"]), -1, -1):
        prompt = draft["head"] + "".join(draft["shots"][:shots]) + draft["item"]
        prompt_ids = encode(prompt, True)
        if len(prompt_ids) <= draft["max_input"]:
            break
    choices = draft["choices"]
    return {
        "id": draft["id"],
        "prompt": prompt,
        "prompt_ids": prompt_ids,
        "choices": choices,
        "choice_ids": None if choices is None else [encode(choice, False) for choice in choices],
        "max_new_tokens": draft["max_new_tokens"],
    }


def main():
    tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[1])

    def encode(text, special):
        return tokenizer(text, add_special_tokens=special)["input_ids"]

    for source, target in zip(sys.argv[2::2], sys.argv[3::2]):
        with open(source, encoding="utf-8") as drafts, open(target, "w", encoding="utf-8") as requests:
            for line in drafts:
                requests.write(json.dumps(prepare(json.loads(line), encode)) + "\n")


if __name__ == "__main__":
    main()
