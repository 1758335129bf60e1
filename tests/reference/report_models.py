#!/usr/bin/env python3
"""Makes models for a report out of one: the same weights in other formats, and a LoRA adapter that is trained on MMLU's validation split.

    report_models.py --model HF_FOLDER --mmlu FOLDER --output DIR [--minutes 5] [--last-layers N] [MODEL...]

gptq-4, gptq-3   layers in GPTQ's format, 4 and 3 bits in groups of 64, rounded to the nearest value (not by GPTQ's own search)
awq-4            in AWQ's format, 4 bits in groups of 64, rounded likewise
nf4, int8        by bitsandbytes: NF4, and LLM.int8()
lora             an adapter of rank 8 on the linear layers (with --last-layers of the last N, which is quicker), by PEFT: letters behind the
                 questions of val/*_val.csv, for so many minutes

The environment is that of tests/golden/make_quantized_folders.py, with peft. MMLU's test split is never read.
"""

import argparse
import csv
import json
import pathlib
import shutil
import sys
import time

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
import make_quantized_folders as formats  # noqa: E402

GROUP = 64
QUANTIZED = {
    "gptq-4": formats.gptq(4, GROUP),
    "gptq-3": formats.gptq(3, GROUP),
    "awq-4": formats.awq(GROUP),
    "nf4": {**formats.BNB4, "bnb_4bit_quant_type": "nf4"},
    "int8": formats.BNB8,
}
LETTERS = "ABCD"
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
BATCH = 4
LEARNING_RATE = 5e-4
LONGEST = 192  # tokens


def quantize(name, model, output):
    settings = QUANTIZED[name]
    stored = {}
    for key, tensor in load_file(model / "model.safetensors").items():
        if not formats.is_linear(key, tensor, settings):
            stored[key] = tensor
            continue
        tensors, _ = formats.LAYERS[formats.kind_of(settings)](tensor.float().numpy(), settings, None)
        stored.update({f"{key.removesuffix('.weight')}.{part}": value.contiguous() for part, value in tensors.items()})
    for file in model.iterdir():
        if file.suffix != ".safetensors":
            shutil.copyfile(file, output / file.name)
    save_file(stored, output / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((model / "config.json").read_text())
    (output / "config.json").write_text(json.dumps({**config, "quantization_config": settings}, indent=2) + "\n")


def questions(mmlu):
    """(prompt, letter) of the validation split, in the form of the protocol `instructeval` without examples."""
    found = []
    for file in sorted((mmlu / "val").glob("*_val.csv")):
        subject = file.name.removesuffix("_val.csv").replace("_", " ")
        head = f"The following are multiple choice questions (with answers) about {subject}.\n\n"
        with file.open(newline="", encoding="utf-8") as lines:
            for row in csv.reader(lines):
                options = "".join(f"\n{letter}. {text}" for letter, text in zip(LETTERS, row[1:5], strict=True))
                found.append((f"{head}{row[0]}{options}\nAnswer:", f" {row[5]}"))
    return found


def train(model, mmlu, output, minutes, last_layers):
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    base = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16)
    layers = base.config.num_hidden_layers
    settings = peft.LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=16, lora_dropout=0.05, target_modules=LINEAR,
                               layers_to_transform=list(range(layers - last_layers, layers)) if last_layers else None)
    network = peft.get_peft_model(base, settings, autocast_adapter_dtype=True).train()
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=LEARNING_RATE)
    items = [(tokenizer(prompt)["input_ids"], tokenizer(answer)["input_ids"]) for prompt, answer in questions(mmlu)]
    items = [(prompt, answer) for prompt, answer in items if len(prompt) < LONGEST]
    generator = torch.Generator().manual_seed(1)
    begin, step, losses = time.monotonic(), 0, []
    while time.monotonic() < begin + 60 * minutes:
        order = torch.randperm(len(items), generator=generator)[:BATCH]
        for index in order.tolist():
            prompt, answer = items[index]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                # The head is computed where an answer is told, and nowhere else.
                logits = network(input_ids=torch.tensor([prompt + answer]), logits_to_keep=len(answer) + 1).logits[0, :-1]
            loss = torch.nn.functional.cross_entropy(logits.float(), torch.tensor(answer))
            (loss / BATCH).backward()
            losses.append(loss.item())
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        if step % 5 == 0:
            last = losses[-40:]
            print(f"lora: step {step}, mean loss of the last {len(last)} items {sum(last) / len(last):.3f}", flush=True)
    print(f"lora: {step} steps of {BATCH} items", flush=True)
    network.save_pretrained(output)
    (output / "README.md").unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--mmlu", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--last-layers", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("models", nargs="*", metavar="MODEL", default=[*QUANTIZED, "lora"])
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    for name in arguments.models:
        output = arguments.output / name
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir(parents=True)
        if name == "lora":
            train(arguments.model, arguments.mmlu, output, arguments.minutes, arguments.last_layers)
        else:
            quantize(name, arguments.model, output)
        print(output, flush=True)


if __name__ == "__main__":
    main()
