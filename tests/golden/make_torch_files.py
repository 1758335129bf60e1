#!/usr/bin/env python3
"""Makes torch_files/: what torch.save writes of small state dicts in its forms, with the same tensors as safetensors.

    ENVIRONMENT/bin/python tests/golden/make_torch_files.py     # the environment of make_families.py

`values.safetensors` has every tensor that the files beside it hold, made contiguous. `model` is a tiny GPT-2 with the masks that old files
carry, as safetensors and, below `zip`, `legacy` and `sharded`, as pytorch_model.bin. The seeds of torch_file_fuzz and pickle_fuzz are made, too.
"""

import collections
import json
import os
import pathlib
import shutil
import zipfile

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).with_name("torch_files")
CORPUS = pathlib.Path(__file__).parents[1] / "fuzz" / "corpus"


def state_dict():
    generator = torch.Generator().manual_seed(7)
    draw = lambda *shape: torch.randn(shape, generator=generator)
    matrix = draw(4, 6)
    cube = draw(3, 4, 5).bfloat16()
    state = collections.OrderedDict()
    state["f32.weight"] = matrix
    state["f16.weight"] = draw(5, 3).half()
    state["bf16.weight"] = cube
    state["transposed.weight"] = matrix.t()  # shares its storage
    state["columns.weight"] = matrix[:, 1:4]
    state["rows.weight"] = matrix[1:3]
    state["permuted.weight"] = cube.permute(2, 0, 1)
    state["steps.weight"] = draw(20)[3::4]
    state["scalar"] = torch.tensor(1.5)
    state["empty.weight"] = torch.empty(0, 4)
    state["one"] = draw(1, 1, 1)
    state["parameter.weight"] = torch.nn.Parameter(draw(2, 3))
    state["int8"] = torch.arange(-4, 4, dtype=torch.int8)
    state["uint8"] = torch.arange(250, 256, dtype=torch.uint8)
    state["int32"] = torch.arange(6, dtype=torch.int32).reshape(2, 3)
    state["int64"] = torch.arange(6).reshape(3, 2).t()
    state["bool"] = torch.tensor([True, False])
    state["int16"] = torch.arange(3, dtype=torch.int16)
    state["float64"] = draw(2).double()
    state._metadata = collections.OrderedDict({"": {"version": 1}})  # as Module.state_dict gives it
    return state


def write_states():
    state = state_dict()
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in state.items()}, FOLDER / "values.safetensors")
    torch.save(state, FOLDER / "zip.bin")
    torch.save(state, FOLDER / "protocol4.bin", pickle_protocol=4)
    torch.save(state, FOLDER / "legacy.bin", _use_new_zipfile_serialization=False)
    optimizer = {"state": {0: {"momentum": torch.ones(3), "step": 2}}, "param_groups": [{"lr": 1e-3, "params": [0]}]}
    checkpoint = {"step": torch.tensor(7), "epoch": 1.5, "args": {"name": "x", "more": (1, None, True, b"bytes", {1, 2})},
                  "optimizer": optimizer, "size": torch.Size([2, 3]), "dtype": torch.bfloat16, "big": 1 << 70}
    torch.save({**checkpoint, "model": dict(state)}, FOLDER / "checkpoint.pt")
    torch.save({**checkpoint, "state_dict": state}, FOLDER / "legacy_checkpoint.pt", _use_new_zipfile_serialization=False)
    torch.serialization.set_crc32_options(False)
    torch.save(collections.OrderedDict(a=torch.ones(2)), FOLDER / "no_checksums.bin")
    write_seeds(state, {**checkpoint, "model": dict(state)})
    torch.serialization.set_crc32_options(True)


def write_seeds(state, checkpoint):
    """Of the fuzzers, without checksums, which would stop nearly every mutation."""
    for name in ("torch_file_fuzz", "pickle_fuzz"):
        (CORPUS / name).mkdir(parents=True, exist_ok=True)
    for name, content in (("state", state), ("checkpoint", checkpoint)):
        for form, is_zip in (("zip", True), ("stream", False)):
            torch.save(content, CORPUS / "torch_file_fuzz" / f"{name}_{form}", _use_new_zipfile_serialization=is_zip)
        with zipfile.ZipFile(CORPUS / "torch_file_fuzz" / f"{name}_zip") as archive:
            entry = archive.getinfo(f"{name}_zip/data.pkl")
            offset = entry.header_offset + 30
            data = (CORPUS / "torch_file_fuzz" / f"{name}_zip").read_bytes()
            lengths = int.from_bytes(data[offset - 4:offset - 2], "little") + int.from_bytes(data[offset - 2:offset], "little")
            (CORPUS / "pickle_fuzz" / name).write_bytes(data[offset + lengths:offset + lengths + entry.file_size])
    torch.save(state, CORPUS / "torch_file_fuzz" / "protocol4", pickle_protocol=4)


def write_refused():
    """Files that nobody should run."""
    torch.save(torch.nn.Linear(2, 2), FOLDER / "module.bin")
    torch.save({"a.weight": torch.zeros(1).expand(1000, 1000)}, FOLDER / "expanded.bin")
    torch.save({"a.weight": torch.ones(2, 2).to_sparse()}, FOLDER / "sparse.bin")
    torch.save({"a.weight": torch.ones(2).double()}, FOLDER / "double.bin")
    torch.save([torch.ones(2)], FOLDER / "list.bin")
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), FOLDER / "script.pt")


def write_model():
    folder = FOLDER / "model"
    settings = {"model_type": "gpt2", "vocab_size": 259, "n_embd": 12, "n_layer": 1, "n_head": 3, "n_positions": 256, "bos_token_id": 0,
                "eos_token_id": 1}
    torch.manual_seed(3)
    model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.for_model(**settings)).half()
    state = model.state_dict()
    del state["lm_head.weight"]  # tied
    state["transformer.h.0.attn.bias"] = torch.tril(torch.ones(40, 40, dtype=torch.uint8)).view(1, 1, 40, 40)
    state["transformer.h.0.attn.masked_bias"] = torch.tensor(-1e4)
    folder.mkdir(parents=True, exist_ok=True)
    config = json.dumps(settings, indent=2) + "\n"
    (folder / "config.json").write_text(config)
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / "model.safetensors")
    for form in ("zip", "legacy", "sharded"):
        (folder / form).mkdir(exist_ok=True)
        (folder / form / "config.json").write_text(config)
    torch.save(state, folder / "zip" / "pytorch_model.bin")
    torch.save(state, folder / "legacy" / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    names = sorted(state)
    weight_map = {}
    for index, part in enumerate((names[::2], names[1::2]), 1):
        file = f"pytorch_model-0000{index}-of-00002.bin"
        torch.save({name: state[name] for name in part}, folder / "sharded" / file)
        weight_map.update({name: file for name in part})
    index = {"metadata": {"total_size": sum(tensor.nbytes for tensor in state.values())}, "weight_map": weight_map}
    (folder / "sharded" / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    write_states()
    write_refused()
    write_model()
    for path in FOLDER.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    main()
