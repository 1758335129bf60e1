#!/usr/bin/env python3
"""Asks real servers of OpenAI's protocol, and our own workers, the sample questions of MMLU with the same model, and compares the letters.

    endpoints_against_own.py llama-cpp|vllm [--limit N] [--python PYTHON] [--model HF_FOLDER]

llama-cpp   llama.cpp's server by the package xllamacpp (2026.10.11549, a wheel with everything in it), on the demo model's GGUF
            file; it has chats, and tells no log-probabilities of prompts. PYTHON is one that has the package.
vllm        vLLM for processors (tests/bench/engine makes the environment), on the demo model as a Hugging Face folder
            (tests/bench/engine too); it echoes prompts with log-probabilities.

A service of its own is started with one worker, which both models run on: ours on the same file, the other behind the endpoint. Asked are
MMLU by chat (the letter is written), and by `lm-eval` (log-probabilities) where the server tells them; where it does not, the run must
fail and say so. Quantized weights and kernels differ, so that some letters may; the exit code is 1 when more than one in ten does.
"""

import argparse
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))

from service import CACHE, DEMO_MODEL, SAMPLE_DATA, Service  # noqa: E402

START_SECONDS = 300
# Of all letters.
ALLOWED_SHARE = 0.1
ENVIRONMENTS = CACHE / "bench/environments"

LLAMA_CPP = """
import sys, time, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.port = sys.argv[1], int(sys.argv[2])
parameters.n_ctx, parameters.n_parallel = 8192, 2
server = xllamacpp.Server(parameters)
while True:
    time.sleep(1)
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Endpoint:
    """A server on a port of its own; `with Endpoint(...)` waits until it answers."""

    def __init__(self, command, port, log):
        self.url = f"http://127.0.0.1:{port}/v1"
        self.log = log
        # Of vLLM: GiB for keys and values.
        environment = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1"}
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log.open("wb"), stderr=subprocess.STDOUT,
                                        env=environment)

    def __enter__(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/models", timeout=5).close()
                return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        self.__exit__()
        sys.exit(f"the server does not answer; {self.log} says why")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def start(kind, python, model, folder):
    port = free_port()
    log = folder / "endpoint.log"
    if kind == "llama-cpp":
        return Endpoint([python, "-c", LLAMA_CPP, model, str(port)], port, log)
    return Endpoint([python, "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--served-model-name", "demo",
                     "--port", str(port), "--host", "127.0.0.1", "--max-model-len", "4096", "--enforce-eager",
                     "--dtype", "float32"], port, log)


def letters(service, job):
    """item -> the letter that was chosen, or what was written in its place."""
    found = {}
    for prediction in service.json("predictions", job)["predictions"]:
        scores = prediction["choice_loglikelihoods"]
        found[prediction["item_id"]] = max(scores, key=scores.get) if scores else prediction["output"].strip()[:1]
        if prediction["error"]:
            sys.exit(f"{prediction['item_id']}: {prediction['error']}")
    return found


def compare(service, name, remote, options):
    """The share of letters that differ."""
    jobs = {}
    for model in ("own", remote):
        jobs[model] = service.submit("--precision", "float32", *options, benchmark="mmlu", model=model)
        service.wait(jobs[model])
    ours, theirs = letters(service, jobs["own"]), letters(service, jobs[remote])
    assert ours.keys() == theirs.keys()
    other = [item for item in ours if ours[item] != theirs[item]]
    runs = {model: service.json("results", job)["runs"][0] for model, job in jobs.items()}
    tokens = {model: run["prompt_tokens"] for model, run in runs.items()}
    print(f"{name}: {len(ours)} items, {len(other)} other letters, prompt tokens ours {tokens['own']}, theirs {tokens[remote]}", flush=True)
    for item in other:
        print(f"  {item}: ours {ours[item]}, theirs {theirs[item]}")
    return len(other) / len(ours)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", choices=["llama-cpp", "vllm"])
    parser.add_argument("--python", default=None)
    parser.add_argument("--model", default=None)
    parser.add_argument("--limit", type=int, default=8)
    arguments = parser.parse_args()
    llama_cpp = arguments.server == "llama-cpp"
    python = arguments.python or str(ENVIRONMENTS / "vllm/bin/python")
    model = arguments.model or str(DEMO_MODEL)
    remote_name = "demo" if not llama_cpp else model
    shares = []
    with Service(workers=1, threads=None) as service, start(arguments.server, python, model, service.folder) as endpoint:
        service.run("dataset", "import", "mmlu", SAMPLE_DATA / "mmlu")
        service.run("model", "add", "own", model)
        limit = ["--limit", arguments.limit]
        service.run("model", "add", "chat", "--endpoint", endpoint.url, "--remote-model", remote_name)
        shares.append(compare(service, "chat", "chat", [*limit, "--template", "chat"]))
        service.run("model", "add", "texts", "--endpoint", endpoint.url, "--remote-model", remote_name, "--api", "completions")
        shares.append(compare(service, "completions", "texts", limit))
        scored = [*limit, "--protocol", "lm-eval"]
        if llama_cpp:
            result = service.run("eval", "--model", "texts", "--benchmark", "mmlu", *scored, check=False)
            if result.returncode == 0 or "gives no log-probabilities" not in result.stderr:
                sys.exit(f"a server without log-probabilities of prompts: {result.stdout}{result.stderr}")
            print("log-probabilities: none, and the run says so")
        else:
            shares.append(compare(service, "log-probabilities", "texts", scored))
    return int(max(shares) > ALLOWED_SHARE)


if __name__ == "__main__":
    sys.exit(main())
