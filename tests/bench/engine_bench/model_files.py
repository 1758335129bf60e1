"""The model in the forms that the peers want, made once from the same file."""

import json
import subprocess

from engine_bench import environments, paths, processes
from engine_bench.failure import Failure


def describe(model):
    """What our own reader says of the model: {stop_token_ids, weights_sha256, tokenizer_sha256, kernels, ...}."""
    command = [paths.PROGRAMS / "engine_bench", "--model", model, "--describe"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise Failure(f"{model}: {result.stderr.strip()}")
    return json.loads(result.stdout)


class ModelFiles:
    def __init__(self, model, description):
        self.gguf = model
        self.folder = paths.BENCH / "models" / f"{model.stem}-{description['weights_sha256'][:12]}"
        self.stop_token_ids = description["stop_token_ids"]
        self.digests = {name: description[name] for name in ("weights_sha256", "tokenizer_sha256")}
        self.folder.mkdir(parents=True, exist_ok=True)

    def huggingface(self, precision):
        """A Hugging Face folder with the weights in this precision."""
        self._make("prepare_model.py", "huggingface", self.folder / "huggingface", json.dumps(self.stop_token_ids))
        return self.folder / "huggingface" / precision

    def bfloat16_gguf(self):
        return self._make("quantize_model.py", "llama_cpp", self.folder / "bfloat16.gguf")

    def _make(self, script, environment, target, *arguments):
        stamp = self.folder / f"{script}.done"
        if not stamp.exists():
            print(f"Making {target}", flush=True)
            processes.run([environments.python_of(environment), paths.PEERS / script, self.gguf, target, *arguments],
                          processes.physical_cores(), self.folder / f"{script}.log")
            stamp.touch()
        return target
