"""The command line, and the order in which everything happens."""

import argparse
import pathlib
import subprocess
import sys
import time

from engine_bench import engines, environments, machine, measurements, model_files, paths, processes, report, requests, workloads
from engine_bench.failure import Failure

PROGRAMS = ("engine_bench", "ceiling_bench")
# Room behind the longest sequence, for engines that round.
SPARE_CONTEXT = 16
DESCRIPTION = """\
Measures the engine beside lm-evaluation-harness, llama.cpp, vLLM for CPU and plain transformers: the same model file, prompts,
token ids and number of threads, one process at a time. The peers' environments are made from PyPI at the first run, below
$ASSAY_CACHE/bench (default ~/.cache/assay/bench). README.md beside this command says what is measured and how."""


def names(allowed):
    def parse(text):
        chosen = [name for name in text.split(",") if name]
        unknown = sorted(set(chosen) - set(allowed))
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}; there are: {', '.join(allowed)}")
        return chosen

    return parse


def at_least_one(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def parse(arguments):
    peers = [peer.name for peer in engines.PEERS]
    precisions = list(engines.OURS.precisions)
    parser = argparse.ArgumentParser(prog="tests/bench/engine", description=DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)

    def add(name, help_text, **settings):
        parser.add_argument(name, help=help_text, **settings)

    add("--workloads", f"of {', '.join(workloads.NAMES)}; default: all", type=names(workloads.NAMES), default=list(workloads.NAMES),
        metavar="A,B")
    add("--peers", f"of {', '.join(peers)}; default: all; '' for none", type=names(peers), default=peers, metavar="A,B")
    add("--precisions", f"of {', '.join(precisions)}; default: all (float32 on {', '.join(measurements.FLOAT32_WORKLOADS)} only)",
        type=names(precisions), default=precisions, metavar="A,B")
    add("--threads", "default: the physical cores, %(default)s", type=at_least_one, default=processes.physical_cores(), metavar="N")
    add("--repetitions", "of ours and vLLM; default: %(default)s", type=at_least_one, default=3, metavar="N")
    add("--slow-repetitions", "of transformers, lm-eval and llama.cpp, which take minutes; default: %(default)s", type=int, default=1,
        metavar="N")
    add("--slow-items", "of each workload for transformers and lm-eval, half as many of HumanEval; default: %(default)s",
        type=at_least_one, default=24, metavar="N")
    add("--items-scale", "a factor on the numbers of items, to try things out; default: 1", type=float, default=1.0, metavar="X")
    add("--kv-cache-mb", "for ours and vLLM, in MiB; default: %(default)s", type=at_least_one, default=2048, metavar="N")
    add("--model", "a GGUF file; default: the demo model", type=pathlib.Path, default=paths.DEMO_MODEL, metavar="FILE")
    add("--data", "a folder with mmlu, bbh, drop and human_eval; default: the reference data, else the project's samples",
        type=pathlib.Path, metavar="FOLDER")
    add("--ablation", "measure the engine with one setting changed at a time, too", action="store_true")
    add("--no-start", "do not measure the time from start to first prediction", action="store_true")
    add("--no-build", "take the programs in build/release/bin as they are", action="store_true")
    add("--markdown", "write the report there, or between the markers for it of a file that has them", type=pathlib.Path,
        metavar="FILE")
    return parser.parse_args(arguments)


def build():
    folder = paths.ROOT / "build/release"
    if not (folder / "build.ninja").exists():
        raise Failure("build/release is not configured: deploy/setup && cmake --preset release")
    if subprocess.run(["cmake", "--build", str(folder), "--target", *PROGRAMS], stdout=subprocess.DEVNULL).returncode != 0:
        raise Failure("the programs could not be built: cmake --build build/release")


def prepared(peers, models):
    """Those that can be made ready; a line for each of the others says why it is left out."""
    ready = []
    for peer in peers:
        try:
            peer.prepare(models)
            ready.append(peer)
        except Failure as failure:
            print(f"{peer.title} is left out: {failure}", flush=True)
    return ready


def measure(options):
    if not options.model.is_file():
        raise Failure(f"{options.model}: there is no such file; deploy/setup fetches the demo model")
    if not options.no_build:
        build()
    description = model_files.describe(options.model)
    # Its tokenizer makes the token ids for everybody.
    environments.ensure("huggingface")
    models = model_files.ModelFiles(options.model.resolve(), description)
    peers = prepared([peer for peer in engines.PEERS if peer.name in options.peers], models)
    folder = paths.BENCH / "run"
    made, left_out = workloads.make(options.workloads, options.data, options.items_scale)
    print(*left_out, sep="\n", end="\n" if left_out else "")
    if not made:
        raise Failure("no workload has its data; --data names a folder that has")
    files = requests.prepare(made, folder, models.huggingface("float32"), options.slow_items)
    longest = max(len(r["prompt_ids"]) + max(r["max_new_tokens"], 1) for f in files for r in f.requests.values())
    conditions = engines.Conditions(models, options.threads, options.kv_cache_mb, longest + SPARE_CONTEXT, folder)
    bench = measurements.Bench(conditions, files, peers, options.precisions)
    for number in range(options.repetitions):
        bench.repetition(number + 1, with_slow=number < options.slow_repetitions)
        bench.measured.save(folder / "measurements.json")
    if not options.no_start:
        bench.start(options.repetitions)
    if options.ablation:
        bench.ablation(1)
    bench.measured.save(folder / "measurements.json")
    return report.Report(bench.measured, files, peers, conditions, machine.describe(description["kernels"]))


def main(arguments=None):
    options = parse(arguments)
    begin = time.monotonic()
    try:
        text = measure(options).render()
        print(f"\n{text}")
        if options.markdown:
            report.write(text, options.markdown)
    except Failure as failure:
        print(f"engine: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"It took {(time.monotonic() - begin) / 60:.0f} min.")
    return 0
