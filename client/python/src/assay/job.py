"""A job: its progress, its scores and its predictions."""

from __future__ import annotations

import dataclasses
import html
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas

from .errors import JobFailed, Unavailable
from .frames import METRIC_COLUMNS, RUN_COLUMNS, frame, metric_columns, name_of, run_columns
from .v1 import evaluation_service_pb2, types_pb2
from .v1.evaluation_service_pb2_grpc import EvaluationServiceStub

if TYPE_CHECKING:
    from .service import Service

_ENDED = ("completed", "cancelled", "failed")
_RECONNECT_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a model said to an item, raw, and the verdict."""

    run_id: int
    model: str
    benchmark: str
    group: str
    item_id: str
    sample_index: int
    prompt: str
    output: str
    target: str
    verdict: str
    extracted: str
    value: float
    choices: tuple[str, ...]
    choice_loglikelihoods: tuple[float, ...]
    prompt_tokens: int
    generated_tokens: int
    shots_used: int
    truncated: bool
    over_max_input: bool
    finish_reason: str
    error: str


def _prediction(graded: evaluation_service_pb2.GradedPrediction) -> Prediction:
    told, score = graded.prediction, graded.score
    verdict = name_of(types_pb2.Verdict, "VERDICT_", score.verdict)
    value = score.partial if score.HasField("partial") else float(verdict == "correct")
    if verdict == "ungraded":
        value = math.nan
    return Prediction(
        run_id=graded.run_id, model=graded.model, benchmark=graded.benchmark, group=graded.group, item_id=told.item_id,
        sample_index=told.sample_index, prompt=told.prompt, output=told.output.decode("utf-8", "replace"), target=graded.target,
        verdict=verdict, extracted=score.extracted, value=value, choices=tuple(graded.choices),
        choice_loglikelihoods=tuple(told.choice_loglikelihoods), prompt_tokens=told.prompt_tokens,
        generated_tokens=told.generated_tokens or len(told.output_token_ids), shots_used=told.shots_used, truncated=told.truncated,
        over_max_input=told.over_max_input, finish_reason=name_of(types_pb2.FinishReason, "FINISH_REASON_", told.finish_reason),
        error=told.error)


class Job:
    """What was last seen of it; `refresh` and `wait` look again."""

    def __init__(self, service: Service, progress: types_pb2.JobProgress) -> None:
        self._service = service
        self.progress = progress

    @property
    def id(self) -> int:
        return self.progress.job_id

    @property
    def state(self) -> str:
        """"pending", "running", "completed", "cancelled" or "failed"."""
        return name_of(types_pb2.State, "STATE_", self.progress.state)

    @property
    def has_ended(self) -> bool:
        return self.state in _ENDED

    @property
    def is_paused(self) -> bool:
        return self.progress.paused

    @property
    def items(self) -> int:
        return sum(run.items for run in self.progress.runs)

    @property
    def items_done(self) -> int:
        return sum(run.items_done for run in self.progress.runs)

    @property
    def items_failed(self) -> int:
        """Stored as an error; they are done, too."""
        return sum(run.items_failed for run in self.progress.runs)

    def refresh(self) -> Job:
        self.progress = self._service.call("GetJob", evaluation_service_pb2.GetJobRequest(job_id=self.id))
        return self

    def wait(self, timeout: float | None = None, progress: bool | Callable[[Job], None] = False) -> Job:
        """Until it has ended, through coordinators that come and go. JobFailed when it failed or was cancelled; TimeoutError after
        `timeout` seconds, and the job goes on. `progress`: True writes a line to the standard error, a function is called with the job
        each time it has changed."""
        show = progress if callable(progress) else (self._print if progress else None)
        end = None if timeout is None else time.monotonic() + timeout
        while not self.has_ended:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError(f"job {self.id}: {self.items_done} of {self.items} items after {timeout} s; it goes on")
            try:
                self._follow(show, left)
            except Unavailable:
                time.sleep(_RECONNECT_SECONDS)
        if callable(progress) or progress:
            self._finish_line(progress)
        if self.state != "completed":
            reasons = [run.error for run in self.progress.runs if run.error]
            raise JobFailed(f"job {self.id} was {self.state}" + "".join(f": {reason}" for reason in reasons[:1]), self.state.upper())
        return self

    def _follow(self, show: Callable[[Job], None] | None, left: float | None) -> None:
        from .errors import AssayError

        request = evaluation_service_pb2.GetJobRequest(job_id=self.id)
        try:
            for told in self._service.connection.watch(EvaluationServiceStub, "WatchJob", request, left):
                self.progress = told
                if show is not None:
                    show(self)
        except AssayError as error:
            if error.code != "DEADLINE_EXCEEDED":
                raise

    def _print(self, _: Job) -> None:
        sys.stderr.write(f"\rjob {self.id}: {self.state}, {self.items_done} of {self.items} items ")
        sys.stderr.flush()

    def _finish_line(self, progress: bool | Callable[[Job], None]) -> None:
        if progress is True:
            sys.stderr.write("\n")

    def cancel(self) -> Job:
        """What is not done; what is done stays."""
        self.progress = self._service.call("CancelJob", evaluation_service_pb2.CancelJobRequest(job_id=self.id))
        return self

    def pause(self) -> Job:
        self.progress = self._service.call("PauseJob", evaluation_service_pb2.PauseJobRequest(job_id=self.id))
        return self

    def resume(self) -> Job:
        self.progress = self._service.call("ResumeJob", evaluation_service_pb2.ResumeJobRequest(job_id=self.id))
        return self

    def runs(self) -> pandas.DataFrame:
        """A row for each run: what was asked, and how far it is."""
        return frame(({**run_columns(run.spec), "state": name_of(types_pb2.State, "STATE_", run.state), "items": run.items,
                       "items_done": run.items_done, "items_failed": run.items_failed, "prompt_tokens": run.prompt_tokens,
                       "generated_tokens": run.generated_tokens, "engine": run.engine, "error": run.error}
                      for run in self.progress.runs), RUN_COLUMNS)

    def results(self, groups: bool = False) -> pandas.DataFrame:
        """A row for each score of each run, as stored now; with `groups` also those of subjects and tasks. Shares are within [0, 1]."""
        response = self._service.call("GetResults", evaluation_service_pb2.GetResultsRequest(job_id=self.id))
        return frame(({**run_columns(result.run.spec), **metric_columns(metric)}
                      for result in response.runs for metric in result.metrics if groups or not metric.group),
                     RUN_COLUMNS + METRIC_COLUMNS)

    def predictions(self, *, benchmark: str = "", model: str = "", item: str = "", verdicts: Sequence[str] = (),
                    page_size: int = 500) -> Iterator[Prediction]:
        """In order of run and item, fetched page by page as the iterator goes. `verdicts`: only these ("wrong", "unparsable")."""
        names = [f"VERDICT_{verdict.upper()}" for verdict in verdicts]
        for verdict, name in zip(verdicts, names):
            if name not in types_pb2.Verdict.keys():
                raise ValueError(f'there is no verdict "{verdict}"')
        request = evaluation_service_pb2.ListPredictionsRequest(job_id=self.id, benchmark=benchmark, model=model, item_id=item,
                                                                page_size=page_size, verdicts=names)
        while True:
            response = self._service.call("ListPredictions", request)
            yield from map(_prediction, response.predictions)
            if not response.next_page_token:
                return
            request.page_token = response.next_page_token

    def predictions_frame(self, **filters: Any) -> pandas.DataFrame:
        """All of `predictions` at once."""
        return frame(map(dataclasses.asdict, self.predictions(**filters)), [field.name for field in dataclasses.fields(Prediction)])

    def __repr__(self) -> str:
        return f"<Job {self.id}: {self.state}, {self.items_done} of {self.items} items>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{run.spec.run_id}</td><td>{html.escape(run.spec.model_name)}</td><td>{html.escape(run.spec.benchmark)}</td>"
            f"<td>{name_of(types_pb2.State, 'STATE_', run.state)}</td>"
            f"<td><progress max='{max(1, run.items)}' value='{run.items_done}'></progress> {run.items_done}/{run.items}</td></tr>"
            for run in self.progress.runs)
        return (f"<table><caption>Job {self.id}: {self.state}</caption><tr><th>run</th><th>model</th><th>benchmark</th><th>state</th>"
                f"<th>items</th></tr>{rows}</table>")
