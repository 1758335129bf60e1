"""The engines that are measured, and how a process of each is run."""

import dataclasses
import glob
import json

from engine_bench import environments, paths, processes

LM_EVAL_BATCH_SIZES = (1, 8, 32)


def tcmalloc():
    """The allocator that vLLM recommends, where the system has it (Debian's libtcmalloc-minimal4): a list of at most one path."""
    return glob.glob("/usr/lib/*/libtcmalloc_minimal.so.4")[:1]


@dataclasses.dataclass(frozen=True)
class Run:
    """A file of requests for an engine; its result is the JSON that the engine writes."""

    workload: str
    requests: object
    options: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Conditions:
    """What is the same for every engine."""

    models: object  # ModelFiles
    threads: int
    kv_cache_mb: int
    context: int
    folder: object  # for settings, results and logs


class Ours:
    name = "ours"
    title = "ours"
    environment = None
    precisions = ("bfloat16", "float32")
    some_items = once = False

    def prepare(self, models):
        pass

    def run(self, conditions, precision, runs, start=False, arguments=()):
        """One process a file, without any warm-up. Returns the results by workload, the most resident bytes, and the most that
        other processes took of the processors."""
        results, peak, others = {}, 0, 0.0
        for run in runs:
            output = conditions.folder / f"ours.{precision}.{run.workload}.json"
            digests = conditions.models.digests
            command = [paths.PROGRAMS / "engine_bench", "--model", conditions.models.gguf, "--precision", precision,
                       "--threads", conditions.threads, "--kv-cache-mb", conditions.kv_cache_mb, "--started", "{now}",
                       "--weights-sha256", digests["weights_sha256"], "--tokenizer-sha256", digests["tokenizer_sha256"],
                       "--requests", run.requests, "--output", output, *arguments]
            outcome = processes.run(command, conditions.threads, output.with_suffix(".log"))
            results[run.workload] = json.loads(output.read_text(encoding="utf-8"))
            peak, others = max(peak, outcome.peak_bytes), max(others, outcome.others)
        return results, peak, others


class Peer:
    """A Python program of tests/bench/peers, in an environment of its own; one process runs all files, one after the other.

    `some_items`: it computes every prompt whole, so that evenly spaced items tell its speed. `once`: it takes minutes, so that
    not --repetitions but --slow-repetitions holds for it.
    """

    def __init__(self, name, title, environment, precisions=("bfloat16",), some_items=False, once=False):
        self.name, self.title, self.environment, self.precisions = name, title, environment, precisions
        self.some_items, self.once = some_items, once

    def prepare(self, models):
        environments.ensure(self.environment)
        for precision in self.precisions:
            self.model(models, precision)

    def model(self, models, precision):
        return models.huggingface(precision)

    def variables(self, conditions):
        return {}

    def run(self, conditions, precision, runs, start=False):
        """`start`: nothing is run to warm up, and an engine that can start sooner at the cost of speed does."""
        stem = conditions.folder / f"{self.name}.{precision}"
        settings = {
            "model": str(self.model(conditions.models, precision)),
            "precision": precision,
            "threads": conditions.threads,
            "kv_cache_mb": conditions.kv_cache_mb,
            "context": conditions.context,
            "stop_token_ids": conditions.models.stop_token_ids,
            "start": start,
            "runs": [{"requests": str(run.requests), "output": f"{stem}.{run.workload}.json", "options": run.options}
                     for run in runs],
        }
        settings_path = stem.with_name(stem.name + ".settings.json")
        settings_path.write_text(json.dumps(settings), encoding="utf-8")
        command = [environments.python_of(self.environment), paths.PEERS / f"{self.name}_peer.py", settings_path, "{now}"]
        outcome = processes.run(command, conditions.threads, stem.with_name(stem.name + ".log"), self.variables(conditions))
        results = {}
        for run, entry in zip(runs, settings["runs"]):
            with open(entry["output"], encoding="utf-8") as file:
                results[run.workload] = json.load(file)
        return results, outcome.peak_bytes, outcome.others


class LlamaCpp(Peer):
    def model(self, models, precision):
        return models.bfloat16_gguf()


class Vllm(Peer):
    def variables(self, conditions):
        libraries = [environments.shared_library(self.environment, "libiomp5.so"), *tcmalloc()]
        return {
            "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, processes.processors(conditions.threads))),
            "VLLM_CPU_KVCACHE_SPACE": str(max(1, round(conditions.kv_cache_mb / 1024))),
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # one process, whose memory can be told
            "VLLM_NO_USAGE_STATS": "1",
            "VLLM_LOGGING_LEVEL": "WARNING",
            "VLLM_CACHE_ROOT": str(paths.BENCH / "vllm"),
            "LD_PRELOAD": ":".join(str(library) for library in libraries if library),
        }


OURS = Ours()
PEERS = (
    Peer("lm_eval", "lm-eval", "huggingface", precisions=("bfloat16", "float32"), some_items=True, once=True),
    LlamaCpp("llama_cpp", "llama.cpp", "llama_cpp", once=True),
    Vllm("vllm", "vLLM CPU", "vllm"),
    Peer("transformers", "transformers", "huggingface", precisions=("bfloat16", "float32"), some_items=True, once=True),
)
