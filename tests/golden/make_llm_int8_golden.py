#!/usr/bin/env python3
"""Makes llm_int8/: a layer, inputs with outliers, and what LLM.int8() gives for each row alone, by `bitsandbytes`.

    ENVIRONMENT/bin/python tests/golden/make_llm_int8_golden.py     (an environment as for make_quantized_folders.py)

The 8-bit values, their scales and the choice of outliers are bitsandbytes' own; the products are summed here in float64, and the library's
whole layer is checked to give the same up to its float16.
"""

import json
import pathlib

import bitsandbytes as bnb
import bitsandbytes.functional as functional
import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).with_name("llm_int8")
ROWS, DEPTH, COLUMNS, THRESHOLD = 27, 90, 70, 6.0


def main():
    generator = torch.Generator().manual_seed(5)
    weight = (torch.randn(COLUMNS, DEPTH, generator=generator) * 0.2).half()
    bias = torch.randn(COLUMNS, generator=generator).half()
    rows = torch.randn(ROWS, DEPTH, generator=generator)
    for row in range(1, ROWS):  # the first without outliers, each other with one to three, on either side of the threshold
        for column in torch.randint(0, DEPTH, (1 + row % 3,), generator=generator):
            rows[row, column] *= 20
    rows[3, 7], rows[4, 7], rows[5, 7] = THRESHOLD, -THRESHOLD, THRESHOLD - 1 / 256
    rows[6] = 0
    rows = rows.half()

    in_8_bits, greatest, _ = functional.int8_vectorwise_quant(weight)
    layer = bnb.nn.Linear8bitLt(DEPTH, COLUMNS, has_fp16_weights=False, threshold=THRESHOLD)
    layer.weight = bnb.nn.Int8Params(weight.clone(), has_fp16_weights=False, requires_grad=False)
    layer.bias = torch.nn.Parameter(bias.clone(), requires_grad=False)
    layer.to("cpu").eval()
    outputs = []
    for row in rows:
        values, scale, places = functional.int8_vectorwise_quant(row[None].clone(), THRESHOLD)
        assert places.tolist() == (row.abs() >= THRESHOLD).nonzero().ravel().tolist() and not values[0, places].any()
        exact = (values.double() @ in_8_bits.double().T)[0] * scale.double() * greatest.double() / 127**2
        outlier_weights = in_8_bits[:, places].double() * greatest[:, None].double() / 127
        exact += outlier_weights @ row[places].double() + bias.double()
        theirs = layer(row[None].clone())[0].double()
        assert (theirs - exact).abs().max() < 2e-3 * exact.abs().max(), (theirs - exact).abs().max()
        outputs.append(exact)
    FOLDER.mkdir(exist_ok=True)
    tensors = {"input": rows, "layer.weight": weight, "layer.bias": bias, "output": torch.stack(outputs).float()}
    save_file(tensors, FOLDER / "model.safetensors", metadata={"format": "pt"})
    (FOLDER / "model.safetensors").chmod(0o644)
    (FOLDER / "config.json").write_text(json.dumps({"model_type": "none"}) + "\n")
    print(f"{sum(int((row.abs() >= THRESHOLD).sum()) for row in rows)} outliers in {ROWS} rows")


if __name__ == "__main__":
    main()
