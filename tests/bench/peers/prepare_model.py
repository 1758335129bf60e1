"""Makes Hugging Face folders out of a GGUF file, in float32 and bfloat16: `prepare_model.py MODEL.gguf FOLDER STOP_IDS`.

The weights are what transformers' own reader of GGUF makes of them. Its tokenizer ignores the pre-tokenizer that the file
names; for "smollm" that is put right: every digit is a piece of its own.
"""

import json
import pathlib
import sys

import gguf
import tokenizers
import torch
import transformers

# By the name that GGUF's tokenizer.ggml.pre has.
DIGITS_APART = {"smollm"}


def correct_tokenizer(tokenizer, pre):
    if pre in DIGITS_APART:
        tokenizer.backend_tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
            tokenizers.pre_tokenizers.Digits(individual_digits=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ])
    return tokenizer


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    stops = json.loads(sys.argv[3])
    reader = gguf.GGUFReader(source)
    field = reader.fields.get("tokenizer.ggml.pre")
    pre = field.contents() if field else ""
    tokenizer = correct_tokenizer(transformers.AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name), pre)
    loaded = transformers.AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    # A model that came from GGUF says that it is quantized, although its weights are not any more, and refuses to be saved.
    if hasattr(loaded.config, "quantization_config"):
        del loaded.config.quantization_config
    model = transformers.AutoModelForCausalLM.from_config(loaded.config, dtype=torch.float32)
    model.load_state_dict(loaded.state_dict())
    model.generation_config = transformers.GenerationConfig(eos_token_id=stops, pad_token_id=stops[0], do_sample=False)
    for precision in ("float32", "bfloat16"):
        folder = target / precision
        model.to(getattr(torch, precision)).save_pretrained(folder)
        tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
