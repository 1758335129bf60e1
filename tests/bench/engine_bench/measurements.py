"""What was measured, and the part of a run that measures."""

import dataclasses
import json
import statistics

from engine_bench import ablation, ceiling, engines
from engine_bench.engines import OURS, Run
from engine_bench.failure import Failure

# Where float32 is measured: the others take minutes and say nothing new.
FLOAT32_WORKLOADS = ("mmlu", "bbh")


@dataclasses.dataclass
class Spread:
    """Repetitions of one figure."""

    values: list = dataclasses.field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.values)

    def __bool__(self):
        return bool(self.values)


class Measurements:
    """Keys are strings joined by spaces, so that all of it can be kept as JSON: "vllm bfloat16 mmlu"."""

    def __init__(self):
        self.speeds = {}  # engine precision workload: items/s of each repetition
        self.results = {}  # engine precision workload: what the engine wrote in the first repetition
        self.peaks = {}  # engine precision: bytes of each repetition
        self.starts = {}  # engine precision: seconds of each repetition
        self.ablation = {}  # variant workload: items/s of each repetition
        self.ablation_peaks = {}  # variant: bytes of each repetition
        self.others = []  # share of the processors' time that other processes took, of every measurement
        self.ceilings = []  # what ceiling_bench printed, each time

    def add(self, engine, precision, results, peak):
        for workload, result in results.items():
            key = f"{engine.name} {precision} {workload}"
            self.speeds.setdefault(key, []).append(len(result["predictions"]) / result["run_seconds"])
            self.results.setdefault(key, result)
        self.peaks.setdefault(f"{engine.name} {precision}", []).append(peak)

    def speed(self, engine, precision, workload):
        return Spread(self.speeds.get(f"{engine.name} {precision} {workload}", []))

    def result(self, engine, precision, workload):
        return self.results.get(f"{engine.name} {precision} {workload}")

    def peak(self, engine, precision):
        return Spread(self.peaks.get(f"{engine.name} {precision}", []))

    def start(self, engine, precision):
        return Spread(self.starts.get(f"{engine.name} {precision}", []))

    def ceiling(self, precision):
        """Of all measurements of the ceiling the best of each part; None for a precision that was not measured."""
        measured = [c[precision] for c in self.ceilings if precision in c]
        if not measured:
            return None
        layers = [dict(same[0], gflops=max(layer["gflops"] for layer in same)) for same in zip(*(m["layers"] for m in measured))]
        return dict(measured[0], layers=layers, read_gigabytes_per_second=max(m["read_gigabytes_per_second"] for m in measured))

    def save(self, path):
        path.write_text(json.dumps(vars(self)), encoding="utf-8")

    @staticmethod
    def load(path):
        measurements = Measurements()
        vars(measurements).update(json.loads(path.read_text(encoding="utf-8")))
        return measurements


class Bench:
    """Runs engines and notes what came of it."""

    def __init__(self, conditions, files, peers, precisions):
        self.conditions, self.files, self.peers, self.precisions = conditions, files, peers, precisions
        self.measured = Measurements()
        self.batch_sizes = {}
        self.failed = set()

    def workloads(self, precision):
        return [f for f in self.files if precision != "float32" or f.name in FLOAT32_WORKLOADS]

    def repetition(self, number, with_slow):
        self.measured.ceilings.append(ceiling.measure(self.conditions.models.gguf, self.conditions.threads))
        for precision in self.precisions:
            for engine in (OURS, *self.peers):
                if precision in engine.precisions and (with_slow or not engine.once) and self.workloads(precision):
                    self.attempt(engine, precision, self.measure, number)

    def attempt(self, engine, precision, measure, *arguments):
        """A peer that fails is left out from then on, with a line that says why; without ours there is nothing to measure."""
        if (engine, precision) in self.failed:
            return
        try:
            measure(engine, precision, *arguments)
        except Failure as failure:
            if engine is OURS:
                raise
            self.failed.add((engine, precision))
            print(f"{engine.title} {precision} is left out: {failure}", flush=True)

    def measure(self, engine, precision, number):
        runs = [Run(f.name, f.some if engine.some_items else f.all, self.options(engine, precision, f))
                for f in self.workloads(precision)]
        results, peak, others = engine.run(self.conditions, precision, runs)
        self.measured.add(engine, precision, results, peak)
        self.measured.others.append(others)
        for workload, result in results.items():
            if "batch_size" in result:
                self.batch_sizes.setdefault((engine.name, precision, workload), result["batch_size"])
        speeds = ", ".join(f"{w} {len(r['predictions']) / r['run_seconds']:.2f}" for w, r in results.items())
        print(f"{number}: {engine.title} {precision}: {speeds} items/s; peak {peak / 2**30:.2f} GiB; others took {others:.1%}",
              flush=True)

    def options(self, engine, precision, files):
        """lm-eval tries its batch sizes in the first repetition and keeps to the best."""
        if engine.name != "lm_eval":
            return {}
        known = self.batch_sizes.get((engine.name, precision, files.name))
        return {"batch_sizes": [known] if known else list(engines.LM_EVAL_BATCH_SIZES)}

    def start(self, repetitions):
        """From the start of a process to its first prediction, with the first request of the first workload alone."""
        precision = self.precisions[0]
        for engine in (OURS, *self.peers):
            if precision in engine.precisions:
                self.attempt(engine, precision, self.measure_start, repetitions)

    def measure_start(self, engine, precision, repetitions):
        """The first time, in which files come into memory and compilers fill their caches, does not count."""
        runs = [Run(self.files[0].name, self.files[0].first)]
        seconds = []
        for _ in range(repetitions + 1):
            results, _, _ = engine.run(self.conditions, precision, runs, start=True)
            seconds.append(results[self.files[0].name]["first_prediction_seconds"])
        self.measured.starts[f"{engine.name} {precision}"] = seconds[1:]
        print(f"start: {engine.title}: {Spread(seconds[1:]).median:.2f} s", flush=True)

    def ablation(self, repetitions):
        precision = self.precisions[0]
        runs = [Run(f.name, f.all) for f in self.files]
        for number in range(repetitions):
            for variant, arguments in (("", ()), *ablation.VARIANTS):
                results, peak, others = OURS.run(self.conditions, precision, runs, arguments=arguments)
                for workload, result in results.items():
                    speed = len(result["predictions"]) / result["run_seconds"]
                    self.measured.ablation.setdefault(f"{variant} {workload}", []).append(speed)
                self.measured.others.append(others)
                self.measured.ablation_peaks.setdefault(variant, []).append(peak)
            print(f"ablation {number + 1} of {repetitions}", flush=True)
