"""A service's models, data sets, jobs and scores."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import pandas

from .connection import Connection
from .frames import METRIC_COLUMNS, RUN_COLUMNS, frame, metric_columns, name_of, run_columns
from .job import Job
from .settings import request_of, settings_of
from .v1 import evaluation_service_pb2, leaderboard_pb2, types_pb2
from .v1.evaluation_service_pb2_grpc import EvaluationServiceStub

_CHUNK_BYTES = 1 << 20
_NO_JOB = 0


def connect(address: str | None = None, *, token: str | None = None, tls_ca: str | pathlib.Path | None = None,
            tls_certificate: str | pathlib.Path | None = None, tls_key: str | pathlib.Path | None = None,
            timeout: float = 300.0) -> Service:
    """Connects at the first call. `address` is that of a coordinator, or of several with commas between them; what is not given is taken
    from the variables of the command line: ASSAY_COORDINATOR, ASSAY_TOKEN or ASSAY_TOKEN_FILE, ASSAY_TLS_CA, ASSAY_TLS_CERTIFICATE,
    ASSAY_TLS_KEY."""
    def given(value: Any, variable: str) -> Any:
        return value if value is not None else os.environ.get(variable) or None

    token = given(token, "ASSAY_TOKEN")
    token_file = os.environ.get("ASSAY_TOKEN_FILE")
    if token is None and token_file:
        token = pathlib.Path(token_file).read_text(encoding="utf-8").strip()
    addresses = given(address, "ASSAY_COORDINATOR") or "127.0.0.1:7420"
    return Service(Connection(addresses.split(","), token=token, tls_ca=given(tls_ca, "ASSAY_TLS_CA"),
                              tls_certificate=given(tls_certificate, "ASSAY_TLS_CERTIFICATE"), tls_key=given(tls_key, "ASSAY_TLS_KEY"),
                              timeout=timeout))


class Service:
    """Thread-safe. Closes its connections at the end of a `with` block, or by `close`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def call(self, method: str, request: Any, stub: Any = EvaluationServiceStub) -> Any:
        """Any method that takes one message and answers with one; `stub` is that of its service, of `assay.v1`."""
        return self.connection.call(stub, method, request)

    @property
    def version(self) -> str:
        return str(self.call("GetServerInfo", evaluation_service_pb2.GetServerInfoRequest()).version)

    def models(self) -> pandas.DataFrame:
        response = self.call("ListModels", evaluation_service_pb2.ListModelsRequest())
        return frame(({"name": model.name, "path": model.path, "format": model.format, "architecture": model.architecture,
                       "parameters": model.parameters, "context_length": model.context_length, "weights_sha256": model.weights_sha256}
                      for model in response.models), ["name"])

    def benchmarks(self) -> pandas.DataFrame:
        """A row for each protocol; a benchmark's first is its default."""
        response = self.call("ListBenchmarks", evaluation_service_pb2.ListBenchmarksRequest())
        return frame(({"benchmark": benchmark.name, "protocol": protocol.name, "version": protocol.version, "shots": protocol.shots,
                       "request_type": protocol.request_type, "grader": protocol.grader, "description": benchmark.description}
                      for benchmark in response.benchmarks for protocol in benchmark.protocols), ["benchmark"])

    def datasets(self) -> pandas.DataFrame:
        response = self.call("ListDatasets", evaluation_service_pb2.ListDatasetsRequest())
        return frame(({"name": dataset.name, "benchmark": dataset.benchmark, "items": dataset.items, "groups": dataset.groups,
                       "sha256": dataset.sha256} for dataset in response.datasets), ["name"])

    def workers(self) -> pandas.DataFrame:
        response = self.call("ListWorkers", evaluation_service_pb2.ListWorkersRequest())
        return frame(({"worker_id": status.worker.worker_id, "hostname": status.worker.hostname, "device": status.worker.device,
                       "engine": status.worker.engine_version, "threads": status.worker.threads, "connected": status.connected,
                       "leases": status.leases} for status in response.workers), ["worker_id"])

    def import_dataset(self, benchmark: str, path: str | pathlib.Path, name: str = "") -> str:
        """The files of a folder, or one file, as `assay dataset import` takes them. Returns the data set's name."""
        root = pathlib.Path(path)
        files = [root] if root.is_file() else sorted(file for file in root.rglob("*") if file.is_file())
        if not files:
            raise FileNotFoundError(f"{root}: there is no file")

        def requests() -> Iterator[evaluation_service_pb2.ImportDatasetRequest]:
            yield evaluation_service_pb2.ImportDatasetRequest(
                header=evaluation_service_pb2.ImportHeader(benchmark=benchmark, name=name))
            for file in files:
                told = file.name if root.is_file() else file.relative_to(root).as_posix()
                with file.open("rb") as content:
                    while True:
                        piece = content.read(_CHUNK_BYTES)
                        yield evaluation_service_pb2.ImportDatasetRequest(
                            chunk=evaluation_service_pb2.FileChunk(path=told, content=piece))
                        if len(piece) < _CHUNK_BYTES:
                            break

        return str(self.connection.send(EvaluationServiceStub, "ImportDataset", requests()).dataset.name)

    def submit(self, models: Sequence[str] | str, benchmarks: Sequence[str] | str, *, reuse: bool = True, priority: int = 0,
               **settings: Any) -> Job:
        """A job of models × benchmarks. `settings` are those of `assay eval` (protocol, shots, precision, limit, template, system_prompt,
        bos, temperature, top_p, top_k, seed, samples). Sent again when the answer is lost; it is one job."""
        request = request_of(models, benchmarks, settings_of(**settings), reuse=reuse, priority=priority)
        return self.job(self.connection.submit(EvaluationServiceStub, "SubmitJob", request).job_id)

    def plan(self, models: Sequence[str] | str, benchmarks: Sequence[str] | str, **settings: Any) -> pandas.DataFrame:
        """What `submit` would do: a row for each run, with its items and shards."""
        request = request_of(models, benchmarks, settings_of(**settings), reuse=True, priority=0)
        response = self.call("PlanJob", request)
        return frame(({**run_columns(run.spec), "items": run.items, "shards": run.shards} for run in response.runs), RUN_COLUMNS)

    def sweep(self, parts: Sequence[dict[str, Any]], *, again: bool = False, priority: int = 0) -> Job | None:
        """One job of several parts, each the keyword arguments of `submit`; what was completed before is left out unless `again`. None
        when nothing is left to be done."""
        request = evaluation_service_pb2.SweepRequest(again=again, priority=priority)
        for part in parts:
            options = dict(part)
            models, benchmarks = options.pop("models"), options.pop("benchmarks")
            reuse = options.pop("reuse", True)
            request.parts.append(request_of(models, benchmarks, settings_of(**options), reuse=reuse, priority=priority))
        job_id = self.connection.submit(EvaluationServiceStub, "SubmitSweep", request).job_id
        return None if job_id == _NO_JOB else self.job(job_id)

    def job(self, job_id: int) -> Job:
        return Job(self, self.call("GetJob", evaluation_service_pb2.GetJobRequest(job_id=job_id)))

    def jobs(self, limit: int = 100) -> list[Job]:
        """The newest first."""
        response = self.call("ListJobs", evaluation_service_pb2.ListJobsRequest(limit=limit))
        return [Job(self, progress) for progress in response.jobs]

    def scores(self, run_id: int) -> pandas.DataFrame:
        """The score of every item of a run, for statistics of one's own: items of one cluster hang together."""
        told = self.call("GetRunScores", evaluation_service_pb2.GetRunScoresRequest(run_id=run_id))
        clusters = told.cluster or range(len(told.item_ordinal))
        return frame(({"item_ordinal": ordinal, "sample_index": sample, "group": told.groups[group], "cluster": cluster, "value": value}
                      for ordinal, sample, group, cluster, value in zip(told.item_ordinal, told.sample_index, told.group, clusters,
                                                                        told.value)),
                     ["item_ordinal", "sample_index", "group", "cluster", "value"])

    def leaderboard(self, *, protocol: str = "", shots: int | None = None, precision: str = "bfloat16", template: str = "none",
                    partial: bool = False, groups: bool = False) -> pandas.DataFrame:
        """The newest score of each model on each benchmark, a row each; `leaderboard().pivot(index="model", columns="benchmark",
        values="value")` sets them side by side."""
        settings = settings_of(protocol=protocol, shots=shots, precision=precision, template=template)
        request = leaderboard_pb2.GetLeaderboardRequest(protocol=protocol, precision=settings.precision,
                                                        prompt_template=settings.prompt_template, partial=partial, groups=groups)
        if shots is not None:
            request.shots = shots
        response = self.call("GetLeaderboard", request)
        return frame(({**run_columns(cell.run), "state": name_of(types_pb2.State, "STATE_", cell.state), **metric_columns(metric)}
                      for cell in response.cells for metric in cell.metrics if groups or not metric.group),
                     RUN_COLUMNS + METRIC_COLUMNS)

    def __repr__(self) -> str:
        return f"<Service at {','.join(self.connection.addresses)}>"
