#!/usr/bin/env python3
"""Shows what separates two computations of LLM.int8(): small differences, which its rounding makes large.

    PYTHON llm_int8_sensitivity.py MODEL MMLU [--prompts N] [--export FOLDER]

MODEL is a Hugging Face folder, MMLU the folder with dev/ and test/; PYTHON has torch, transformers and bitsandbytes
(the environment of tests/golden/make_quantized_folders.py). First, the inputs of some layers of the model are taken from a real prompt, and
the products that bitsandbytes makes of them, a row at a time, are held against the formula of the paper (Dettmers et al. 2022), written down
in float64. Then the formula takes the place of the layers of transformers' model, once as our engine has it (the stream in float32, inputs
of products in float16, weights rounded to 8 bits as the file has them) and once with each thing in which bitsandbytes differs, or with
noise that is as small as float16's own rounding, or much smaller. The log-likelihoods of MMLU's letters are compared with those of the
first, and with those of our engine; --export keeps our runs there, or takes them from there.
"""

import argparse
import pathlib
import tempfile

import bitsandbytes as bnb
import torch
import transformers
from llm_int8_against_bitsandbytes import LETTERS, PRECISIONS, Difference, at_once, predictions_of, run_ours

THRESHOLD = 6.0


def in_8_bits(values):
    """Whole numbers, and the greatest magnitude of each row."""
    greatest = values.abs().amax(dim=-1, keepdim=True).float()
    return torch.round(values.float() * (127.0 / greatest.clamp_min(1e-30))), greatest


def product(rows, weights, greatest, per_row=True):
    """LLM.int8()'s product in float64, of rows in float16 and weights in 8 bits. per_row: each row decides for itself what is an outlier;
    else a column is one for all rows as soon as it is for one."""
    outside = rows.abs() >= THRESHOLD
    values, scales = in_8_bits(rows.masked_fill(outside, 0))
    if not per_row:
        outside = outside.any(dim=0, keepdim=True).expand_as(rows)
        values = values.masked_fill(outside, 0)
    inside = (values.double() @ weights.double().T) * scales.double() / 127
    return (inside + rows.masked_fill(~outside, 0).double() @ weights.double().T) * greatest.double().T / 127


class Layer(torch.nn.Module):
    """In the place of a linear layer without bias."""

    def __init__(self, layer, half_weights=False, half_outputs=False, per_row=True, noise=0.0):
        super().__init__()
        assert layer.bias is None
        self.weights, self.greatest = in_8_bits(layer.weight.half() if half_weights else layer.weight)
        self.half_outputs, self.per_row, self.noise = half_outputs, per_row, noise

    def forward(self, stream):
        if self.noise:
            stream = stream * (1 + self.noise * torch.randn_like(stream))
        rows = stream.half().reshape(-1, stream.shape[-1])
        out = product(rows, self.weights, self.greatest, self.per_row)
        return (out.half() if self.half_outputs else out).to(stream.dtype).reshape(*stream.shape[:-1], -1)


def replace_layers(model, **ways):
    for layer in model.model.layers:
        for part in (layer.self_attn, layer.mlp):
            for name, child in list(part.named_children()):
                if isinstance(child, torch.nn.Linear):
                    setattr(part, name, Layer(child, **ways))
    return model


def load(folder, dtype=torch.float32):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, device_map="cpu").eval()


def compare_products(folder, ids):
    """bitsandbytes against the formula, of the inputs that layers have when the model reads `ids`."""
    model = load(folder)
    inputs = {}
    chosen = [f"model.layers.{i}.{name}" for i in (0, len(model.model.layers) // 2, len(model.model.layers) - 1)
              for name in ("self_attn.q_proj", "mlp.down_proj")]
    for name in chosen:
        model.get_submodule(name).register_forward_hook(lambda _, given, __, name=name: inputs.__setitem__(name, given[0][0].half()))
    at_once(model, ids)
    print("layer: difference of bitsandbytes, row by row, from the formula; and of the formula from the product in float32 "
          "(root mean squares, relative to the product)")
    for name, rows in inputs.items():
        weight = model.get_submodule(name).weight.data.half()
        layer = bnb.nn.Linear8bitLt(weight.shape[1], weight.shape[0], bias=False, has_fp16_weights=False, threshold=THRESHOLD)
        layer.weight = bnb.nn.Int8Params(weight.clone(), has_fp16_weights=False, requires_grad=False)
        layer.to("cpu").eval()
        with torch.inference_mode():
            theirs = torch.cat([layer(row[None].clone()) for row in rows]).double()
        formula = product(rows, *in_8_bits(weight))
        exact = rows.double() @ weight.double().T
        size = exact.square().mean().sqrt()
        print(f"  {name}: {(theirs - formula).square().mean().sqrt() / size:.1e}, {(formula - exact).square().mean().sqrt() / size:.1e}; "
              f"{int((rows.abs() >= THRESHOLD).sum())} outliers in {len(rows)} rows", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("mmlu", type=pathlib.Path)
    parser.add_argument("--prompts", type=int, default=19)
    parser.add_argument("--export", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.export or pathlib.Path(scratch)
        if not (folder / PRECISIONS[-1]).exists():
            run_ours(arguments.model, arguments.mmlu, 1, folder)
        ours = predictions_of(folder / PRECISIONS[-1])

    torch.set_num_threads(1)
    torch.manual_seed(1)
    transformers.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
    letters = [tokenizer(f" {letter}", add_special_tokens=False)["input_ids"][0] for letter in LETTERS]
    items = sorted(ours.items())
    items = items[::max(1, len(items) // arguments.prompts)][:arguments.prompts]
    compare_products(arguments.model, tokenizer(items[0][1][0])["input_ids"])

    def ask(model):
        return [at_once(model, tokenizer(prompt)["input_ids"]).double().log_softmax(-1)[letters].tolist() for _, (prompt, _) in items]

    def show(name, values):
        compared = []
        for others in (formula, [values for _, (_, values) in items]):
            difference = Difference()
            for one, other in zip(values, others):
                difference.add(one, other)
            compared.append(str(difference))
        print(f"{name}:\n  from the formula: {compared[0]}\n  from our engine:  {compared[1]}", flush=True)

    formula = ask(replace_layers(load(arguments.model)))
    show("the formula, as our engine has it", formula)
    show("no 8 bits at all: float32", ask(load(arguments.model)))
    for noise in (1e-6, 1e-5, 1e-4):
        show(f"noise of {noise:.0e} of each input", ask(replace_layers(load(arguments.model), noise=noise)))
    show("weights rounded to float16 before they are to 8 bits", ask(replace_layers(load(arguments.model), half_weights=True)))
    show("outputs of products in float16", ask(replace_layers(load(arguments.model), half_outputs=True)))
    show("columns taken out for all rows", ask(replace_layers(load(arguments.model), per_row=False)))
    show("all of it in float16, as bitsandbytes", ask(replace_layers(load(arguments.model, torch.float16), half_weights=True, half_outputs=True)))


if __name__ == "__main__":
    main()
