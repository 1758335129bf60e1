"""Workloads on disk: drafts, the requests made of them with the model's tokenizer, and parts of them."""

import dataclasses
import json

from engine_bench import environments, paths, processes
from engine_bench.workloads import evenly


@dataclasses.dataclass(frozen=True)
class RequestFiles:
    """The requests of a workload: all, some evenly spaced ones, and the first alone."""

    name: str
    title: str
    all: object
    some: object
    first: object
    requests: dict  # by id, as in the file

    def ids(self, path):
        return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


def write_lines(path, objects):
    path.write_text("".join(json.dumps(o) + "\n" for o in objects), encoding="utf-8")


def prepare(workloads, folder, tokenizer, some_items):
    """Writes the files of all workloads below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [environments.python_of("huggingface"), paths.PEERS / "prepare_requests.py", tokenizer]
    for workload in workloads:
        write_lines(folder / f"{workload.name}.drafts.jsonl", map(dataclasses.asdict, workload.drafts))
        command += [folder / f"{workload.name}.drafts.jsonl", folder / f"{workload.name}.jsonl"]
    processes.run(command, processes.physical_cores(), folder / "prepare_requests.log")
    return [files_of(workload, folder, some_items) for workload in workloads]


def files_of(workload, folder, some_items):
    path = folder / f"{workload.name}.jsonl"
    requests = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    some, first = folder / f"{workload.name}.some.jsonl", folder / f"{workload.name}.first.jsonl"
    write_lines(some, evenly(requests, max(1, round(some_items * workload.some_items))))
    write_lines(first, requests[:1])
    return RequestFiles(workload.name, workload.title, path, some, first, {r["id"]: r for r in requests})
