"""The least time that this machine needs for a workload, by its own rate of matrix products and its memory's bandwidth."""

import json

from engine_bench import paths, processes
from engine_bench.failure import Failure

FORMULA = """\
The ceiling of a workload is its number of items over the least time for it. Every token that must be computed is computed once: that
is every distinct prefix of the prompts, and of each generation the tokens that something follows. Prompts cost Σ over linear
layers 2·N·K·tokens / rate, and for each prompt one row of the output layer. The generations' tokens are computed in one batch
of all sequences for each position, which costs the larger of its products' time and of reading the weights once:
max(Σ 2·N·K·sequences / rate, bytes of weights / bandwidth). A rate is the best of libtorch's at::linear for the shape at 1,024,
2,048 and 4,096 rows; the bandwidth is that of reading a buffer as large as the weights; both with the same threads and in
the same run. Attention, norms, activations and the reading of keys and values count as nothing."""


def measure(model, threads):
    command = [paths.PROGRAMS / "ceiling_bench", "--model", model, "--threads", str(threads)]
    path = paths.BENCH / "ceiling.json"
    processes.run(command, threads, path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise Failure(f"{path}: {error}") from error


def distinct_prefixes(sequences):
    """The number of distinct non-empty prefixes of all sequences: the nodes of their trie."""
    count, previous = 0, ()
    for sequence in sorted(map(tuple, sequences)):
        common = 0
        for a, b in zip(sequence, previous):
            if a != b:
                break
            common += 1
        count += len(sequence) - common
        previous = sequence
    return count


def decoded_lengths(predictions):
    """Of each generation, the tokens that were computed: all where a stop token came after them, else all but the last."""
    return [len(p["token_ids"]) - (p["finish"] != "stop") for p in predictions if p["choice"] is None and p["token_ids"]]


def least_seconds(measured, requests, predictions):
    """`measured` is what ceiling_bench printed, of one precision."""
    layers = measured["layers"]
    inner = sum(2 * s["columns"] * s["depth"] * s["count"] / (s["gflops"] * 1e9) for s in layers if s["role"] != "output")
    output = sum(2 * s["columns"] * s["depth"] * s["count"] / (s["gflops"] * 1e9) for s in layers if s["role"] == "output")
    prompts = [requests[p["id"]]["prompt_ids"] for p in predictions]
    seconds = distinct_prefixes(prompts) * inner + len(prompts) * output
    read = measured["weight_bytes"] / (measured["read_gigabytes_per_second"] * 1e9)
    lengths = decoded_lengths(predictions)
    for position in range(max(lengths, default=0)):
        batch = sum(length > position for length in lengths)
        seconds += max(batch * (inner + output), read)
    return seconds
